// The board: every instrument a row, sorted, filtered, one selected.

import { COLUMNS } from "./columns";
import { byId, el } from "./dom";
import type { Painter } from "./painter";
import { FLASH_MS, Row } from "./row";
import type { Instrument } from "./tape";

/** Rows change places at most this often, so that nobody clicks on a moving one. */
const SORT_MS = 2_000;

export interface BoardEvents {
  selected(instrument: Instrument): void;
  filtered(text: string): void;
}

export class Board {
  private readonly head = byId("board-head");
  private readonly body = byId("board-rows");
  private readonly filter = byId<HTMLInputElement>("filter");
  private readonly empty = byId("board-empty");
  private readonly rows = new Map<string, Row>();
  private readonly dirty = new Map<string, number>();
  private readonly lit = new Set<Row>();
  private order: string[] = [];
  private sort = { column: 0, descending: false };
  private selectedId = "";
  /** The selected row; another one after the instrument was defined anew. */
  private shown: Row | undefined;
  private readonly drawDirty = () => this.draw();
  private readonly drawFade = () => this.fade();

  constructor(private readonly painter: Painter, private readonly events: BoardEvents) {
    this.buildHead();
    this.filter.addEventListener("input", () => {
      this.arrange();
      events.filtered(this.filter.value.trim());
    });
    setInterval(() => this.sort.column !== 0 && this.arrange(), SORT_MS);
  }

  get selected(): string {
    return this.selectedId;
  }

  /** Shows exactly these instruments; rows that stay keep their elements. */
  show(instruments: Iterable<Instrument>): void {
    const wanted = new Set<string>();
    for (const i of instruments) {
      wanted.add(i.id);
      const row = this.rows.get(i.id);
      if (row?.instrument === i) this.changed(i, 0);
      else this.rows.set(i.id, new Row(i, () => this.select(i.id)));
    }
    for (const id of [...this.rows.keys()]) if (!wanted.has(id)) this.rows.delete(id);
    this.arrange();
    if (!this.shown || this.shown !== this.rows.get(this.selectedId)) this.select(this.rows.has(this.selectedId) ? this.selectedId : (this.order[0] ?? ""));
  }

  /** Draws an instrument in the next frame; receivedMs is its newest tick's age mark. */
  changed(instrument: Instrument, receivedMs: number): void {
    // Statistics have no tick of their own: the quote that came before them keeps its mark.
    this.dirty.set(instrument.id, Math.max(receivedMs, this.dirty.get(instrument.id) ?? 0));
    this.painter.request(this.drawDirty);
  }

  /** Says why there are no rows, where there are none. */
  unread(text: string): void {
    if (this.rows.size === 0) this.empty.textContent = `Instruments cannot be read: ${text}`;
  }

  /** Moves the selection by so many rows. */
  move(by: number): void {
    const at = this.order.indexOf(this.selectedId);
    const to = Math.min(this.order.length - 1, Math.max(0, at + by));
    const id = this.order[to];
    if (id !== undefined) this.select(id);
  }

  select(id: string): void {
    const row = this.rows.get(id);
    if (!row) return;
    if (row === this.shown) return;
    this.shown?.element.setAttribute("aria-selected", "false");
    row.element.setAttribute("aria-selected", "true");
    row.element.scrollIntoView({ block: "nearest" });
    this.body.setAttribute("aria-activedescendant", row.element.id);
    this.shown = row;
    this.selectedId = id;
    this.events.selected(row.instrument);
  }

  focusFilter(): void {
    this.filter.focus();
    this.filter.select();
  }

  clearFilter(): void {
    if (this.filter.value === "") return;
    this.filter.value = "";
    this.filter.dispatchEvent(new Event("input"));
  }

  private draw(): void {
    const now = performance.now();
    for (const [id, receivedMs] of this.dirty) {
      const row = this.rows.get(id);
      if (!row) continue;
      if (row.draw(now)) this.lit.add(row);
      this.painter.shown(receivedMs);
    }
    this.dirty.clear();
    if (this.lit.size > 0) setTimeout(() => this.painter.request(this.drawFade), FLASH_MS);
  }

  private fade(): void {
    const now = performance.now();
    for (const row of this.lit) if (!row.fade(now)) this.lit.delete(row);
  }

  /** Puts the rows that pass the filter in order. */
  private arrange(): void {
    const needle = this.filter.value.trim().toLowerCase();
    const shown = [...this.rows.values()].filter(({ instrument: i }) =>
      needle === "" || i.id.toLowerCase().includes(needle) || i.description.toLowerCase().includes(needle));
    shown.sort((a, b) => this.compare(a.instrument, b.instrument));
    const order = shown.map((r) => r.instrument.id);
    this.empty.hidden = order.length > 0;
    this.empty.textContent = this.rows.size === 0 ? "No instruments yet. They appear here by themselves: import a file with outcry import, or start outcry demo." : "Nothing matches the filter.";
    this.order = order;
    const { children } = this.body;
    if (children.length === shown.length && shown.every((r, n) => children[n] === r.element)) return;
    this.body.replaceChildren(...shown.map((r) => r.element));
    byId("board-count").textContent = String(order.length);
  }

  private compare(a: Instrument, b: Instrument): number {
    const column = COLUMNS[this.sort.column]!;
    const x = column.value(a);
    const y = column.value(b);
    const byId = a.id < b.id ? -1 : 1;
    if (x === undefined || y === undefined) return x === y ? byId : x === undefined ? 1 : -1;
    if (x === y) return byId;
    return (x < y ? -1 : 1) * (this.sort.descending ? -1 : 1);
  }

  private buildHead(): void {
    COLUMNS.forEach((column, n) => {
      const button = el("button", { type: "button", title: column.label, "aria-label": column.label }, column.title);
      button.addEventListener("click", () => this.sortBy(n));
      this.head.append(el("div", { role: "columnheader", class: `cell ${column.key}`, "aria-sort": "none" }, button));
    });
    this.showSort();
  }

  /** A second click turns the order round; numbers start with the largest. */
  private sortBy(column: number): void {
    const descending = column === this.sort.column ? !this.sort.descending : column !== 0;
    this.sort = { column, descending };
    this.showSort();
    this.arrange();
  }

  private showSort(): void {
    [...this.head.children].forEach((cell, n) => {
      const way = this.sort.descending ? "descending" : "ascending";
      cell.setAttribute("aria-sort", n === this.sort.column ? way : "none");
    });
  }
}
