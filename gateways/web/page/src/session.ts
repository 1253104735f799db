// The life of the connection as the rest of the page sees it: parts subscribe
// when it opens, take its frames, and start anew when the log was replaced.

import { Connection, type LinkState } from "./connection";
import type { ServerClock } from "./clock";
import type { ClientFrame, ServerFrame, ServerHello, Subscription, Topic, WireError } from "./wire";

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
  | { kind: "waiting"; until: number }
  /** The server wants somebody to sign in first. */
  | { kind: "stopped" };

export interface SessionEvents {
  state(state: State): void;
  /** False when the connection is made anew in another way, and this one is not to be used. */
  hello(hello: ServerHello): boolean;
  /** The connection ended because nobody who may have it is signed in. */
  unauthenticated(text: string): void;
  signedIn(answer: NonNullable<ServerFrame["signedIn"]>): void;
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

  constructor(url: string, hello: () => NonNullable<ClientFrame["hello"]>, clock: ServerClock, private readonly events: SessionEvents) {
    this.connection = new Connection(url, hello, clock, {
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

  /** Gives another token of the same user, before the first one ends; false where nobody is connected. */
  signIn(token: string): boolean {
    return this.send({ signIn: { request: ++this.requests, token } });
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
    if (!this.events.hello(hello)) return;
    this.hello = hello;
    if (replaced) {
      for (const part of this.parts) part.reset();
      this.events.replaced();
    }
    for (const part of this.parts) part.opened();
  }

  private frame(frame: ServerFrame): void {
    if (frame.subscribed) this.unanswered.delete(frame.subscribed.request ?? 0);
    if (frame.update || frame.items || frame.answer) this.messages++;
    if (frame.signedIn) this.events.signedIn(frame.signedIn);
    if (frame.error) this.refused(frame.error);
    for (const part of this.parts) part.frame(frame);
    // The heartbeat comes after what was waiting for this session.
    if (frame.heartbeat && this.state.kind === "catching" && this.unanswered.size === 0) this.turn({ kind: "live" });
  }

  private refused(error: WireError): void {
    const text = error.text || error.code || "the server refused";
    if (error.code !== "ERROR_CODE_UNAUTHENTICATED") return this.events.refused(text);
    this.connection.stop();
    this.events.unauthenticated(text);
  }

  private turn(state: State): void {
    this.state = state;
    this.events.state(state);
  }
}
