import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../src/pace";

// Whoever opens the page while the server fills up must not look at an empty board for long.
test("an empty list is read again within two seconds, a quiet one seldom, a growing one soon", () => {
  const pace = new Pace();
  assert.deepEqual([0, 0, 0, 0].map((n) => pace.next(n, false)), [500, 1_000, 2_000, 2_000]);
  assert.equal(pace.next(3, true), 500);
  assert.deepEqual([3, 3, 3, 3, 3, 3].map((n) => pace.next(n, false)), [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  assert.equal(pace.next(4, true), 500);
});
