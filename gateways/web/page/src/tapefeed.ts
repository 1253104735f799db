// Keeps the tape fed: which instruments are watched, and the bars of the chart.

import { nsToMs } from "./clock";
import { Pace } from "./pace";
import { readInstruments } from "./reads";
import type { Part, Session } from "./session";
import type { Instrument, Tape } from "./tape";
import type { Bar, Channel, Resolution, ServerFrame, Subscription, Topic, TopicAnswer, Update } from "./wire";

/** Rows of the board; more are found through the filter. */
const MOST_ROWS = 300;
/** Updates a second of one instrument: twice what an eye follows, half a frame of delay. */
const PER_SECOND = 30;
const CHANNELS: readonly Channel[] = ["CHANNEL_QUOTE", "CHANNEL_STATS"];

export interface TapeEvents {
  /** The rows of the board, as instruments come and go. */
  rows(instruments: Instrument[]): void;
  /** receivedMs is the receive time of the newest tick in it, 0 when none is. */
  changed(instrument: Instrument, receivedMs: number): void;
  bar(bar: Bar): void;
  /** Connected again: bars may have been missed. */
  reopened(): void;
  failed(text: string): void;
  /** The list of instruments could not be read. */
  unread(text: string): void;
}

export class TapeFeed implements Part {
  private watched = new Set<string>();
  private query = "";
  private more = false;
  private bars: { instrument: string; resolution: Resolution } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;
  private pace = new Pace();
  /** Whether the board was told what there is, be it nothing. */
  private told = false;

  constructor(private readonly session: Session, private readonly tape: Tape, private readonly events: TapeEvents) {}

  opened(): void {
    for (const instrument of this.tape.instruments.values()) instrument.refused = "";
    this.session.subscribe(subscriptions(this.watched));
    this.subscribeBars();
    this.events.reopened();
    this.pace = new Pace();
    void this.refresh();
  }

  lost(): void {
    clearTimeout(this.timer);
  }

  reset(): void {
    this.tape.instruments.clear();
    this.watched.clear();
    this.told = false;
  }

  frame(frame: ServerFrame): void {
    for (const answer of frame.subscribed?.answers ?? []) if (answer.error) this.refused(answer);
    if (frame.ended) this.refused(frame.ended);
    if (frame.update) this.update(frame.update);
    if (frame.items?.topic?.channel === "CHANNEL_CLOSED_BARS") {
      for (const item of frame.items.items ?? []) if (item.bar) this.events.bar(item.bar);
    }
  }

  /** Searches on the server where not every instrument is here. */
  search(query: string): void {
    if (!this.more && this.query === "") return;
    this.query = query;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), 200);
  }

  /** Watches the bars of one instrument, instead of those before. */
  watchBars(instrument: string, resolution: Resolution): void {
    const before = this.bars;
    if (before?.instrument === instrument && before.resolution === resolution) return;
    if (before) this.session.unsubscribe(barTopics(before.instrument, before.resolution));
    this.bars = { instrument, resolution };
    this.subscribeBars();
  }

  private subscribeBars(): void {
    if (!this.bars) return;
    const [forming, closed] = barTopics(this.bars.instrument, this.bars.resolution);
    this.session.subscribe([
      { topic: forming!, maxPerSecond: 10 },
      // The newest few overlap with the history that is read at the same time.
      { topic: closed!, recent: 10 },
    ]);
  }

  /** A topic was not granted, or taken back. The next reading of the list leaves out what may not be seen. */
  private refused({ topic, error }: TopicAnswer): void {
    const instrument = topic?.channel === "CHANNEL_ROOM" ? undefined : this.tape.instruments.get(topic?.id ?? "");
    if (!instrument) return;
    instrument.refused = error?.text || error?.code || "it was refused";
    this.events.changed(instrument, 0);
    this.events.failed(instrument.refused);
  }

  private update(update: Update): void {
    if (update.bar) this.events.bar({ instrument: update.instrument ?? "", ...update.bar });
    const instrument = this.tape.takeUpdate(update);
    if (instrument) this.events.changed(instrument, update.snapshot ? 0 : receivedMs(update));
  }

  /** Reads the list of instruments, now and every while: new ones appear by themselves. */
  private async refresh(): Promise<void> {
    const asked = ++this.asked;
    clearTimeout(this.timer);
    let fresh = false;
    try {
      const { instruments, more } = await readInstruments(this.query, MOST_ROWS);
      if (asked !== this.asked) return;
      this.more = more;
      for (const row of instruments) this.tape.takeRow(row);
      fresh = this.watch(instruments.map((row) => row.instrument ?? ""));
    } catch (error) {
      if (asked === this.asked && this.session.open) this.events.unread((error as Error).message);
    }
    if (this.session.open) this.timer = setTimeout(() => void this.refresh(), this.pace.next(this.watched.size, fresh));
  }

  /** Watches exactly these; says whether any is new. */
  private watch(ids: readonly string[]): boolean {
    const wanted = new Set(ids);
    const gone = [...this.watched].filter((id) => !wanted.has(id));
    const fresh = ids.filter((id) => !this.watched.has(id));
    this.watched = wanted;
    for (const id of gone) this.tape.instruments.delete(id);
    this.session.unsubscribe(gone.flatMap(topics));
    this.session.subscribe(subscriptions(fresh));
    if (gone.length + fresh.length > 0 || !this.told) this.events.rows(ids.map((id) => this.tape.instruments.get(id)!));
    this.told = true;
    return fresh.length > 0;
  }
}

function topics(id: string): Topic[] {
  return CHANNELS.map((channel) => ({ channel, id }));
}

function subscriptions(ids: Iterable<string>): Subscription[] {
  return [...ids].flatMap((id) => topics(id).map((topic) => ({ topic, maxPerSecond: PER_SECOND })));
}

function barTopics(id: string, resolution: Resolution): Topic[] {
  return (["CHANNEL_BAR", "CHANNEL_CLOSED_BARS"] as const).map((channel) => ({ channel, id, resolution }));
}

function receivedMs(update: Update): number {
  const { quote, trade } = update.quote ?? {};
  return Math.max(nsToMs(quote?.receiveTimeNs), nsToMs(trade?.receiveTimeNs));
}
