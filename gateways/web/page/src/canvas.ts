// lightweight-charts behind the few calls that the chart needs.

import {
  CandlestickSeries, ColorType, CrosshairMode, HistogramSeries, createChart,
  type CandlestickData, type HistogramData, type IChartApi, type ISeriesApi, type UTCTimestamp,
} from "lightweight-charts";
import type { Candle } from "./bars";
import { byId } from "./dom";

/** Bars before the left edge at which older ones are asked for. */
const EDGE_BARS = 40;

export class ChartCanvas {
  onLeftEdge: () => void = () => {};
  /** The bar under the crosshair, or the last one. */
  onPoint: (candle: Candle | undefined) => void = () => {};
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<"Candlestick">;
  private readonly volume: ISeriesApi<"Histogram">;
  private readonly byTime = new Map<number, Candle>();
  private last: Candle | undefined;
  /** Open time under the crosshair. */
  private pointed: number | undefined;
  private decimals = -1;
  /** Bars whose newest are to be shown once the chart has a width: on a phone it starts hidden. */
  private toShow = 0;
  private colours = { up: "", down: "" };

  constructor() {
    this.chart = createChart(byId("chart"), {
      autoSize: true,
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 6, minBarSpacing: 1 },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.24 } },
    });
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.volume = this.chart.addSeries(HistogramSeries, { priceScaleId: "", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < EDGE_BARS) this.onLeftEdge();
    });
    this.chart.subscribeCrosshairMove((move) => {
      this.pointed = move.time as number | undefined;
      this.point();
    });
    this.chart.timeScale().subscribeSizeChange(() => this.toShow > 0 && this.showNewest(this.toShow));
    this.recolour();
  }

  /** Takes the page's colours, after the theme changed. */
  recolour(): void {
    const css = getComputedStyle(document.documentElement);
    const colour = (name: string) => css.getPropertyValue(name).trim();
    const [up, down, line] = [colour("--up"), colour("--down"), colour("--grid")];
    this.colours = { up: colour("--up-soft"), down: colour("--down-soft") };
    this.chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: colour("--panel") },
        textColor: colour("--dim"),
        fontFamily: css.fontFamily,
        fontSize: 11,
        attributionLogo: true,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      timeScale: { borderColor: colour("--line") },
    });
    this.candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    this.volume.setData([...this.byTime.values()].map((c) => this.bar(c)));
  }

  clear(): void {
    this.setBars([], 2, false);
  }

  /** Replaces all bars, ascending; fit shows the newest ones. */
  setBars(bars: readonly Candle[], decimals: number, fit: boolean): void {
    this.precision(decimals);
    this.byTime.clear();
    for (const c of bars) this.byTime.set(c.time, c);
    this.candles.setData(bars.map(candle));
    this.volume.setData(bars.map((c) => this.bar(c)));
    this.last = bars.at(-1);
    this.point();
    if (fit && bars.length > 0) this.showNewest(bars.length);
  }

  /**
   * Draws new versions of a few bars, ascending. False when one lies between
   * those that are drawn: the library cannot put it there, so set all.
   */
  update(bars: readonly Candle[], decimals: number): boolean {
    const { last } = this;
    if (last && bars.some((c) => c.time < last.time && !this.byTime.has(c.time))) return false;
    this.precision(decimals);
    for (const c of bars) {
      const before = this.last !== undefined && c.time < this.last.time;
      this.byTime.set(c.time, c);
      this.candles.update(candle(c), before);
      this.volume.update(this.bar(c), before);
      if (!before) this.last = c;
    }
    this.point();
    return true;
  }

  showSeconds(visible: boolean): void {
    this.chart.timeScale().applyOptions({ secondsVisible: visible });
  }

  private point(): void {
    this.onPoint(this.pointed === undefined ? this.last : this.byTime.get(this.pointed));
  }

  private showNewest(count: number): void {
    const width = this.chart.timeScale().width();
    this.toShow = width > 0 ? 0 : count;
    if (width === 0) return;
    const bars = Math.max(30, Math.floor(width / 7));
    this.chart.priceScale("right").applyOptions({ autoScale: true });
    this.chart.timeScale().setVisibleLogicalRange({ from: count - bars, to: count + 5 });
  }

  private precision(decimals: number): void {
    if (decimals === this.decimals) return;
    this.decimals = decimals;
    this.candles.applyOptions({ priceFormat: { type: "price", precision: decimals, minMove: 10 ** -decimals } });
  }

  private bar(c: Candle): HistogramData {
    return { time: c.time as UTCTimestamp, value: c.volume, color: c.close >= c.open ? this.colours.up : this.colours.down };
  }
}

function candle(c: Candle): CandlestickData {
  return { time: c.time as UTCTimestamp, open: c.open, high: c.high, low: c.low, close: c.close };
}
