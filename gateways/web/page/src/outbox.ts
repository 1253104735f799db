// Commands on their way: each keeps its id until the room has answered, so
// that sending it again is the same command.

import { seqOf, type Answer, type Command } from "./wire";

export type Body = Omit<Command, "room" | "clientMsgId">;

export interface Pending {
  id: string;
  room: string;
  body: Body;
  /** sent: answered with a seq, and its change is still to come on the stream. */
  state: "sending" | "sent" | "failed";
  error: string;
  seq: number;
  attempts: number;
  /** When it is sent again without an answer, ms. */
  due: number;
  /** The room decided against it and remembers that: only a new id can be tried. */
  refused: boolean;
}

export interface OutboxEvents {
  /** Puts it on the wire; false while there is no connection. */
  send(command: Command): boolean;
  /** What is pending in a room changed. */
  changed(room: string): void;
  /** The room decided; error is empty when it accepted. */
  settled(pending: Pending): void;
}

const ANSWER_MS = 8_000;
const MOST_ATTEMPTS = 10;
/** Commands of one room that may wait at once. */
export const MOST_PENDING = 50;

export class Outbox {
  private readonly rooms = new Map<string, Pending[]>();

  constructor(
    private readonly events: OutboxEvents,
    private readonly newId: () => string,
    private readonly nowMs: () => number,
  ) {}

  pendingOf(room: string): readonly Pending[] {
    return this.rooms.get(room) ?? [];
  }

  /** Sends a command under a new id; undefined when too many wait already. */
  submit(room: string, body: Body): Pending | undefined {
    const queue = this.rooms.get(room) ?? [];
    if (queue.length >= MOST_PENDING) return undefined;
    const pending: Pending = { id: this.newId(), room, body, state: "sending", error: "", seq: 0, attempts: 0, due: 0, refused: false };
    queue.push(pending);
    this.rooms.set(room, queue);
    this.transmit(pending);
    this.events.changed(room);
    return pending;
  }

  /** The room's decision. An answer to a command that is not here is dropped. */
  answered(answer: Answer): void {
    const pending = this.find(answer.room ?? "", answer.clientMsgId ?? "");
    if (!pending) return;
    if (answer.outcome === "OUTCOME_KIND_ACCEPTED" || answer.outcome === "OUTCOME_KIND_DUPLICATE") {
      this.accepted(pending, seqOf(answer.seq));
    } else {
      this.refused(pending, answer);
    }
    this.events.changed(pending.room);
  }

  /** A change with this id came on the room's stream. */
  seen(room: string, id: string | undefined): void {
    const pending = id ? this.find(room, id) : undefined;
    if (!pending) return;
    this.remove(pending);
    if (pending.state !== "sent") this.events.settled(pending);
    this.events.changed(room);
  }

  /** The connection is back: what has no answer is sent again, in order. */
  resend(room: string): void {
    for (const pending of this.pendingOf(room)) {
      if (pending.state === "sending") this.transmit(pending);
    }
  }

  /** Sends again what waited too long; call it every second or so. */
  tick(): void {
    const now = this.nowMs();
    for (const [room, queue] of this.rooms) {
      if (queue.some((p) => p.state === "sending" && p.due <= now)) this.resend(room);
    }
  }

  /** Tries a failed command again: under the same id as long as it may have been done. */
  retry(pending: Pending): void {
    if (pending.refused) pending.id = this.newId();
    Object.assign(pending, { state: "sending", error: "", attempts: 0, refused: false });
    this.transmit(pending);
    this.events.changed(pending.room);
  }

  discard(pending: Pending): void {
    this.remove(pending);
    this.events.changed(pending.room);
  }

  /** The log was replaced: what was decided is void, what was not has failed. */
  reset(): void {
    for (const [room, queue] of this.rooms) {
      for (const pending of [...queue]) {
        if (pending.state === "sent") this.remove(pending);
        else this.fail(pending, "the server’s log was replaced before it was answered");
      }
      this.events.changed(room);
    }
  }

  private accepted(pending: Pending, seq: number): void {
    pending.seq = seq;
    pending.error = "";
    if (pending.body.post) pending.state = "sent";
    else this.remove(pending);
    this.events.settled(pending);
  }

  private refused(pending: Pending, answer: Answer): void {
    const retry = answer.error?.retry;
    const again = retry === "RETRY_AFTER" || retry === "RETRY_RESEND_SAME_ID";
    if (!again || pending.attempts >= MOST_ATTEMPTS) {
      pending.refused = !again;
      this.fail(pending, answer.error?.text || answer.error?.code || "refused");
      return;
    }
    pending.due = this.nowMs() + (answer.error?.retryAfterMs || 250 * 2 ** Math.min(pending.attempts, 5));
  }

  private fail(pending: Pending, error: string): void {
    pending.state = "failed";
    pending.error = error;
    if (!pending.body.post) this.remove(pending);
    this.events.settled(pending);
  }

  private transmit(pending: Pending): void {
    pending.due = this.nowMs() + ANSWER_MS;
    if (this.events.send({ room: pending.room, clientMsgId: pending.id, ...pending.body })) pending.attempts++;
  }

  private find(room: string, id: string): Pending | undefined {
    return this.rooms.get(room)?.find((p) => p.id === id);
  }

  private remove(pending: Pending): void {
    const queue = this.rooms.get(pending.room);
    const at = queue?.indexOf(pending) ?? -1;
    if (at >= 0) queue!.splice(at, 1);
  }
}
