// One WebSocket to the server: hello, heartbeat, and coming back after a loss.

import { retryDelay } from "./backoff";
import { nsToMs, wallMs, type ServerClock } from "./clock";
import type { ClientFrame, ServerFrame, ServerHello } from "./wire";

/** How the connection stands. until is when the next attempt starts, ms since 1970. */
export type LinkState =
  | { kind: "connecting" }
  | { kind: "open" }
  | { kind: "waiting"; until: number }
  | { kind: "stopped" };

export interface LinkEvents {
  state(state: LinkState): void;
  /** The server said hello; subscriptions start from here. */
  opened(hello: ServerHello): void;
  frames(frames: ServerFrame[]): void;
}

/** A server sends a heartbeat each second; silence this long is a loss. */
const SILENCE_MS = 6_000;
const PING_MS = 5_000;
/** At first each second, so that the clock's offset is soon known from a short way. */
const FIRST_PINGS = 5;
const RECONNECT_WITHIN_MS = 1_000;

export class Connection {
  private socket: WebSocket | undefined;
  private attempt = 0;
  private withinMs = RECONNECT_WITHIN_MS;
  private lastFrame = 0;
  private lastPing = 0;
  private pings = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly hello: () => NonNullable<ClientFrame["hello"]>,
    private readonly clock: ServerClock,
    private readonly events: LinkEvents,
  ) {}

  start(): void {
    setInterval(() => this.watch(), 1_000);
    addEventListener("online", () => this.stopped || this.reconnectNow());
    this.connect();
  }

  /** Sends if the connection is open; what was not sent is the caller's to send again. */
  send(frame: ClientFrame): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Drops the connection, if there is one, and connects at once. */
  reconnectNow(): void {
    this.attempt = 0;
    this.drop();
    this.connect();
  }

  /** Ends the connection, until reconnectNow. */
  stop(): void {
    this.drop();
    clearTimeout(this.timer);
    this.stopped = true;
    this.events.state({ kind: "stopped" });
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.stopped = false;
    this.events.state({ kind: "connecting" });
    const socket = new WebSocket(this.url, "outcry.v1.json");
    this.socket = socket;
    this.lastFrame = wallMs();
    socket.onopen = () => this.send({ hello: this.hello() });
    socket.onmessage = (message) => this.receive(message.data as string);
    // An error is always followed by close.
    socket.onclose = () => this.lost();
  }

  private receive(text: string): void {
    this.lastFrame = wallMs();
    const frames = (JSON.parse(text) as { frames?: ServerFrame[] }).frames ?? [];
    for (const frame of frames) this.own(frame);
    this.events.frames(frames);
  }

  /** The frames that are about the connection itself. */
  private own(frame: ServerFrame): void {
    if (frame.hello) {
      this.attempt = 0;
      this.pings = 0;
      this.withinMs = frame.hello.reconnectWithinMs ?? RECONNECT_WITHIN_MS;
      this.clock.hint(nsToMs(frame.hello.serverTimeNs));
      this.ping();
      this.events.state({ kind: "open" });
      this.events.opened(frame.hello);
    } else if (frame.heartbeat) {
      this.clock.hint(nsToMs(frame.heartbeat.serverTimeNs));
    } else if (frame.pong) {
      this.clock.pong(nsToMs(frame.pong.clientTimeNs), nsToMs(frame.pong.serverTimeNs));
    } else if (frame.drain) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.reconnectNow(), Math.random() * (frame.drain.retryWithinMs ?? 0));
    }
  }

  private ping(): void {
    this.lastPing = wallMs();
    this.pings++;
    this.send({ ping: { clientTimeNs: String(Math.round(this.lastPing * 1_000)) + "000" } });
  }

  private watch(): void {
    if (this.socket === undefined) return;
    const now = wallMs();
    if (now - this.lastFrame > SILENCE_MS) {
      this.drop();
      this.lost();
    } else if (this.pings < FIRST_PINGS || now - this.lastPing > PING_MS) {
      this.ping();
    }
  }

  private lost(): void {
    this.socket = undefined;
    this.attempt++;
    const delay = retryDelay(this.attempt, this.withinMs, Math.random());
    this.events.state({ kind: "waiting", until: wallMs() + delay });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), delay);
  }

  /** Closes without an onclose: the caller says what comes next. */
  private drop(): void {
    if (!this.socket) return;
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close();
    this.socket = undefined;
  }
}
