// What this client holds of one room: a gapless run of its newest changes.

import { Cursor } from "./cursor";
import { decodeText } from "./ids";
import { nsToMs } from "./clock";
import { seqOf, type Message, type RoomRow } from "./wire";

/** One line of a room. */
export interface Entry {
  seq: number;
  kind: "post" | "action" | "system";
  user: string;
  /** When it was said, ms since 1970. */
  timeMs: number;
  text: string;
  /** Seq that it answers and seq that its thread began with; 0 is none. */
  replyTo: number;
  threadRoot: number;
  deleted: boolean;
  edited: boolean;
  /** Users by emoji, in the order of their first reaction. */
  reactions: Map<string, string[]>;
  /** Newest change that is contained. */
  changeSeq: number;
}

/** What a taken message means for what is shown. */
export interface Effect {
  /** Seq of the entry that is new or changed; 0 for nothing. */
  seq: number;
  added: boolean;
}

const NOTHING: Effect = { seq: 0, added: false };

export class Room {
  title: string;
  topic = "";
  members = 0;
  /** Why it cannot be read, or empty. */
  error = "";
  /** It is read by members only, and writing in it joins it. */
  joinable = false;
  joined = false;
  subscribed = false;
  /** A subscription was asked for: it is asked for again at the next connection. */
  followed = false;
  /** All before this is read; unset until the room was first seen. */
  readSeq: number | undefined;
  /** Changes from low to the cursor are here; 0 while nothing is. */
  low = 0;
  /** Changes up to this one are no longer kept by the server. */
  lostTo = 0;
  readonly cursor = new Cursor();
  readonly entries: Entry[] = [];
  private readonly bySeq = new Map<number, Entry>();

  constructor(readonly id: string) {
    this.title = id;
  }

  /** A conversation of two; the server gives these ids. */
  get direct(): boolean {
    return this.id.startsWith("dm:");
  }

  /** Its name as people write it. */
  get label(): string {
    return this.direct ? this.title : `#${this.title}`;
  }

  takeRow(row: RoomRow, me: string): void {
    this.members = seqOf(row.members);
    this.title = this.direct ? otherOf(row.settings?.title ?? "", me) : row.settings?.title || this.id;
    this.topic = row.settings?.topic ?? "";
  }

  entry(seq: number): Entry | undefined {
    return this.bySeq.get(seq);
  }

  /** Whether older changes may be read. */
  get hasOlder(): boolean {
    return this.low > 1 && this.low > this.lostTo + 1;
  }

  /** Takes the next change of the stream; the cursor has judged it. */
  take(m: Message): Effect {
    const seq = seqOf(m.seq);
    if (this.low === 0) this.low = seq;
    if (m.kind === "MESSAGE_KIND_SETTINGS") this.takeSettings(m);
    const line = lineOf(m);
    return line ? this.insert(line) : this.change(m, seq);
  }

  /** Puts a page of older rows, ascending, before what is here. */
  takeOlder(page: readonly Message[]): void {
    const older = page.map(lineOf).filter((l): l is Entry => l !== undefined && l.seq < this.low);
    for (const entry of older) this.bySeq.set(entry.seq, entry);
    this.entries.unshift(...older);
    const first = page[0];
    this.low = first ? Math.min(this.low, seqOf(first.seq)) : 1;
  }

  /** Forgets the oldest entries beyond keep; they can be read again. */
  trim(keep: number): boolean {
    if (this.entries.length <= keep) return false;
    for (const entry of this.entries.splice(0, this.entries.length - keep)) this.bySeq.delete(entry.seq);
    this.low = this.entries[0]?.seq ?? this.low;
    return true;
  }

  /** Posts of others that were not read yet. */
  unread(me: string): number {
    const read = this.readSeq ?? Infinity;
    let count = 0;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i]!;
      if (entry.seq <= read) break;
      if (entry.kind !== "system" && entry.user !== me && !entry.deleted) count++;
    }
    return count;
  }

  /** Answers that are here to the thread which starts at seq. */
  replies(seq: number): number {
    let count = 0;
    for (const entry of this.entries) if (entry.threadRoot === seq && !entry.deleted) count++;
    return count;
  }

  reset(): void {
    this.entries.length = 0;
    this.bySeq.clear();
    this.cursor.reset();
    this.low = 0;
    this.lostTo = 0;
    this.readSeq = undefined;
    this.joined = false;
    this.subscribed = false;
    this.followed = false;
    this.joinable = false;
    this.error = "";
  }

  private insert(entry: Entry): Effect {
    if (this.bySeq.has(entry.seq)) return NOTHING;
    this.bySeq.set(entry.seq, entry);
    this.entries.push(entry);
    return { seq: entry.seq, added: true };
  }

  private takeSettings(m: Message): void {
    this.title = m.settings?.title || this.id;
    this.topic = m.settings?.topic ?? "";
  }

  /** An edit, deletion or reaction of a message that may be here. */
  private change(m: Message, seq: number): Effect {
    const target = this.bySeq.get(seqOf(m.targetSeq));
    if (!target || target.changeSeq >= seq) return NOTHING;
    target.changeSeq = seq;
    applyChange(target, m);
    return { seq: target.seq, added: false };
  }
}

function applyChange(target: Entry, m: Message): void {
  const user = m.user ?? "";
  const emoji = m.emoji ?? "";
  switch (m.kind) {
    case "MESSAGE_KIND_EDIT":
      target.text = decodeText(m.text?.data);
      target.edited = true;
      break;
    case "MESSAGE_KIND_DELETE":
      target.deleted = true;
      target.text = "";
      target.reactions.clear();
      break;
    case "MESSAGE_KIND_REACT": {
      const users = target.reactions.get(emoji) ?? [];
      if (!users.includes(user)) target.reactions.set(emoji, [...users, user]);
      break;
    }
    case "MESSAGE_KIND_UNREACT": {
      const users = (target.reactions.get(emoji) ?? []).filter((u) => u !== user);
      if (users.length > 0) target.reactions.set(emoji, users);
      else target.reactions.delete(emoji);
      break;
    }
  }
}

/** The line that a change adds to a room; undefined for changes of other lines. */
export function lineOf(m: Message): Entry | undefined {
  const kind = m.kind === "MESSAGE_KIND_POST" ? "post" : m.kind === "MESSAGE_KIND_ACTION" ? "action" : "system";
  const text = kind === "system" ? noticeOf(m) : decodeText(m.text?.data);
  if (text === undefined) return undefined;
  return {
    seq: seqOf(m.seq),
    kind,
    user: m.user ?? "",
    timeMs: nsToMs(m.eventTimeNs) || seqOf(m.clockUs) / 1000,
    text,
    replyTo: seqOf(m.replyTo),
    threadRoot: seqOf(m.threadRoot),
    deleted: m.deleted ?? false,
    edited: m.editedUs !== undefined,
    reactions: new Map((m.reactions ?? []).map((r) => [r.emoji ?? "", r.users ?? []])),
    changeSeq: Math.max(seqOf(m.seq), seqOf(m.changeSeq)),
  };
}

/** The title of a conversation of two names both. */
function otherOf(title: string, me: string): string {
  const other = title.split(", ").find((name) => name !== me);
  return other ? `@${other}` : "@…";
}

function noticeOf(m: Message): string | undefined {
  switch (m.kind) {
    case "MESSAGE_KIND_JOIN":
      return "joined";
    case "MESSAGE_KIND_LEAVE":
      return "left";
    case "MESSAGE_KIND_RENAME":
      return `is now ${decodeText(m.text?.data)}`;
    case "MESSAGE_KIND_SETTINGS":
      return "changed the room’s settings";
    case "MESSAGE_KIND_KICK":
      return `sent ${decodeText(m.text?.data)} out`;
    case "MESSAGE_KIND_BAN":
      return `banned ${decodeText(m.text?.data)}`;
    case "MESSAGE_KIND_UNBAN":
      return `lifted the ban of ${decodeText(m.text?.data)}`;
    case "MESSAGE_KIND_MUTE":
      return `muted ${decodeText(m.text?.data)}`;
    case "MESSAGE_KIND_UNMUTE":
      return `unmuted ${decodeText(m.text?.data)}`;
    case "MESSAGE_KIND_ADD":
      if (m.settings) return `began a conversation with ${decodeText(m.text?.data)}`;
      return `added ${decodeText(m.text?.data)}`;
    case "MESSAGE_KIND_SYSTEM":
      return decodeText(m.text?.data);
    default:
      return undefined;
  }
}
