// When a list is read again: soon while it is growing, as at the start of a
// demo or an import, and seldom once nothing comes any more.

const SOON_MS = 500;
/** A list that is empty is waited for; one that is not changes seldom. */
const EMPTY_MS = 2_000;
const SELDOM_MS = 10_000;

export class Pace {
  private delay = SOON_MS;

  /** The delay to the next reading, ms, after one that found so many, of them some that are new. */
  next(count: number, fresh: boolean): number {
    if (fresh) this.delay = SOON_MS;
    const delay = Math.min(this.delay, count === 0 ? EMPTY_MS : SELDOM_MS);
    this.delay = delay * 2;
    return delay;
  }
}
