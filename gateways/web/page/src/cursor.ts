// Where this client stands in one never-lose stream.

/** What to do with an item: take it, drop it as seen, or ask again from the cursor. */
export type Verdict = "take" | "seen" | "gap";

/**
 * Cursor of a stream whose items say their seq and the seq before them (as
 * this client sees the stream, so a filter is no gap).
 */
export class Cursor {
  private known: number | undefined;

  /** Seq to resume after; undefined before the stream started. */
  get after(): number | undefined {
    return this.known;
  }

  judge(seq: number, prevSeq: number): Verdict {
    if (this.known !== undefined) {
      if (seq <= this.known) return "seen";
      if (prevSeq > this.known) return "gap";
    }
    this.known = seq;
    return "take";
  }

  /** The server said that nothing up to seq is missing, or is kept any more. */
  complete(seq: number): void {
    if (this.known === undefined || seq > this.known) this.known = seq;
  }

  reset(): void {
    this.known = undefined;
  }
}
