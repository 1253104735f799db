// The small bar of actions on the line under the pointer or the focus, and
// the palette of reactions.

import { byId, el, iconButton } from "./dom";
import type { Entry, Room } from "./room";

const PALETTE = ["👍", "👎", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀", "🔥", "🚀", "💯", "📈", "📉", "🐂", "🐻"];

export interface LineActions {
  react(entry: Entry, emoji: string): void;
  reply(entry: Entry): void;
  edit(entry: Entry): void;
  remove(entry: Entry): void;
}

/** One bar for the whole list: it moves to the line in question. */
export class ActionBar {
  private readonly palette = byId<HTMLDialogElement>("palette");
  private line: HTMLElement | undefined;
  private entry: Entry | undefined;
  private readonly bar = el("div", { class: "line-actions", role: "toolbar", "aria-label": "Message" });
  private readonly own: HTMLElement[];

  constructor(private readonly actions: LineActions) {
    const on = (act: (e: Entry) => void) => () => this.entry && act(this.entry);
    this.own = [
      iconButton("edit", "Edit", on((e) => actions.edit(e))),
      iconButton("trash", "Delete", on((e) => actions.remove(e))),
    ];
    this.bar.append(
      iconButton("smile", "React", on((e) => this.choose(e))),
      iconButton("reply", "Reply", on((e) => actions.reply(e))),
      ...this.own,
    );
    this.buildPalette();
  }

  /** Puts the bar on a line; lines without actions get none. */
  show(line: HTMLElement, room: Room, me: string): void {
    const entry = room.entry(Number(line.dataset["seq"]));
    if (!entry || entry.kind === "system" || entry.deleted || me === "") return;
    if (this.line === line && this.bar.parentElement === line) return;
    this.line = line;
    this.entry = entry;
    for (const b of this.own) b.hidden = entry.user !== me;
    line.append(this.bar);
  }

  hide(): void {
    this.bar.remove();
    this.line = undefined;
  }

  /** Opens the palette for an entry. */
  choose(entry: Entry): void {
    this.entry = entry;
    this.palette.showModal();
  }

  private buildPalette(): void {
    const box = byId("palette-emoji");
    for (const emoji of PALETTE) {
      const b = el("button", { type: "button", "aria-label": `React with ${emoji}` }, emoji);
      b.addEventListener("click", () => {
        this.palette.close();
        if (this.entry) this.actions.react(this.entry, emoji);
      });
      box.append(b);
    }
    this.palette.addEventListener("click", (e) => e.target === this.palette && this.palette.close());
  }
}
