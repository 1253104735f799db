// History of the chart by TradingView's UDF.

import type { Candle } from "./bars";
import { ask as request } from "./http";

interface HistoryAnswer {
  s: string;
  errmsg?: string;
  nextTime?: number;
  t?: number[];
  o?: number[];
  h?: number[];
  l?: number[];
  c?: number[];
  v?: number[];
}

export interface History {
  bars: Candle[];
  /** Nothing lies further left. */
  end: boolean;
}

export interface HistoryQuery {
  symbol: string;
  resolution: string;
  /** Seconds since 1970; from inclusive, to exclusive. */
  from: number;
  to: number;
  /** The newest so many before to; beats from. */
  countback?: number;
}

/** Reads bars ascending by time; jumps over empty stretches to older ones. */
export async function readHistory(query: HistoryQuery, signal: AbortSignal): Promise<History> {
  let answer = await ask(query, signal);
  if (answer.s === "no_data" && answer.nextTime !== undefined) {
    answer = await ask({ ...query, to: answer.nextTime + 1 }, signal);
  }
  const bars = candles(answer);
  return { bars, end: bars.length === 0 };
}

async function ask(query: HistoryQuery, signal: AbortSignal): Promise<HistoryAnswer> {
  const parameters = new URLSearchParams({
    symbol: query.symbol,
    resolution: query.resolution,
    from: String(query.from),
    to: String(query.to),
  });
  if (query.countback !== undefined) parameters.set("countback", String(query.countback));
  const response = await request(`/udf/history?${parameters}`, { signal });
  if (!response.ok) throw new Error(`history: HTTP ${response.status}`);
  const answer = (await response.json()) as HistoryAnswer;
  if (answer.s === "error") throw new Error(answer.errmsg ?? "history was refused");
  return answer;
}

function candles(answer: HistoryAnswer): Candle[] {
  const { t = [], o = [], h = [], l = [], c = [], v = [] } = answer;
  return t.map((time, i) => ({
    time,
    open: o[i]!,
    high: h[i]!,
    low: l[i]!,
    close: c[i]!,
    volume: v[i] ?? 0,
  }));
}
