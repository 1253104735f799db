// Messages that were answered and lie outside of what is here: each is read once.

import { readMessage } from "./reads";
import { lineOf, type Entry, type Room } from "./room";

/** The oldest leave. */
const MOST = 500;

export class Quotes {
  /** null while it is read, or when there is none. */
  private readonly known = new Map<string, Entry | null>();

  clear(): void {
    this.known.clear();
  }

  /** The message of a seq, as far as it is known; arrived is told when it is. */
  of(room: Room, seq: number, arrived: () => void): Entry | undefined {
    const key = `${room.id} ${seq}`;
    const known = room.entry(seq) ?? this.known.get(key);
    if (known !== undefined) return known ?? undefined;
    this.known.set(key, null);
    const oldest = this.known.keys().next().value;
    if (this.known.size > MOST && oldest !== undefined) this.known.delete(oldest);
    void readMessage(room.id, seq)
      .then((m) => {
        const entry = m && lineOf(m);
        if (!entry) return;
        this.known.set(key, entry);
        arrived();
      })
      // Without it the quote shows only that there is an answered message.
      .catch(() => this.known.delete(key));
    return undefined;
  }
}
