import assert from "node:assert/strict";
import { test } from "node:test";
import { BarSeries, type Candle } from "../src/bars";

function bar(time: number, open: number, high: number, low: number, close: number, volume = 1): Candle {
  return { time, open, high, low, close, volume };
}

// The live 5m candle must be what a reload would show.
test("a live 1m bar is merged into its 5m bar, however often it is said again", () => {
  const s = new BarSeries(300);
  s.load([bar(0, 1, 9, 1, 5, 50), bar(300, 5, 5, 5, 5)], [bar(300, 5, 6, 4, 5, 10)]);
  s.live(bar(360, 5, 7, 5, 6, 2));
  s.live(bar(360, 5, 8, 5, 7, 3));
  assert.deepEqual(s.bars.at(-1), bar(300, 5, 8, 4, 7, 13));
  s.live(bar(300, 5, 9, 4, 5, 11)); // a late print revised the first minute
  assert.deepEqual(s.bars.at(-1), bar(300, 5, 9, 4, 7, 14));
});

test("a new interval starts from its own minutes only", () => {
  const s = new BarSeries(300);
  s.load([bar(300, 5, 6, 4, 5, 10)], [bar(300, 5, 6, 4, 5, 10)]);
  assert.deepEqual(s.live(bar(600, 7, 7, 7, 7, 1)), { kind: "drawn", candle: bar(600, 7, 7, 7, 7, 1), last: true });
  assert.equal(s.bars.length, 2);
});

// Its other minutes are not here, so a merge would show a wrong bar.
test("a revised minute of an earlier interval asks for the history again", () => {
  const s = new BarSeries(300);
  s.load([bar(0, 1, 1, 1, 1), bar(300, 1, 1, 1, 1)], [bar(300, 1, 1, 1, 1)]);
  assert.deepEqual(s.live(bar(240, 1, 2, 1, 1)), { kind: "reload" });
});

test("base bars are replaced in place and put in order", () => {
  const s = new BarSeries(60);
  s.load([bar(60, 1, 1, 1, 1), bar(180, 3, 3, 3, 3)], []);
  assert.deepEqual(s.live(bar(120, 2, 2, 2, 2)), { kind: "drawn", candle: bar(120, 2, 2, 2, 2), last: false });
  s.live(bar(180, 3, 4, 3, 4));
  assert.deepEqual(s.bars.map((b) => [b.time, b.close]), [[60, 1], [120, 2], [180, 4]]);
});

test("older pages go before the first bar and never overlap it", () => {
  const s = new BarSeries(60);
  s.load([bar(180, 3, 3, 3, 3)], []);
  assert.equal(s.prepend([bar(60, 1, 1, 1, 1), bar(120, 2, 2, 2, 2), bar(180, 9, 9, 9, 9)]), 2);
  assert.equal(s.prepend([bar(180, 9, 9, 9, 9)]), 0);
  assert.deepEqual(s.bars.map((b) => b.time), [60, 120, 180]);
});

test("days are UTC days", () => {
  const s = new BarSeries(86_400);
  assert.equal(s.intervalOf(1_700_000_000), 1_699_920_000);
  assert.equal(s.baseSeconds, 60);
});
