import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeText, encodeText, fromBase64, IdSource, isName, uuid7 } from "../src/ids";

// The server refuses ids that are not UUIDv7, and orders its window by their time.
test("a UUIDv7 holds its time, version and variant", () => {
  const id = uuid7(0x0192_3456_789a, new Uint8Array(16).fill(0xff));
  assert.deepEqual([...id.slice(0, 6)], [0x01, 0x92, 0x34, 0x56, 0x78, 0x9a]);
  assert.equal(id[6]! >> 4, 7);
  assert.equal(id[8]! >> 6, 2);
  assert.equal(id.length, 16);
});

// An id that falls back in time could be taken for one of before.
test("ids rise even when the clock stands still or goes back", () => {
  const times = [1_000, 1_000, 900, 1_001];
  const source = new IdSource(() => times.shift()!, (n) => new Uint8Array(n));
  const stamps = [1, 2, 3, 4].map(() => {
    const b = fromBase64(source.next());
    return b[4]! * 256 + b[5]!;
  });
  assert.deepEqual(stamps, [1_000, 1_001, 1_002, 1_003]);
});

test("text survives the way through bytes, also beyond one UTF-16 unit", () => {
  for (const text of ["", "plain", "žluťoučký 🐂 ✓\nline"]) assert.equal(decodeText(encodeText(text)), text);
});

test("names are what the server takes as ids", () => {
  assert.ok(isName("guest-1a2b") && isName("BINANCE:BTC.USD_x"));
  assert.ok(!isName("") && !isName("two words") && !isName("ř") && !isName("x".repeat(129)));
});
