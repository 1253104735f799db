import assert from "node:assert/strict";
import { test } from "node:test";
import { compact, decimalsOf, format, int128, percent, position } from "../src/decimal";

// A wrong digit in a price costs somebody money.
test("format writes mantissas exactly, whatever their size and sign", () => {
  const cases: [bigint, number, number, string][] = [
    [6_123_456n, -2, 2, "61,234.56"],
    [-5n, -2, 2, "−0.05"],
    [0n, -8, 2, "0.00"],
    [9_223_372_036_854_775_807n, -8, 8, "92,233,720,368.54775807"],
    [12n, 3, 0, "12,000"],
    [12_345n, -4, 2, "1.23"],
    [12_350n, -4, 2, "1.24"],
    [-12_350n, -4, 2, "−1.24"],
    [999n, -2, 0, "10"],
    [100n, 0, 0, "100"],
    [1_000n, 0, 3, "1,000.000"],
  ];
  for (const [value, exponent, decimals, want] of cases) assert.equal(format(value, exponent, decimals), want);
});

test("a price shows the decimals that it needs and no more", () => {
  assert.equal(decimalsOf(6_123_456_000_000n, -8), 2);
  assert.equal(decimalsOf(1n, -8), 8);
  assert.equal(decimalsOf(0n, -8), 0);
  assert.equal(decimalsOf(100n, -2), 0);
  assert.equal(decimalsOf(5n, 2), 0);
});

test("large numbers are shortened, small ones are not", () => {
  const cases: [bigint, number, string][] = [
    [0n, 0, "0"], [950n, 0, "950"], [25n, -2, "0.25"], [12_345n, 0, "12.35K"], [456_100_000n, 0, "456.1M"],
    [1_020_000_000n, 0, "1.02B"], [31n, 11, "3.10T"], [999n, 0, "999"], [1_000n, 0, "1.00K"], [-12_345n, 0, "−12.35K"],
    [123_456_789n, -8, "1.23"], [12_345_678_900n, -8, "123.5"], [12_345n, -8, "0.0001"],
  ];
  for (const [value, exponent, want] of cases) assert.equal(compact(value, exponent), want);
});

test("a change is rounded to hundredths of a per cent and has its sign", () => {
  assert.equal(percent(101n, 100n), "+1.00%");
  assert.equal(percent(99n, 100n), "−1.00%");
  assert.equal(percent(100n, 100n), "0.00%");
  assert.equal(percent(200_001n, 200_000n), "0.00%");
  assert.equal(percent(-50n, -100n), "+50.00%");
  assert.equal(percent(5n, 0n), undefined);
});

test("a position in a range stays in it, and an empty range is its middle", () => {
  assert.equal(position(15n, 10n, 20n), 0.5);
  assert.equal(position(25n, 10n, 20n), 1);
  assert.equal(position(5n, 10n, 20n), 0);
  assert.equal(position(5n, 5n, 5n), 0.5);
});

test("128-bit integers keep their sign", () => {
  assert.equal(int128("-1", "18446744073709551615"), -1n);
  assert.equal(int128("1", "2"), 2n ** 64n + 2n);
  assert.equal(int128(undefined, undefined), 0n);
});
