// How fresh the page is: the dot in the header, the banner, the footer.

import { wallMs, type ServerClock } from "./clock";
import { byId } from "./dom";
import type { Session, State } from "./session";
import type { ServerHello } from "./wire";

const NOTICE_MS = 6_000;
/** Ticks older than this are not called late but old: an import, or a quiet market. */
const OLD_MS = 60_000;

export class Status {
  private state: State = { kind: "connecting" };
  private lostAt = 0;
  private newestTickMs = 0;
  private ages: number[] = [];
  private before = 0;
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly clock: ServerClock, private readonly session: () => Session) {
    setInterval(() => this.second(), 1_000);
    setInterval(() => this.state.kind === "waiting" && this.drawState(), 200);
  }

  get live(): boolean {
    return this.state.kind === "live";
  }

  turn(state: State): void {
    if (state.kind === "waiting" && this.lostAt === 0) this.lostAt = wallMs();
    if (state.kind === "live" || state.kind === "stopped") this.lostAt = 0;
    this.state = state;
    this.drawState();
  }

  hello(hello: ServerHello): void {
    byId("foot-server").textContent = hello.server || "outcry";
    byId("foot-lineage").textContent = `lineage ${(hello.lineage ?? "").slice(0, 8) || "–"}`;
    byId("foot-lineage").title = hello.lineage ?? "";
  }

  /** A tick came in: how old it is when it reaches the page. */
  tick(receivedMs: number): void {
    if (receivedMs === 0) return;
    this.newestTickMs = Math.max(this.newestTickMs, receivedMs);
    if (this.ages.length < 1_000) this.ages.push(this.clock.nowMs() - receivedMs);
  }

  /** A short word at the bottom of the page. */
  notice(text: string): void {
    const box = byId("notice");
    box.textContent = text;
    box.hidden = false;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => (box.hidden = true), NOTICE_MS);
  }

  /** How far the store is behind; "" hides it. */
  rows(words: string): void {
    byId("foot-rows").textContent = words;
    byId("foot-rows").hidden = words === "";
  }

  /** The log was replaced: said until it is closed. */
  replaced(): void {
    byId("replaced").hidden = false;
  }

  private drawState(): void {
    const { kind } = this.state;
    const waited = this.lostAt === 0 ? "" : ` · prices as of ${new Date(this.lostAt).toLocaleTimeString()}`;
    document.body.dataset["link"] = kind;
    document.body.classList.toggle("lost", this.lostAt !== 0 && (kind === "waiting" || kind === "connecting"));
    const words = this.words();
    if (byId("link-text").textContent !== words) byId("link-text").textContent = words;
    byId("banner").hidden = this.lostAt === 0 || kind === "live";
    byId("banner-text").textContent = kind === "catching" ? "Connected again, catching up…" : `Connection lost, ${words}${waited}`;
    byId("banner-now").hidden = kind !== "waiting";
  }

  private words(): string {
    switch (this.state.kind) {
      case "live":
        return "live";
      case "catching":
        return "catching up";
      case "connecting":
        return "connecting…";
      case "stopped":
        return "not signed in";
      case "waiting":
        return `reconnecting in ${Math.max(0, (this.state.until - wallMs()) / 1000).toFixed(1)} s`;
    }
  }

  private second(): void {
    const { messages } = this.session();
    byId("foot-rate").textContent = `${messages - this.before} msg/s`;
    this.before = messages;
    const trip = this.clock.roundTripMs;
    byId("foot-ping").textContent = trip === undefined ? "ping –" : `ping ${trip.toFixed(1)} ms`;
    byId("foot-age").textContent = this.age();
    this.ages.length = 0;
  }

  /** Median age of this second's ticks when they arrived. */
  private age(): string {
    if (this.newestTickMs === 0) return "no ticks yet";
    const sorted = this.ages.sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    if (median !== undefined && median < OLD_MS) return `tick age ${Math.max(0, median).toFixed(1)} ms`;
    return `newest tick ${new Date(this.newestTickMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  }
}
