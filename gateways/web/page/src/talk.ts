// The pane of one room: its lines, older ones on scrolling up, and the composer.

import { ActionBar } from "./actions";
import { Composer } from "./composer";
import { byId } from "./dom";
import { Lines } from "./lines";
import type { Body } from "./outbox";
import type { Painter } from "./painter";
import { renderPending } from "./pendinglines";
import type { Entry, Room } from "./room";
import type { TalkFeed } from "./talkfeed";

/** Lines kept of a room whose end is in view; older ones are read again. */
const KEPT = 600;
/** Pixels from the end that still count as the end. */
const NEAR = 60;

export interface TalkContext {
  me(): string;
  isInstrument(word: string): boolean;
  pickInstrument(id: string): void;
}

export class Talk {
  readonly composer: Composer;
  room: Room | undefined;
  private readonly scroller = byId("talk-scroll");
  private readonly pendingList = byId("pending");
  private readonly jump = byId<HTMLButtonElement>("jump");
  private readonly lines: Lines;
  private readonly bar: ActionBar;
  private readonly drafts = new Map<string, string>();
  private atEnd = true;
  private threadRoot = 0;
  private readonly drawLines = () => this.draw();

  constructor(private readonly feed: TalkFeed, private readonly painter: Painter, private readonly context: TalkContext) {
    this.lines = new Lines(context, (room, seq, asked) => feed.quoted(room, seq, asked));
    this.composer = new Composer({
      submit: (body) => this.submit(body),
      editLast: () => this.editLast(),
    });
    this.bar = new ActionBar({
      react: (entry, emoji) => this.toggle(entry, emoji),
      reply: (entry) => this.composer.reply(entry),
      edit: (entry) => this.composer.edit(entry),
      remove: (entry) => this.submit({ delete: { targetSeq: String(entry.seq) } }),
    });
    this.listen();
  }

  show(room: Room): void {
    if (this.room === room) return;
    this.composer.cancel();
    // What was begun in one room must not be sent to another.
    if (this.room) this.drafts.set(this.room.id, this.composer.draft);
    this.composer.draft = this.drafts.get(room.id) ?? "";
    this.room = room;
    this.bar.hide();
    this.setThread(0);
    this.lines.open(room, this.context.me());
    this.atEnd = true;
    this.changed(0);
  }

  /** An entry of the shown room changed; 0 means many. */
  changed(seq: number): void {
    if (seq === 0) this.lines.invalidate();
    else this.lines.touch(seq);
    this.painter.request(this.drawLines);
  }

  /** Draws again: what is pending, or what can be seen, changed. */
  redraw(): void {
    this.painter.request(this.drawLines);
  }

  /** Marks the room as read when its end can be seen. */
  seen(): void {
    if (this.room && this.atEnd && !document.hidden && this.scroller.offsetParent !== null) this.feed.read(this.room);
  }

  /** Leaves the thread that is shown alone; says whether there was one. */
  leaveThread(): boolean {
    if (this.threadRoot === 0) return false;
    this.setThread(0);
    return true;
  }

  private draw(): void {
    const { room } = this;
    if (!room) return;
    if (this.atEnd && this.threadRoot === 0 && room.entries.length > 2 * KEPT) room.trim(KEPT);
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.lines.draw(room, this.threadRoot);
    this.pendingList.replaceChildren(...renderPending(this.feed.outbox.pendingOf(room.id), this.context.me(), {
      retry: (p) => this.feed.outbox.retry(p),
      discard: (p) => this.feed.outbox.discard(p),
    }));
    this.drawHead(room);
    // At the end the view follows; elsewhere what is read stays where it is.
    if (this.atEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
    else if (this.lines.grewAbove) this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    this.seen();
    this.drawJump();
    if (this.scroller.scrollTop < NEAR) void this.feed.older(room);
  }

  private drawHead(room: Room): void {
    byId("room-title").textContent = room.title;
    byId("room-title").classList.toggle("direct", room.direct);
    byId("room-topic").textContent = room.error !== "" ? room.error : room.topic;
    byId("room-topic").classList.toggle("refused", room.error !== "");
    byId("room-members").textContent = room.members > 0 ? `${room.members} ${room.members === 1 ? "member" : "members"}` : "";
    byId("talk-empty").textContent = "Nothing has been said here yet.";
    byId("talk-empty").hidden = room.entries.length > 0 || this.feed.outbox.pendingOf(room.id).length > 0;
    const refused = room.error !== "" && !room.joinable;
    const hint = refused ? "You cannot write here" : this.context.me() === "" ? "Sign in to write" : room.joinable ? "Write to join" : `Message ${room.label}`;
    this.composer.enable(!refused && this.context.me() !== "", hint);
  }

  private drawJump(): void {
    const unread = this.room?.unread(this.context.me()) ?? 0;
    this.jump.hidden = this.atEnd;
    this.jump.textContent = unread > 0 ? `${unread} new ↓` : "Newest ↓";
  }

  private setThread(root: number): void {
    this.threadRoot = root;
    byId("thread-bar").hidden = root === 0;
    this.atEnd = true;
    this.changed(0);
  }

  private submit(body: Body): void {
    if (!this.room) return;
    if (body.post) this.atEnd = true;
    this.feed.submit(this.room.id, body);
    this.redraw();
  }

  private toggle(entry: Entry, emoji: string): void {
    const own = entry.reactions.get(emoji)?.includes(this.context.me()) ?? false;
    const react: Body["react"] = { targetSeq: String(entry.seq), emoji };
    if (own) react!.remove = true;
    this.submit({ react: react! });
  }

  private editLast(): void {
    const own = this.room?.entries.findLast((e) => e.kind === "post" && e.user === this.context.me() && !e.deleted);
    if (own) this.composer.edit(own);
  }

  /** Shows the answered message, reading older ones until it is here. */
  private async jumpTo(seq: number): Promise<void> {
    const { room } = this;
    if (!room) return;
    this.atEnd = false;
    for (let low = Infinity; !room.entry(seq) && room.hasOlder && room.low < low; ) {
      low = room.low;
      await this.feed.older(room);
    }
    if (this.room !== room) return;
    this.lines.draw(room, this.threadRoot);
    this.lines.highlight(seq);
  }

  private listen(): void {
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.jump.addEventListener("click", () => {
      this.atEnd = true;
      this.changed(0);
    });
    byId("thread-close").addEventListener("click", () => this.setThread(0));
    const list = this.lines.list;
    list.addEventListener("click", (e) => this.clicked(e.target as HTMLElement));
    list.addEventListener("keydown", (e) => this.lines.key(e));
    for (const kind of ["pointerover", "focusin"] as const) {
      list.addEventListener(kind, (e) => {
        const line = (e.target as HTMLElement).closest<HTMLElement>("li[data-seq]");
        if (line && this.room) this.bar.show(line, this.room, this.context.me());
      });
    }
    list.addEventListener("pointerleave", () => this.bar.hide());
    document.addEventListener("visibilitychange", () => this.seen());
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.atEnd) this.seen();
    this.drawJump();
    if (scrollTop < NEAR && this.room) void this.feed.older(this.room);
  }

  private clicked(target: HTMLElement): void {
    const instrument = target.closest<HTMLElement>("[data-instrument]")?.dataset["instrument"];
    if (instrument) return this.context.pickInstrument(instrument);
    const button = target.closest<HTMLElement>("[data-act]");
    const entry = this.room?.entry(Number(target.closest<HTMLElement>("li[data-seq]")?.dataset["seq"]));
    if (!button || !entry) return;
    if (button.dataset["act"] === "toggle") this.toggle(entry, button.dataset["emoji"] ?? "");
    if (button.dataset["act"] === "jump") void this.jumpTo(entry.replyTo);
    if (button.dataset["act"] === "thread") this.setThread(entry.seq);
  }
}
