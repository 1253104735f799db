// One row of the board. It touches only the cells whose text changed.

import { COLUMNS, direction, rangeOf, venueOf } from "./columns";
import { clockTime, el, setText } from "./dom";
import type { Instrument } from "./tape";

/** How long a changed price stays lit before it fades, ms. */
export const FLASH_MS = 160;

export class Row {
  readonly element: HTMLElement;
  private readonly cells: HTMLElement[] = [];
  private readonly texts: Text[] = [];
  private readonly prices: (bigint | undefined)[] = [];
  private readonly mark = el("i", { class: "range-last" });
  private readonly openMark = el("i", { class: "range-open" });
  private litUntil = 0;

  constructor(readonly instrument: Instrument, pick: () => void) {
    this.element = el("div", { role: "row", class: "row", id: `row-${instrument.id}`, "data-id": instrument.id, "aria-selected": "false" });
    for (const column of COLUMNS) {
      const text = document.createTextNode("");
      const cell = el("div", { role: "gridcell", class: `cell ${column.key}` }, text);
      if (column.key === "range") cell.append(el("span", { class: "range-bar" }, this.openMark, this.mark));
      if (column.key === "symbol") cell.append(el("span", { class: "venue" }, el("bdi", {}, venueOf(instrument.id))));
      this.texts.push(text);
      this.cells.push(cell);
      this.element.append(cell);
    }
    this.element.addEventListener("click", pick);
    this.draw(0);
  }

  /** Draws what changed; lights changed prices until now + FLASH_MS when now is not 0. Says whether any is lit. */
  draw(now: number): boolean {
    let lit = false;
    for (let n = 0; n < COLUMNS.length; n++) lit = this.drawCell(n, now) || lit;
    this.drawState();
    if (lit) this.litUntil = now + FLASH_MS;
    return lit;
  }

  /** Lets lit prices fade when their time is over; says whether some still are lit. */
  fade(now: number): boolean {
    if (now < this.litUntil) return true;
    for (const cell of this.cells) cell.classList.remove("lit-up", "lit-down");
    return false;
  }

  private drawCell(n: number, now: number): boolean {
    const column = COLUMNS[n]!;
    const text = column.text(this.instrument);
    setText(this.texts[n]!, text);
    // A number is never cut off: one with many digits is set smaller.
    if (n > 0) this.cells[n]!.classList.toggle("long", text.length > (column.fits ?? 9));
    if (!column.flash) return false;
    this.cells[n]!.classList.toggle("longer", text.length > 11);
    const price = column.flash(this.instrument);
    const before = this.prices[n];
    this.prices[n] = price;
    if (before === undefined || price === undefined || price === before) return false;
    const classes = this.cells[n]!.classList;
    classes.toggle("tick-up", price > before);
    classes.toggle("tick-down", price < before);
    if (now === 0) return false;
    classes.toggle("lit-up", price > before);
    classes.toggle("lit-down", price < before);
    return true;
  }

  private drawState(): void {
    const i = this.instrument;
    const way = direction(i);
    this.element.classList.toggle("gain", way > 0);
    this.element.classList.toggle("loss", way < 0);
    this.element.classList.toggle("halted", i.halted);
    this.element.classList.toggle("stale", i.stale !== undefined || i.refused !== "");
    const about = i.refused !== "" ? i.refused : i.stale ? `stale since ${clockTime(i.stale.since)} (${i.stale.reason})` : i.description;
    const title = about === "" ? i.id : `${i.id}: ${about}`;
    if (this.element.title !== title) this.element.title = title;
    const range = rangeOf(i);
    this.mark.hidden = this.openMark.hidden = range === undefined;
    if (!range) return;
    this.mark.style.setProperty("--at", range.last.toFixed(3));
    this.openMark.style.setProperty("--at", range.open.toFixed(3));
  }
}
