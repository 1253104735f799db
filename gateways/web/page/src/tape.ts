// The newest state of the instruments on the board.

import { decimalsOf, int128, mantissa } from "./decimal";
import { nsToMs } from "./clock";
import { seqOf, type Definition, type Int128, type Latest, type Quote, type SessionStats, type Trade, type Update } from "./wire";

export interface Stats {
  open: bigint;
  high: bigint;
  low: bigint;
  last: bigint;
  volume: bigint;
  turnover: bigint;
  trades: number;
  previousClose: bigint;
}

export interface Stale {
  /** ms since 1970. */
  since: number;
  reason: string;
}

/** One instrument. Prices and sizes are mantissas at the exponents; undefined is not known, or absent. */
export class Instrument {
  priceExponent = 0;
  sizeExponent = 0;
  /** Decimals of prices to show: the tick size's, or the most that were needed so far. */
  priceDecimals = 0;
  currency = "";
  description = "";
  bid: bigint | undefined;
  bidSize: bigint | undefined;
  ask: bigint | undefined;
  askSize: bigint | undefined;
  last: bigint | undefined;
  stats: Stats | undefined;
  stale: Stale | undefined;
  /** Why nothing comes any more, or empty. */
  refused = "";
  halted = false;
  quoteSeq = 0;
  private statsSeq = 0;
  private tickKnown = false;

  constructor(readonly id: string) {}

  /** Takes a row of the read Instruments; newer versions from the stream stay. */
  takeRow(row: Latest): void {
    this.define(row.definition);
    this.halted = row.status?.state === "TRADING_STATE_HALTED";
    const seq = seqOf(row.seq);
    if (seq >= this.quoteSeq) this.takeLatest(row, seq);
    if (seq >= this.statsSeq && row.stats) this.takeStats(row.stats, seq);
  }

  /** Takes a version of the stream; says whether it was new. */
  takeUpdate(update: Update): boolean {
    const seq = seqOf(update.seq);
    const stale = update.stale && { since: nsToMs(update.stale.sinceNs), reason: reasonOf(update.stale.reason) };
    const turned = (stale === undefined) !== (this.stale === undefined);
    this.stale = stale;
    if (update.quote && (seq >= this.quoteSeq || update.snapshot)) {
      this.define(update.quote.definition);
      this.takeLatest(update.quote, seq);
      return true;
    }
    if (update.stats && (seq >= this.statsSeq || update.snapshot)) {
      this.takeStats(update.stats, seq);
      return true;
    }
    return turned;
  }

  /** The price that a change is measured from: the close before, else the open. */
  get reference(): bigint | undefined {
    if (!this.stats) return undefined;
    return this.stats.previousClose !== 0n ? this.stats.previousClose : this.stats.open;
  }

  private define(definition: Definition | undefined): void {
    if (!definition) return;
    this.priceExponent = definition.priceExponent ?? 0;
    this.sizeExponent = definition.sizeExponent ?? 0;
    this.currency = definition.currency ?? "";
    this.description = definition.description ?? "";
    const tick = mantissa(definition.tickSize) ?? 0n;
    if (tick !== 0n) {
      this.priceDecimals = decimalsOf(tick, this.priceExponent);
      this.tickKnown = true;
    }
  }

  private takeLatest(latest: Latest, seq: number): void {
    this.quoteSeq = seq;
    if (latest.quote) this.takeQuote(latest.quote);
    if (latest.trade) this.takeTrade(latest.trade);
  }

  private takeQuote(quote: Quote): void {
    this.bid = mantissa(quote.bidPrice);
    this.bidSize = mantissa(quote.bidSize);
    this.ask = mantissa(quote.askPrice);
    this.askSize = mantissa(quote.askSize);
    this.widen(this.bid);
    this.widen(this.ask);
  }

  private takeTrade(trade: Trade): void {
    this.last = BigInt(trade.price ?? 0);
    this.widen(this.last);
  }

  private takeStats(stats: SessionStats, seq: number): void {
    this.statsSeq = seq;
    this.stats = {
      open: BigInt(stats.open ?? 0),
      high: BigInt(stats.high ?? 0),
      low: BigInt(stats.low ?? 0),
      last: BigInt(stats.last ?? 0),
      volume: BigInt(stats.volume ?? 0),
      turnover: turnoverOf(stats.turnover),
      trades: seqOf(stats.trades),
      previousClose: BigInt(stats.previousClose ?? 0),
    };
  }

  /** Without a tick size, as many decimals are shown as a price has needed. */
  private widen(price: bigint | undefined): void {
    if (price === undefined || this.tickKnown) return;
    this.priceDecimals = Math.max(this.priceDecimals, decimalsOf(price, this.priceExponent));
  }
}

function turnoverOf(turnover: Int128 | undefined): bigint {
  return turnover ? int128(turnover.hi, turnover.lo) : 0n;
}

function reasonOf(reason: string | undefined): string {
  return (reason ?? "").replace("STALE_REASON_", "").toLowerCase() || "unknown";
}

/** All instruments that the page knows; bounded by the board's rows. */
export class Tape {
  readonly instruments = new Map<string, Instrument>();

  /** Adds or refreshes an instrument; says whether it is new. */
  takeRow(row: Latest): boolean {
    const id = row.instrument ?? "";
    let instrument = this.instruments.get(id);
    const fresh = instrument === undefined;
    if (!instrument) {
      instrument = new Instrument(id);
      this.instruments.set(id, instrument);
    }
    instrument.takeRow(row);
    return fresh;
  }

  /** The instrument that an update changed, or undefined. */
  takeUpdate(update: Update): Instrument | undefined {
    const instrument = this.instruments.get(update.instrument ?? "");
    return instrument?.takeUpdate(update) ? instrument : undefined;
  }
}
