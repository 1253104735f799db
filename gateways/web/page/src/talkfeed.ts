// Keeps the rooms fed: joins, subscribes with cursors, reads older history,
// and carries commands.

import { Room, type Entry } from "./room";
import { Outbox, type Body, type Pending } from "./outbox";
import { Pace } from "./pace";
import { Quotes } from "./quotes";
import { openDirect, readMessagesBefore, readRooms } from "./reads";
import type { ReadMarks } from "./marks";
import type { Part, Session } from "./session";
import { seqOf, type Item, type Items, type RoomRow, type ServerFrame, type Topic, type WireError } from "./wire";

/** Rooms shown, and joined, at most. */
const MOST_ROOMS = 50;
const RECENT = 60;
const PAGE = 80;

export interface TalkEvents {
  /** Rooms came or went, or one's name, unread count or state changed. */
  rooms(): void;
  /** Entries of a room changed; seq 0 means many. */
  room(room: Room, seq: number): void;
  pending(room: string): void;
  failed(text: string): void;
}

/** Whose rooms these are. */
export interface Person {
  /** Empty for nobody, who may look only. */
  readonly user: string;
  /** People name themselves here: the page enters every room by itself. */
  readonly named: boolean;
}

export class TalkFeed implements Part {
  readonly rooms = new Map<string, Room>();
  readonly outbox: Outbox;
  private readonly quotes = new Quotes();
  private readonly paging = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;
  private pace = new Pace();

  constructor(
    private readonly session: Session,
    private readonly person: Person,
    private readonly marks: ReadMarks,
    private readonly newId: () => string,
    private readonly events: TalkEvents,
  ) {
    this.outbox = new Outbox(
      {
        send: (command) => session.send({ command }),
        changed: (room) => events.pending(room),
        settled: (pending) => this.settled(pending),
      },
      newId,
      () => performance.now(),
    );
    setInterval(() => session.open && this.outbox.tick(), 1_000);
  }

  opened(): void {
    for (const room of this.rooms.values()) {
      room.subscribed = false;
      room.error = "";
      if (room.followed) this.subscribe(room);
      this.outbox.resend(room.id);
    }
    this.pace = new Pace();
    void this.refresh();
  }

  lost(): void {
    clearTimeout(this.timer);
  }

  reset(): void {
    this.outbox.reset();
    this.quotes.clear();
    for (const room of this.rooms.values()) {
      room.reset();
      this.events.room(room, 0);
    }
  }

  frame(frame: ServerFrame): void {
    if (frame.answer) this.outbox.answered(frame.answer);
    if (frame.items) this.withRoom(frame.items.topic, (room) => this.items(room, frame.items!));
    for (const answer of frame.subscribed?.answers ?? []) {
      this.withRoom(answer.topic, (room) => this.granted(room, answer.error));
    }
    if (frame.ended) this.withRoom(frame.ended.topic, (room) => this.ended(room, frame.ended!.error));
    for (const done of frame.heartbeat?.complete ?? []) {
      this.withRoom(done.topic, (room) => room.subscribed && room.cursor.complete(seqOf(done.seq)));
    }
    const lost = frame.historyLost;
    if (lost) {
      this.withRoom(lost.topic, (room) => {
        room.lostTo = seqOf(lost.toSeq);
        room.cursor.complete(room.lostTo);
        this.events.failed(`${room.title}: messages ${lost.fromSeq ?? 0} to ${lost.toSeq ?? 0} are no longer kept`);
      });
    }
  }

  /** Asks a room for a change, and joins it before where that was not done yet. */
  submit(room: string, body: Body): void {
    if (this.person.user === "") return this.events.failed("Sign in first: your name is above.");
    if (!body.join && this.rooms.get(room)?.joined === false && !this.joining(room)) this.outbox.submit(room, { join: {} });
    if (!this.outbox.submit(room, body)) this.events.failed("Too much is waiting for the server; try again later.");
  }

  /** Joins a room, and so creates it when there is none. */
  join(id: string): Room {
    const room = this.roomOf(id);
    this.submit(id, { join: {} });
    this.events.rooms();
    return room;
  }

  /** Opens the conversation with a person; undefined when it may not be. */
  async direct(to: string): Promise<Room | undefined> {
    try {
      const room = this.roomOf(await openDirect(this.person.named ? this.person.user : "", to, this.newId()));
      room.title = `@${to}`;
      room.joined = true;
      if (!room.followed) this.subscribe(room);
      return room;
    } catch (error) {
      this.events.failed(`No conversation with ${to}: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Another name joins anew at the next connection. */
  renamed(): void {
    for (const room of this.rooms.values()) room.joined = false;
  }

  /** Everything up to the newest message was seen by this person. */
  read(room: Room): void {
    const { after } = room.cursor;
    if (after === undefined || room.readSeq === undefined || after <= room.readSeq) return;
    room.readSeq = after;
    this.marks.read(room.id, after);
    this.events.rooms();
  }

  /** Reads the page before what is here. */
  async older(room: Room): Promise<void> {
    if (!room.hasOlder || this.paging.has(room.id)) return;
    this.paging.add(room.id);
    const { low } = room;
    try {
      const page = await readMessagesBefore(room.id, low, PAGE);
      if (room.low === low) room.takeOlder(page);
      this.events.room(room, 0);
    } catch (error) {
      this.events.failed(`Older messages cannot be read: ${(error as Error).message}`);
    } finally {
      this.paging.delete(room.id);
    }
  }

  /** A message that may lie outside of what is here; read once, and told by events.room. */
  quoted(room: Room, seq: number, askedBy: number): Entry | undefined {
    return this.quotes.of(room, seq, () => this.events.room(room, askedBy));
  }

  private items(room: Room, items: Items): void {
    for (const item of items.items ?? []) if (!this.item(room, item)) return;
    if (items.completeTo !== undefined) room.cursor.complete(seqOf(items.completeTo));
    room.readSeq ??= this.marks.of(room.id) ?? room.cursor.after ?? 0;
    this.events.rooms();
  }

  /** Takes one item; false when something before it is missing and was asked for. */
  private item(room: Room, item: Item): boolean {
    const verdict = room.cursor.judge(seqOf(item.seq), seqOf(item.prevSeq));
    if (verdict === "gap") {
      // Once: until it is granted, what still comes is of the old subscription.
      if (room.subscribed) this.resubscribe(room);
      return false;
    }
    if (verdict === "seen" || !item.message) return true;
    const effect = room.take(item.message);
    this.outbox.seen(room.id, item.message.clientMsgId);
    if (effect.seq !== 0) this.events.room(room, effect.seq);
    return true;
  }

  private granted(room: Room, error: WireError | undefined): void {
    room.subscribed = error === undefined;
    room.error = error ? error.text || error.code || "it cannot be read" : "";
    room.joinable = error?.code === "ERROR_CODE_NOT_A_MEMBER";
    if (error) this.events.room(room, 0);
    this.events.rooms();
  }

  /** The server took the room back: what is here stays, nothing follows. */
  private ended(room: Room, error: WireError | undefined): void {
    room.joined = false;
    this.granted(room, error ?? {});
  }

  /** Subscribes from the cursor, or from the newest messages on. */
  private subscribe(room: Room): void {
    room.subscribed = false;
    room.followed = true;
    const topic: Topic = { channel: "CHANNEL_ROOM", id: room.id };
    const { after } = room.cursor;
    this.session.subscribe([after === undefined ? { topic, recent: RECENT } : { topic, afterSeq: String(after) }]);
  }

  private resubscribe(room: Room): void {
    this.session.unsubscribe([{ channel: "CHANNEL_ROOM", id: room.id }]);
    this.subscribe(room);
  }

  private settled(pending: Pending): void {
    const room = this.rooms.get(pending.room);
    if (pending.body.join && room) {
      room.joined = pending.error === "";
      // Whoever may only look reads on; what they write says why it was refused.
      if (room.joined || !room.subscribed) room.error = pending.error;
      if (room.joined && !room.subscribed) this.subscribe(room);
      this.events.rooms();
    } else if (pending.error !== "" && !pending.body.post) {
      this.events.failed(`Not done: ${pending.error}`);
    }
  }

  /** Reads the list of rooms, now and every while, and joins those that this user is not in. */
  private async refresh(): Promise<void> {
    const asked = ++this.asked;
    clearTimeout(this.timer);
    const before = this.rooms.size;
    try {
      const [all, mine] = await Promise.all([readRooms("", MOST_ROOMS), this.mine()]);
      if (asked !== this.asked) return;
      const joined = new Set(mine.map((row) => row.room));
      for (const row of [...all, ...mine]) {
        const room = this.roomOf(row.room ?? "");
        room.takeRow(row, this.person.user);
        this.enter(room, joined.has(room.id));
      }
      this.events.rooms();
    } catch (error) {
      if (asked === this.asked && this.session.open) this.events.failed((error as Error).message);
    }
    if (this.session.open) this.timer = setTimeout(() => void this.refresh(), this.pace.next(this.rooms.size, this.rooms.size > before));
  }

  private async mine(): Promise<RoomRow[]> {
    return this.person.user === "" ? [] : readRooms(this.person.user, MOST_ROOMS);
  }

  /**
   * Sees to it that a listed room is followed. Where people sign in, joining is
   * theirs to do, by writing: nobody is to be seen in a room for opening the page.
   */
  private enter(room: Room, member: boolean): void {
    if (room.joined || room.error !== "") return;
    room.joined = member;
    if (member || !this.person.named) {
      if (!room.followed) this.subscribe(room);
    } else if (!this.joining(room.id)) {
      this.submit(room.id, { join: {} });
    }
  }

  private joining(room: string): boolean {
    return this.outbox.pendingOf(room).some((p) => p.body.join);
  }

  private roomOf(id: string): Room {
    let room = this.rooms.get(id);
    if (!room) {
      room = new Room(id);
      this.rooms.set(id, room);
    }
    return room;
  }

  private withRoom(topic: Topic | undefined, use: (room: Room) => void): void {
    const room = topic?.channel === "CHANNEL_ROOM" ? this.rooms.get(topic.id ?? "") : undefined;
    if (room) use(room);
  }
}
