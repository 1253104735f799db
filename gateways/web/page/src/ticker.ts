// The selected instrument in large, over the chart, with its session's figures.

import { SCALES, type Candle, type Scale } from "./bars";
import { changeOf, direction } from "./columns";
import { compact, divideRounded, format } from "./decimal";
import { byId, el, setText } from "./dom";
import type { Instrument } from "./tape";

const FIGURES = ["Open", "High", "Low", "Prev close", "VWAP", "Volume", "Turnover", "Trades", "Spread"] as const;

export class Ticker {
  private instrument: Instrument | undefined;
  private readonly last = byId("ticker-last").appendChild(new Text());
  private readonly change = byId("ticker-change").appendChild(new Text());
  private readonly figures = new Map<string, Text>();
  private readonly buttons: HTMLButtonElement[] = [];

  constructor(picked: (scale: Scale) => void) {
    for (const name of FIGURES) {
      const value = new Text("–");
      this.figures.set(name, value);
      byId("figures").append(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
    }
    SCALES.forEach((scale, n) => {
      const b = el("button", { type: "button", role: "radio", "aria-checked": "false", title: `Key ${n + 1}` }, scale.label);
      b.addEventListener("click", () => picked(scale));
      this.buttons.push(b);
      byId("scales").append(b);
    });
  }

  show(instrument: Instrument, scale: Scale): void {
    this.instrument = instrument;
    byId("ticker-symbol").textContent = instrument.id;
    byId("ticker-name").textContent = [instrument.description, instrument.currency].filter((t) => t !== "").join(" · ");
    this.buttons.forEach((b, n) => b.setAttribute("aria-checked", String(SCALES[n] === scale)));
    this.draw();
  }

  /** Draws the newest state of the shown instrument. */
  draw(): void {
    const i = this.instrument;
    if (!i) return;
    const price = (value: bigint | undefined) => (value === undefined ? "–" : format(value, i.priceExponent, i.priceDecimals));
    setText(this.last, price(i.last));
    const reference = i.reference;
    const moved = i.last !== undefined && reference ? `${i.last > reference ? "+" : ""}${price(i.last - reference)}  ` : "";
    setText(this.change, moved + (changeOf(i) ?? ""));
    const box = byId("ticker");
    box.classList.toggle("gain", direction(i) > 0);
    box.classList.toggle("loss", direction(i) < 0);
    box.classList.toggle("stale", i.stale !== undefined);
    byId("ticker-halt").hidden = !i.halted;
    this.drawFigures(i, price);
  }

  /** Open, high, low, close of the bar under the crosshair. */
  point(bar: Candle | undefined): void {
    const i = this.instrument;
    const box = byId("legend");
    if (!bar || !i) {
      box.textContent = "";
      return;
    }
    const n = (value: number) => value.toFixed(i.priceDecimals);
    const volume = compact(BigInt(Math.round(bar.volume * 1e4)), -4);
    box.className = bar.close >= bar.open ? "gain" : "loss";
    box.textContent = `O ${n(bar.open)}  H ${n(bar.high)}  L ${n(bar.low)}  C ${n(bar.close)}  V ${volume}`;
  }

  private drawFigures(i: Instrument, price: (v: bigint | undefined) => string): void {
    const s = i.stats;
    const put = (name: (typeof FIGURES)[number], text: string) => setText(this.figures.get(name)!, text);
    put("Open", price(s?.open));
    put("High", price(s?.high));
    put("Low", price(s?.low));
    put("Prev close", s && s.previousClose !== 0n ? price(s.previousClose) : "–");
    this.figures.get("Prev close")!.parentElement!.parentElement!.hidden = !s || s.previousClose === 0n;
    put("VWAP", s && s.volume !== 0n ? price(divideRounded(s.turnover, s.volume)) : "–");
    put("Volume", s ? compact(s.volume, i.sizeExponent) : "–");
    put("Turnover", s ? compact(s.turnover, i.priceExponent + i.sizeExponent) : "–");
    put("Trades", s ? compact(BigInt(s.trades), 0) : "–");
    put("Spread", i.bid !== undefined && i.ask !== undefined ? price(i.ask - i.bid) : "–");
  }
}
