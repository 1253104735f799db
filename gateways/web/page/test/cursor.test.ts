import assert from "node:assert/strict";
import { test } from "node:test";
import { retryDelay } from "../src/backoff";
import { Cursor } from "../src/cursor";

// A message shown twice, or silently missing, is what the cursor is there against.
test("items are taken once, and a hole is seen", () => {
  const c = new Cursor();
  assert.equal(c.judge(7, 6), "take"); // a stream may start anywhere
  assert.equal(c.judge(7, 6), "seen");
  assert.equal(c.judge(5, 4), "seen");
  assert.equal(c.judge(10, 9), "gap");
  assert.equal(c.after, 7);
  assert.equal(c.judge(9, 7), "take"); // 8 is not for this client: prev_seq says so
  assert.equal(c.judge(10, 9), "take");
  assert.equal(c.after, 10);
});

test("what the server calls complete is resumed after, and never goes back", () => {
  const c = new Cursor();
  c.complete(20);
  assert.equal(c.judge(21, 18), "take"); // 19 and 20 were filtered
  c.complete(3);
  assert.equal(c.after, 21);
  assert.equal(c.judge(1, 0), "seen");
  c.reset();
  assert.equal(c.after, undefined);
  assert.equal(c.judge(1, 0), "take");
});

// Everybody who lost a crashed server at once must not come back at once.
test("reconnecting is spread, doubles, and is bounded", () => {
  assert.equal(retryDelay(1, 1_000, 0), 0);
  assert.equal(retryDelay(1, 1_000, 0.5), 500);
  assert.equal(retryDelay(2, 1_000, 0), 1_000);
  assert.equal(retryDelay(3, 1_000, 1), 4_000);
  for (let attempt = 1; attempt < 2_000; attempt += 7) assert.ok(retryDelay(attempt, 1_000, 1) <= 15_000);
});
