// The frames and reads of outcry.v1 as protobuf JSON gives them: 64-bit
// integers are decimal strings, bytes are base64, enums are names, and a
// field that has its zero value is absent.

/** A 64-bit integer in decimal; absent means 0. */
export type Int = string;

export interface Definition {
  priceExponent?: number;
  sizeExponent?: number;
  tickSize?: Int;
  sizeStep?: Int;
  currency?: string;
  description?: string;
}

export interface Quote {
  eventTimeNs?: Int;
  receiveTimeNs?: Int;
  bidPrice?: Int;
  bidSize?: Int;
  askPrice?: Int;
  askSize?: Int;
}

export interface Trade {
  eventTimeNs?: Int;
  receiveTimeNs?: Int;
  price?: Int;
  size?: Int;
  side?: "SIDE_BUY" | "SIDE_SELL";
}

export interface Int128 {
  hi?: Int;
  lo?: Int;
}

export interface SessionStats {
  session?: Int;
  open?: Int;
  high?: Int;
  low?: Int;
  last?: Int;
  volume?: Int;
  turnover?: Int128;
  trades?: Int;
  quotes?: Int;
  previousClose?: Int;
}

export interface TradingStatus {
  state?: string;
  reason?: string;
}

export interface Latest {
  instrument?: string;
  seq?: Int;
  definition?: Definition;
  quote?: Quote;
  trade?: Trade;
  stats?: SessionStats;
  status?: TradingStatus;
}

export type Resolution = "RESOLUTION_1S" | "RESOLUTION_1M";

export interface Bar {
  instrument?: string;
  resolution?: Resolution;
  time?: Int;
  open?: Int;
  high?: Int;
  low?: Int;
  close?: Int;
  volume?: Int;
  revision?: number;
  state?: string;
}

export type Channel =
  | "CHANNEL_QUOTE"
  | "CHANNEL_STATS"
  | "CHANNEL_BAR"
  | "CHANNEL_CLOSED_BARS"
  | "CHANNEL_ROOM";

export interface Topic {
  channel?: Channel;
  id?: string;
  resolution?: Resolution;
}

export interface Subscription {
  topic: Topic;
  afterSeq?: Int;
  maxPerSecond?: number;
  recent?: number;
}

export interface WireError {
  code?: string;
  text?: string;
  retry?: string;
  retryAfterMs?: number;
}

export interface Text {
  data?: string;
  characters?: number;
}

export interface Reaction {
  emoji?: string;
  users?: string[];
}

export interface RoomSettings {
  title?: string;
  topic?: string;
}

export interface Message {
  room?: string;
  seq?: Int;
  kind?: string;
  user?: string;
  clockUs?: Int;
  eventTimeNs?: Int;
  text?: Text;
  clientMsgId?: string;
  replyTo?: Int;
  threadRoot?: Int;
  targetSeq?: Int;
  emoji?: string;
  settings?: RoomSettings;
  deleted?: boolean;
  editedUs?: Int;
  reactions?: Reaction[];
  changeSeq?: Int;
}

export interface RoomRow {
  room?: string;
  headSeq?: Int;
  members?: Int;
  messages?: Int;
  settings?: RoomSettings;
}

/** What a command asks for; exactly one of the fields after clientMsgId. */
export interface Command {
  room: string;
  clientMsgId: string;
  post?: { text: Text; replyTo?: Int; action?: boolean };
  edit?: { targetSeq: Int; text: Text };
  delete?: { targetSeq: Int };
  react?: { targetSeq: Int; emoji: string; remove?: boolean };
  join?: Record<string, never>;
}

export interface ClientFrame {
  hello?: { version: number; user?: string; token?: string };
  signIn?: { request: number; token: string };
  subscribe?: { request: number; subscriptions: Subscription[] };
  unsubscribe?: { request: number; topics: Topic[] };
  command?: Command;
  ping?: { clientTimeNs: Int };
}

export interface ServerHello {
  version?: number;
  server?: string;
  session?: string;
  serverTimeNs?: Int;
  limits?: { subscriptions?: number; messageCharacters?: number };
  reconnectWithinMs?: number;
  lineage?: string;
  user?: string;
  /** When the connection ends unless the token is renewed; absent is never. */
  expiresNs?: Int;
}

export interface Staleness {
  sinceNs?: Int;
  reason?: string;
}

export interface Update {
  instrument?: string;
  seq?: Int;
  snapshot?: boolean;
  stale?: Staleness;
  quote?: Latest;
  stats?: SessionStats;
  bar?: Bar;
}

export interface Item {
  seq?: Int;
  prevSeq?: Int;
  message?: Message;
  bar?: Bar;
}

export interface Items {
  topic?: Topic;
  items?: Item[];
  snapshot?: boolean;
  completeTo?: Int;
}

export interface Answer {
  clientMsgId?: string;
  room?: string;
  outcome?: string;
  seq?: Int;
  error?: WireError;
}

export interface TopicAnswer {
  topic?: Topic;
  error?: WireError;
}

export interface ServerFrame {
  hello?: ServerHello;
  subscribed?: { request?: number; answers?: TopicAnswer[] };
  /** A subscription that had been granted is over. */
  ended?: TopicAnswer;
  signedIn?: { request?: number; expiresNs?: Int; error?: WireError };
  update?: Update;
  items?: Items;
  historyLost?: { topic?: Topic; fromSeq?: Int; toSeq?: Int };
  answer?: Answer;
  heartbeat?: { serverTimeNs?: Int; complete?: { topic?: Topic; seq?: Int }[] };
  pong?: { clientTimeNs?: Int; serverTimeNs?: Int };
  error?: WireError;
  drain?: { retryWithinMs?: number };
}

/** A sequence number; seqs of a stream stay far below 2^53. */
export function seqOf(value: Int | undefined): number {
  return Number(value ?? 0);
}
