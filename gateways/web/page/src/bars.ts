// Bars of the chart: history from UDF, and live bars of the base resolution
// (1s or 1m) merged into the shown one. Floats: for drawing only.

export interface Candle {
  /** Open time, seconds since 1970 UTC. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export interface Scale {
  /** UDF's name. */
  name: string;
  label: string;
  seconds: number;
}

export const SCALES: readonly Scale[] = [
  { name: "1S", label: "1s", seconds: 1 },
  { name: "1", label: "1m", seconds: 60 },
  { name: "5", label: "5m", seconds: 300 },
  { name: "15", label: "15m", seconds: 900 },
  { name: "60", label: "1h", seconds: 3600 },
  { name: "1D", label: "1D", seconds: 86_400 },
];

/** What one live bar did: a candle to draw, or history to be read again. */
export type Change = { kind: "drawn"; candle: Candle; last: boolean } | { kind: "reload" };

/** One shown series. Ascending by time, no two of the same time. */
export class BarSeries {
  readonly bars: Candle[] = [];
  /** Base bars of the newest interval, when that is larger than the base. */
  private parts = new Map<number, Candle>();

  constructor(private readonly seconds: number) {}

  /** Seconds of the live bars that this series is made of. */
  get baseSeconds(): number {
    return this.seconds === 1 ? 1 : 60;
  }

  /** Open time of the interval that holds a moment. */
  intervalOf(time: number): number {
    return Math.floor(time / this.seconds) * this.seconds;
  }

  /** Replaces everything; parts are the base bars of the newest interval. */
  load(bars: readonly Candle[], parts: readonly Candle[]): void {
    this.bars.splice(0, this.bars.length, ...bars);
    this.parts = new Map(parts.map((p) => [p.time, p]));
    if (parts.length > 0) this.put(this.merged(this.intervalOf(parts[0]!.time)));
  }

  /** Puts older bars before the first; those not older are dropped. */
  prepend(older: readonly Candle[]): number {
    const first = this.bars[0]?.time ?? Infinity;
    const fresh = older.filter((b) => b.time < first);
    this.bars.unshift(...fresh);
    return fresh.length;
  }

  /** Takes in the newest version of a base bar. */
  live(base: Candle): Change {
    if (this.seconds === this.baseSeconds) return this.put(base);
    const interval = this.intervalOf(base.time);
    const newest = this.bars.at(-1)?.time ?? -Infinity;
    // The base bars of an interval that is over are not kept here.
    if (interval < newest) return { kind: "reload" };
    if (interval > newest) this.parts.clear();
    this.parts.set(base.time, base);
    return this.put(this.merged(interval));
  }

  private merged(interval: number): Candle {
    const parts = [...this.parts.values()].sort((a, b) => a.time - b.time);
    const bar = { ...parts[0]!, time: interval, volume: 0 };
    for (const p of parts) {
      bar.high = Math.max(bar.high, p.high);
      bar.low = Math.min(bar.low, p.low);
      bar.close = p.close;
      bar.volume += p.volume;
    }
    return bar;
  }

  private put(candle: Candle): Change {
    const at = this.place(candle.time);
    const known = this.bars[at]?.time === candle.time;
    this.bars.splice(at, known ? 1 : 0, candle);
    return { kind: "drawn", candle, last: at === this.bars.length - 1 };
  }

  /** Index of the first bar that is not before time. */
  private place(time: number): number {
    let at = this.bars.length;
    while (at > 0 && this.bars[at - 1]!.time >= time) at--;
    return at;
  }
}
