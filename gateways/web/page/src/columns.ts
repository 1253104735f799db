// The columns of the board: what each shows and what it is sorted by.

import { compact, percent, position, toNumber, format } from "./decimal";
import type { Instrument } from "./tape";

export interface Column {
  key: string;
  title: string;
  /** For screen readers and the tooltip. */
  label: string;
  text(i: Instrument): string;
  /** Sort value; undefined sorts last. */
  value(i: Instrument): number | string | undefined;
  /** Prices flash when they change: this one is compared. */
  flash?(i: Instrument): bigint | undefined;
  /** Characters that fit at full size, where it is not 9. */
  fits?: number;
}

const NONE = "–";

function price(value: bigint | undefined, i: Instrument): string {
  return value === undefined ? NONE : format(value, i.priceExponent, i.priceDecimals);
}

function size(value: bigint | undefined, i: Instrument): string {
  if (value === undefined) return "";
  return compact(value, i.sizeExponent);
}

function numberOf(value: bigint | undefined, exponent: number): number | undefined {
  return value === undefined ? undefined : toNumber(value, exponent);
}

/** The part after the venue of VENUE:SYMBOL. */
export function symbolOf(id: string): string {
  return id.slice(id.indexOf(":") + 1);
}

/** The venue of VENUE:SYMBOL, or empty. */
export function venueOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf(":")));
}

/** Change in per cent since the close before, or the open; for colour and text. */
export function changeOf(i: Instrument): string | undefined {
  const reference = i.reference;
  return i.last === undefined || reference === undefined ? undefined : percent(i.last, reference);
}

/** -1, 0 or 1. */
export function direction(i: Instrument): number {
  const reference = i.reference;
  if (i.last === undefined || reference === undefined || reference === 0n) return 0;
  return i.last > reference ? 1 : i.last < reference ? -1 : 0;
}

/** Where the last price lies in the range of the session; undefined before a trade. */
export function rangeOf(i: Instrument): { last: number; open: number } | undefined {
  const s = i.stats;
  if (!s || i.last === undefined || s.trades === 0) return undefined;
  return { last: position(i.last, s.low, s.high), open: position(s.open, s.low, s.high) };
}

function changeValue(i: Instrument): number | undefined {
  const reference = i.reference;
  if (i.last === undefined || !reference) return undefined;
  return (toNumber(i.last, 0) - toNumber(reference, 0)) / Math.abs(toNumber(reference, 0));
}

export const COLUMNS: readonly Column[] = [
  { key: "symbol", title: "Symbol", label: "Symbol", text: (i) => symbolOf(i.id), value: (i) => i.id },
  {
    key: "last", title: "Last", label: "Last price",
    text: (i) => price(i.last, i), value: (i) => numberOf(i.last, i.priceExponent), flash: (i) => i.last,
  },
  {
    key: "change", title: "Chg", label: "Change since the close before, or the open of the session",
    fits: 6, text: (i) => changeOf(i) ?? NONE, value: changeValue,
  },
  {
    key: "bidSize", title: "Size", label: "Bid size",
    fits: 5, text: (i) => size(i.bidSize, i), value: (i) => numberOf(i.bidSize, i.sizeExponent),
  },
  {
    key: "bid", title: "Bid", label: "Bid price",
    text: (i) => price(i.bid, i), value: (i) => numberOf(i.bid, i.priceExponent), flash: (i) => i.bid,
  },
  {
    key: "ask", title: "Ask", label: "Ask price",
    text: (i) => price(i.ask, i), value: (i) => numberOf(i.ask, i.priceExponent), flash: (i) => i.ask,
  },
  {
    key: "askSize", title: "Size", label: "Ask size",
    fits: 5, text: (i) => size(i.askSize, i), value: (i) => numberOf(i.askSize, i.sizeExponent),
  },
  {
    key: "volume", title: "Volume", label: "Volume of the session",
    text: (i) => (i.stats ? compact(i.stats.volume, i.sizeExponent) : NONE),
    value: (i) => numberOf(i.stats?.volume, i.sizeExponent),
  },
  {
    key: "range", title: "Range", label: "Last price between low and high of the session",
    text: () => "", value: (i) => rangeOf(i)?.last,
  },
];
