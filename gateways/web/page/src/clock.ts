// Wall times with less than a millisecond, and the server's clock.

/** This machine's time, ms since 1970 with fractions. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

/** ns in decimal to ms since 1970. */
export function nsToMs(ns: string | undefined): number {
  if (!ns) return 0;
  // Number(ns) alone would lose the last 200 ns or so; ms with fractions do not.
  const cut = Math.max(0, ns.length - 6);
  return Number(`${ns.slice(0, cut) || "0"}.${ns.slice(cut).padStart(6, "0")}`);
}

/** Offset of the server's clock, from the ping with the shortest way. */
export class ServerClock {
  private offset = 0;
  private best = Infinity;
  /** Round trip of the newest ping in ms. */
  roundTripMs: number | undefined;

  /** A hello or heartbeat: the server's time, one way old. */
  hint(serverMs: number): void {
    if (this.best === Infinity) this.offset = serverMs - wallMs();
  }

  pong(sentMs: number, serverMs: number): void {
    const now = wallMs();
    this.roundTripMs = now - sentMs;
    // Ages, so that a clock that drifts is followed.
    this.best *= 1.05;
    if (this.roundTripMs <= this.best) {
      this.best = this.roundTripMs;
      this.offset = serverMs - (sentMs + now) / 2;
    }
  }

  /** The server's time now, ms since 1970. */
  nowMs(): number {
    return wallMs() + this.offset;
  }
}
