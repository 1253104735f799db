// The life of the connection as the rest of the page sees it: parts subscribe
// when it opens, take its frames, and start anew when the log was replaced.

import { Connection, type LinkState } from "./connection";
import type { ServerClock } from "./clock";
import type { ClientFrame, ServerFrame, ServerHello, Subscription, Topic } from "./wire";

/** A part of the page that lives on the connection. */
export interface Part {
  /** Connected: subscribe, resuming where a cursor is. */
  opened(): void;
  lost(): void;
  /** The log was replaced: nothing that is held holds any more. */
  reset(): void;
  frame(frame: ServerFrame): void;
}

/** live: everything asked for has been answered; catching: not yet. */
export type State =
  | { kind: "connecting" }
  | { kind: "catching" }
  | { kind: "live" }
  | { kind: "waiting"; until: number };

export interface SessionEvents {
  state(state: State): void;
  hello(hello: ServerHello): void;
  /** The log's identity changed while the page was open. */
  replaced(): void;
  refused(text: string): void;
}

/** Topics in one frame, so that frames stay small. */
const TOPICS_PER_FRAME = 100;

export class Session {
  readonly parts: Part[] = [];
  hello: ServerHello | undefined;
  /** Updates, items and answers since the page was opened. */
  messages = 0;
  private readonly connection: Connection;
  private state: State = { kind: "connecting" };
  private requests = 0;
  private readonly unanswered = new Set<number>();

  constructor(url: string, user: () => string, clock: ServerClock, private readonly events: SessionEvents) {
    this.connection = new Connection(url, user, clock, {
      state: (state) => this.linked(state),
      opened: (hello) => this.opened(hello),
      frames: (frames) => frames.forEach((f) => this.frame(f)),
    });
  }

  start(): void {
    this.connection.start();
  }

  reconnect(): void {
    this.connection.reconnectNow();
  }

  get open(): boolean {
    return this.state.kind === "live" || this.state.kind === "catching";
  }

  send(frame: ClientFrame): boolean {
    return this.open && this.connection.send(frame);
  }

  subscribe(subscriptions: readonly Subscription[]): void {
    for (let at = 0; at < subscriptions.length; at += TOPICS_PER_FRAME) {
      const request = ++this.requests;
      const some = subscriptions.slice(at, at + TOPICS_PER_FRAME);
      if (this.send({ subscribe: { request, subscriptions: some } })) this.unanswered.add(request);
    }
  }

  unsubscribe(topics: readonly Topic[]): void {
    for (let at = 0; at < topics.length; at += TOPICS_PER_FRAME) {
      this.send({ unsubscribe: { request: ++this.requests, topics: topics.slice(at, at + TOPICS_PER_FRAME) } });
    }
  }

  private linked(link: LinkState): void {
    const wasOpen = this.open;
    this.unanswered.clear();
    this.turn(link.kind === "open" ? { kind: "catching" } : link);
    if (wasOpen && !this.open) for (const part of this.parts) part.lost();
  }

  private opened(hello: ServerHello): void {
    const replaced = this.hello !== undefined && this.hello.lineage !== hello.lineage;
    this.hello = hello;
    this.events.hello(hello);
    if (replaced) {
      for (const part of this.parts) part.reset();
      this.events.replaced();
    }
    for (const part of this.parts) part.opened();
  }

  private frame(frame: ServerFrame): void {
    if (frame.subscribed) this.unanswered.delete(frame.subscribed.request ?? 0);
    if (frame.update || frame.items || frame.answer) this.messages++;
    if (frame.error) this.events.refused(frame.error.text || frame.error.code || "the server refused");
    for (const part of this.parts) part.frame(frame);
    // The heartbeat comes after what was waiting for this session.
    if (frame.heartbeat && this.state.kind === "catching" && this.unanswered.size === 0) this.turn({ kind: "live" });
  }

  private turn(state: State): void {
    this.state = state;
    this.events.state(state);
  }
}
