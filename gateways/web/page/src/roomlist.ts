// The list of rooms with what is unread in each.

import { byId, el } from "./dom";
import { isName } from "./ids";
import type { Room } from "./room";

export interface RoomListEvents {
  picked(room: Room): void;
  join(id: string): void;
  /** A conversation with one person. */
  direct(user: string): void;
}

export class RoomList {
  private readonly list = byId("rooms");
  private readonly form = byId<HTMLFormElement>("room-join");
  private readonly input = byId<HTMLInputElement>("room-join-id");
  private drawn = "";

  constructor(private readonly events: RoomListEvents) {
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      const typed = this.input.value.trim();
      const id = typed.replace(/^[#@]/, "");
      this.input.setCustomValidity(isName(id) ? "" : "Letters, digits and . _ : - only");
      if (!this.form.reportValidity()) return;
      this.input.value = "";
      if (typed.startsWith("@")) events.direct(id);
      else events.join(id);
    });
    this.input.addEventListener("input", () => this.input.setCustomValidity(""));
  }

  /** Draws the rooms; gives the sum of what is unread. */
  draw(rooms: readonly Room[], current: Room | undefined, me: string): number {
    const lines = rooms.map((room) => ({ room, unread: room.unread(me) }));
    const total = lines.reduce((sum, l) => sum + l.unread, 0);
    const state = JSON.stringify(lines.map(({ room: r, unread }) => [r.id, r.title, unread, r.error, r === current]));
    if (state !== this.drawn) {
      this.drawn = state;
      this.list.replaceChildren(...lines.map(({ room, unread }) => this.line(room, unread, room === current)));
    }
    return total;
  }

  private line(room: Room, unread: number, current: boolean): HTMLElement {
    const button = el("button", { type: "button", class: "room", "data-room": room.id }, el("span", { class: "room-name" }, room.direct ? room.title : `# ${room.title}`));
    if (current) button.setAttribute("aria-current", "true");
    if (room.error !== "") {
      button.title = room.error;
      button.classList.add("refused");
    }
    if (unread > 0) {
      const more = room.readSeq !== undefined && room.low > room.readSeq + 1 ? "+" : "";
      button.append(el("span", { class: "unread", "aria-label": `${unread} unread` }, `${unread}${more}`));
    }
    button.addEventListener("click", () => this.events.picked(room));
    return el("li", {}, button);
  }
}
