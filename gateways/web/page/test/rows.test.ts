import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsWords } from "../src/rows";

// A person who misses yesterday's bars must see why, and nobody else be bothered.
test("the footer speaks of the store only while it is behind", () => {
  assert.equal(rowsWords(undefined), "");
  assert.equal(rowsWords({ state: "ready", lag_seconds: 1.2 }), "");
  assert.equal(rowsWords({ state: "away", lag_seconds: 61.4 }), "history not stored for 61 s");
  assert.equal(rowsWords({ state: "catching_up", lag_seconds: 12.6 }), "history catching up, 13 s behind");
});
