// The chart of the selected instrument: history from UDF, live bars from the
// stream, older history as the left edge comes into view.

import { BarSeries, SCALES, type Candle, type Scale } from "./bars";
import { ChartCanvas } from "./canvas";
import { toNumber } from "./decimal";
import type { Painter } from "./painter";
import type { Instrument } from "./tape";
import { readHistory } from "./udf";
import type { Bar, Resolution } from "./wire";

const FIRST_PAGE = 600;
const NEXT_PAGE = 1_000;
/** Bars held at once; the left edge stays where it is beyond. */
const MOST_BARS = 20_000;
const FEW_BARS = 15;
/** Where there were few, it is looked for more first after this, and then after twice as long each time. */
const LOOK_AGAIN_MS = 2_000;
const LOOK_AGAIN_MOST_MS = 60_000;
/** History is read again after a failure, or for a revision, no sooner than this. */
const RELOAD_MS = 2_000;

export interface ChartEvents {
  /** The live bars that the shown series needs. */
  watch(instrument: string, resolution: Resolution): void;
  status(text: string): void;
  /** There are so few bars that a finer resolution shows more. */
  sparse(): void;
  /** There are more by now, as when the past of a market comes after its present. */
  ample(): void;
}

export class Chart {
  private instrument: Instrument | undefined;
  private scale: Scale = SCALES[1]!;
  private series = new BarSeries(60);
  private loading: AbortController | undefined;
  private loaded = false;
  private paging = false;
  private atEnd = false;
  private reloadPlanned = false;
  /** Id of the newest instrument that had few bars. */
  private sparse = "";
  /** Newest version by open time of what came while history was read. */
  private readonly early = new Map<string, Bar>();
  private readonly drawn = new Map<number, Candle>();
  private readonly drawLive = () => this.flush();

  constructor(
    private readonly canvas: ChartCanvas,
    private readonly painter: Painter,
    private readonly events: ChartEvents,
  ) {
    canvas.onLeftEdge = () => void this.page();
  }

  /** Shows an instrument, or another resolution of it. */
  show(instrument: Instrument, scale: Scale = this.scale): void {
    this.instrument = instrument;
    this.scale = scale;
    this.reload(true);
  }

  /** Reads everything again, as after a lost connection. */
  reload(fresh = false): void {
    if (!this.instrument) return;
    this.loading?.abort();
    this.loading = new AbortController();
    this.loaded = false;
    if (fresh) this.canvas.clear();
    this.events.watch(this.instrument.id, this.scale.seconds === 1 ? "RESOLUTION_1S" : "RESOLUTION_1M");
    void this.load(this.instrument, new BarSeries(this.scale.seconds), fresh, this.loading.signal);
  }

  get shown(): { instrument: string; scale: Scale; bars: readonly Candle[] } {
    return { instrument: this.instrument?.id ?? "", scale: this.scale, bars: this.series.bars };
  }

  /** A forming, closed or revised bar of the stream. */
  live(bar: Bar): void {
    const wanted = this.scale.seconds === 1 ? "RESOLUTION_1S" : "RESOLUTION_1M";
    if (bar.instrument !== this.instrument?.id || bar.resolution !== wanted) return;
    if (!this.loaded) {
      // History may be older than this bar: it goes in after it.
      this.early.set(bar.time ?? "", bar);
      return;
    }
    const first = this.series.bars[0];
    // Before what is here: it comes with its page, and alone would leave a hole after it.
    if (first && !this.atEnd && Number(bar.time ?? 0) < first.time) return;
    const change = this.series.live(this.candle(bar));
    if (change.kind === "reload") return this.reloadSoon();
    this.drawn.set(change.candle.time, change.candle);
    this.painter.request(this.drawLive);
  }

  private async load(instrument: Instrument, series: BarSeries, fresh: boolean, signal: AbortSignal): Promise<void> {
    this.early.clear();
    if (fresh) this.events.status("Loading…");
    try {
      const now = Math.floor(Date.now() / 1000);
      const query = { symbol: instrument.id, resolution: this.scale.name, from: 0, to: now + this.scale.seconds };
      const page = await readHistory({ ...query, countback: FIRST_PAGE }, signal);
      const parts = await this.parts(instrument, series, page.bars, signal);
      series.load(page.bars, parts);
      this.series = series;
      this.atEnd = page.end;
      this.loaded = true;
      for (const bar of this.early.values()) this.series.live(this.candle(bar));
      this.early.clear();
      this.canvas.setBars(this.series.bars, instrument.priceDecimals, fresh);
      const { length } = this.series.bars;
      this.events.status(length === 0 ? "No trades yet" : "");
      if (this.scale.seconds === 1 && this.sparse === instrument.id) void this.lookAgain(instrument, signal);
      if (fresh && length > 0 && length < FEW_BARS && this.scale.seconds > 1) {
        this.sparse = instrument.id;
        this.events.sparse();
      }
    } catch (error) {
      if (signal.aborted) return;
      this.events.status(`History cannot be read: ${(error as Error).message}`);
      this.reloadSoon();
    }
  }

  /** Waits until an instrument that had few minutes has more, for as long as its seconds are shown. */
  private async lookAgain(instrument: Instrument, signal: AbortSignal): Promise<void> {
    for (let wait = LOOK_AGAIN_MS; ; wait = Math.min(2 * wait, LOOK_AGAIN_MOST_MS)) {
      await new Promise((later) => setTimeout(later, wait));
      if (signal.aborted) return;
      try {
        const query = { symbol: instrument.id, resolution: "1", from: 0, to: Math.floor(Date.now() / 1000), countback: FEW_BARS };
        const { bars } = await readHistory(query, signal);
        if (bars.length < FEW_BARS) continue;
        this.sparse = "";
        return this.events.ample();
      } catch {
        // It is asked again.
      }
    }
  }

  /** Base bars of the newest interval, so that live ones can be merged with them. */
  private async parts(instrument: Instrument, series: BarSeries, bars: readonly Candle[], signal: AbortSignal): Promise<Candle[]> {
    const newest = bars.at(-1);
    if (!newest || this.scale.seconds === series.baseSeconds) return [];
    const query = { symbol: instrument.id, resolution: "1", from: newest.time, to: newest.time + this.scale.seconds };
    return (await readHistory(query, signal)).bars.filter((b) => b.time >= newest.time);
  }

  /** Reads the page before the first bar. */
  private async page(): Promise<void> {
    const first = this.series.bars[0];
    if (!this.loaded || this.paging || this.atEnd || !first || !this.instrument || !this.loading) return;
    if (this.series.bars.length >= MOST_BARS) return;
    this.paging = true;
    const { series } = this;
    try {
      const query = { symbol: this.instrument.id, resolution: this.scale.name, from: 0, to: first.time, countback: NEXT_PAGE };
      const page = await readHistory(query, this.loading.signal);
      if (series !== this.series) return;
      this.atEnd = page.end || series.prepend(page.bars) === 0;
      this.canvas.setBars(series.bars, this.instrument.priceDecimals, false);
    } catch {
      // The next move of the left edge asks again.
    } finally {
      this.paging = false;
    }
  }

  private reloadSoon(): void {
    if (this.reloadPlanned) return;
    this.reloadPlanned = true;
    setTimeout(() => {
      this.reloadPlanned = false;
      this.reload();
    }, RELOAD_MS);
  }

  private flush(): void {
    if (!this.instrument) return;
    const candles = [...this.drawn.values()].sort((a, b) => a.time - b.time);
    this.drawn.clear();
    const { priceDecimals } = this.instrument;
    if (this.loaded && !this.canvas.update(candles, priceDecimals)) this.canvas.setBars(this.series.bars, priceDecimals, false);
    this.events.status("");
  }

  private candle(bar: Bar): Candle {
    const i = this.instrument!;
    const price = (m: string | undefined) => toNumber(BigInt(m ?? 0), i.priceExponent);
    return {
      time: Number(bar.time ?? 0),
      open: price(bar.open),
      high: price(bar.high),
      low: price(bar.low),
      close: price(bar.close),
      volume: toNumber(BigInt(bar.volume ?? 0), i.sizeExponent),
    };
  }
}
