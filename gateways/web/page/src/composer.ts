// Where messages are written: new ones, answers and edits.

import { byId } from "./dom";
import { encodeText } from "./ids";
import { excerpt } from "./line";
import type { Body } from "./outbox";
import type { Entry } from "./room";

export interface ComposerEvents {
  submit(body: Body): void;
  /** Arrow up in an empty composer: the last own message is to be edited. */
  editLast(): void;
}

type Mode = { kind: "new" } | { kind: "reply"; to: Entry } | { kind: "edit"; entry: Entry };

export class Composer {
  private readonly form = byId<HTMLFormElement>("composer");
  private readonly input = byId<HTMLTextAreaElement>("composer-text");
  private readonly context = byId("composer-context");
  private readonly contextText = byId("composer-context-text");
  private readonly left = byId("composer-left");
  private mode: Mode = { kind: "new" };
  private most = 2_000;

  constructor(private readonly events: ComposerEvents) {
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.send();
    });
    this.input.addEventListener("keydown", (e) => this.key(e));
    this.input.addEventListener("input", () => this.fit());
    byId("composer-cancel").addEventListener("click", () => this.cancel());
  }

  /** Characters (code points) that a message may have. */
  limit(characters: number): void {
    this.most = characters;
    this.fit();
  }

  enable(on: boolean, hint: string): void {
    this.input.disabled = !on;
    this.input.placeholder = hint;
  }

  /** What is written and not sent. */
  get draft(): string {
    return this.input.value;
  }

  set draft(text: string) {
    this.input.value = text;
    this.fit();
  }

  focus(): void {
    this.input.focus();
  }

  reply(to: Entry): void {
    this.turn({ kind: "reply", to });
    this.focus();
  }

  edit(entry: Entry): void {
    this.turn({ kind: "edit", entry });
    this.input.value = entry.text;
    this.fit();
    this.focus();
  }

  /** Leaves an answer or an edit; says whether there was one. */
  cancel(): boolean {
    if (this.mode.kind === "new") return false;
    if (this.mode.kind === "edit") this.input.value = "";
    this.turn({ kind: "new" });
    return true;
  }

  private turn(mode: Mode): void {
    this.mode = mode;
    this.context.hidden = mode.kind === "new";
    if (mode.kind === "reply") this.contextText.textContent = `Answering ${mode.to.user}: ${excerpt(mode.to)}`;
    if (mode.kind === "edit") this.contextText.textContent = "Editing your message";
    this.fit();
  }

  private key(e: KeyboardEvent): void {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      this.send();
    } else if (e.key === "ArrowUp" && this.input.value === "" && this.mode.kind === "new") {
      e.preventDefault();
      this.events.editLast();
    } else if (e.key === "Escape") {
      e.stopPropagation();
      if (!this.cancel()) this.input.blur();
    }
  }

  private send(): void {
    const written = this.input.value.trim();
    if (written === "" || this.over() > 0 || this.input.disabled) return;
    this.events.submit(this.bodyOf(written));
    this.input.value = "";
    this.turn({ kind: "new" });
  }

  private bodyOf(written: string): Body {
    if (this.mode.kind === "edit") {
      return { edit: { targetSeq: String(this.mode.entry.seq), text: textOf(written) } };
    }
    const action = written.startsWith("/me ");
    const post: Body["post"] = { text: textOf(action ? written.slice(4).trim() : written) };
    if (action) post!.action = true;
    if (this.mode.kind === "reply") post!.replyTo = String(this.mode.to.seq);
    return { post: post! };
  }

  private over(): number {
    return [...this.input.value].length - this.most;
  }

  /** Grows with the text up to a limit of the style sheet, and counts near the end. */
  private fit(): void {
    this.input.style.height = "auto";
    // What is hidden has no height yet, and is one row high.
    if (this.input.value !== "") this.input.style.height = `${this.input.scrollHeight}px`;
    const over = this.over();
    this.left.hidden = over < -100;
    this.left.textContent = String(-over);
    this.left.classList.toggle("over", over > 0);
    this.input.setAttribute("aria-invalid", String(over > 0));
  }
}

function textOf(text: string): { data: string; characters: number } {
  return { data: encodeText(text), characters: [...text].length };
}
