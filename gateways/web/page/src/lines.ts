// The list of lines: keeps one element an entry and touches only what changed.

import { byId } from "./dom";
import { renderLine } from "./line";
import type { Entry, Room } from "./room";

export interface LinesContext {
  me(): string;
  isInstrument(word: string): boolean;
}

export class Lines {
  readonly list = byId("messages");
  /** Whether the last draw put lines before those that were there. */
  grewAbove = false;
  private elements = new Map<number, HTMLElement>();
  private readonly stale = new Set<number>();
  private firstUnread = 0;

  constructor(
    private readonly context: LinesContext,
    private readonly answered: (room: Room, seq: number, askedBy: number) => Entry | undefined,
  ) {}

  /** Starts with another room; the mark of what is new stays until the next. */
  open(room: Room, me: string): void {
    this.elements.clear();
    this.list.replaceChildren();
    const read = room.readSeq ?? Infinity;
    this.firstUnread = room.entries.find((e) => e.seq > read && e.user !== me && e.kind !== "system")?.seq ?? 0;
  }

  touch(seq: number): void {
    this.stale.add(seq);
  }

  invalidate(): void {
    for (const seq of this.elements.keys()) this.stale.add(seq);
  }

  /** Makes the list show the room's entries, or one thread of them. */
  draw(room: Room, threadRoot: number): void {
    const shown = threadRoot === 0 ? room.entries : room.entries.filter((e) => e.seq === threadRoot || e.threadRoot === threadRoot);
    const firstBefore = this.list.firstElementChild;
    const next = new Map<number, HTMLElement>();
    this.touchRoots(shown);
    let place: Element | null = this.list.firstElementChild;
    shown.forEach((entry, n) => {
      const known = this.elements.get(entry.seq);
      const line = this.lineOf(room, entry, shown[n - 1]);
      if (known && known !== line) {
        if (place === known) place = line;
        known.replaceWith(line);
      }
      next.set(entry.seq, line);
      if (line === place) place = place.nextElementSibling;
      else this.list.insertBefore(line, place);
    });
    for (const [seq, element] of this.elements) if (!next.has(seq)) element.remove();
    this.grewAbove = firstBefore !== null && this.list.firstElementChild !== firstBefore && firstBefore.isConnected;
    this.elements = next;
    this.stale.clear();
    this.keepOneTabStop();
  }

  /** Scrolls to a line and lights it for a moment. */
  highlight(seq: number): void {
    const line = this.elements.get(seq);
    if (!line) return;
    line.scrollIntoView({ block: "center" });
    line.classList.remove("highlight");
    void line.offsetWidth; // restarts the animation
    line.classList.add("highlight");
  }

  /** Arrow keys move from line to line. */
  key(e: KeyboardEvent): void {
    const step = e.key === "ArrowUp" ? "previousElementSibling" : e.key === "ArrowDown" ? "nextElementSibling" : undefined;
    const line = (e.target as HTMLElement).closest("li[data-seq]");
    const to = step && line?.[step];
    if (!(to instanceof HTMLElement)) return;
    e.preventDefault();
    e.stopPropagation();
    to.focus();
  }

  private lineOf(room: Room, entry: Entry, previous: Entry | undefined): HTMLElement {
    const known = this.elements.get(entry.seq);
    if (known && !this.stale.has(entry.seq)) return known;
    const line = renderLine(entry, {
      me: this.context.me(),
      previous,
      firstUnread: entry.seq === this.firstUnread,
      answered: entry.replyTo === 0 ? undefined : this.answered(room, entry.replyTo, entry.seq),
      replies: room.replies(entry.seq),
      isInstrument: (word) => this.context.isInstrument(word),
    });
    if (known?.contains(document.activeElement)) queueMicrotask(() => line.focus());
    return line;
  }

  /** A new answer changes the count at its thread's root. */
  private touchRoots(shown: readonly Entry[]): void {
    for (const e of shown) {
      if (e.threadRoot !== 0 && (this.stale.has(e.seq) || !this.elements.has(e.seq))) this.stale.add(e.threadRoot);
    }
  }

  private keepOneTabStop(): void {
    for (const line of this.list.querySelectorAll("li[tabindex='0']")) line.setAttribute("tabindex", "-1");
    this.list.lastElementChild?.setAttribute("tabindex", "0");
  }
}
