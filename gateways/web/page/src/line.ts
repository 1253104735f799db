// One line of a room as an element.

import { clockTime, el, icon } from "./dom";
import type { Entry } from "./room";

/** What a line needs to know of its surroundings. */
export interface LineContext {
  me: string;
  /** The line before it. */
  previous: Entry | undefined;
  firstUnread: boolean;
  /** The message that it answers, when that is known. */
  answered: Entry | undefined;
  replies: number;
  isInstrument(word: string): boolean;
}

const GROUP_MS = 5 * 60_000;
const EXCERPT = 120;
const HUES = 12;

export function renderLine(entry: Entry, context: LineContext): HTMLElement {
  const li = el("li", { class: `line ${entry.kind}`, "data-seq": String(entry.seq), tabindex: "-1" });
  if (startsDay(entry, context.previous)) li.append(el("div", { class: "day" }, dayName(entry.timeMs)));
  if (context.firstUnread) li.append(el("div", { class: "new-mark" }, "New"));
  if (entry.kind === "system") {
    li.append(el("span", { class: "notice" }, `${entry.user} ${entry.text}`.trim()), time(entry.timeMs));
    return li;
  }
  if (!opens(entry, context)) li.classList.add("grouped");
  if (entry.user === context.me) li.classList.add("own");
  if (entry.replyTo !== 0) li.append(quote(entry, context.answered));
  li.append(head(entry), body(entry, context));
  if (entry.reactions.size > 0) li.append(reactions(entry, context.me));
  if (context.replies > 0) {
    const text = context.replies === 1 ? "1 reply" : `${context.replies} replies`;
    li.append(el("button", { type: "button", class: "thread-link", "data-act": "thread" }, text));
  }
  return li;
}

/** The text of a message: links, names of instruments, and plain words. */
export function renderText(text: string, isInstrument: (word: string) => boolean): Node[] {
  const nodes: Node[] = [];
  let plain = "";
  for (const part of text.split(/(\s+)/)) {
    const word = part.replace(/^[($]+|[).,;!?]+$/g, "");
    const special = elementOf(word, isInstrument);
    if (!special) {
      plain += part;
      continue;
    }
    const at = part.indexOf(word);
    nodes.push(new Text(plain + part.slice(0, at)), special);
    plain = part.slice(at + word.length);
  }
  nodes.push(new Text(plain));
  return nodes;
}

/** The element of a word that is more than a word. */
function elementOf(word: string, isInstrument: (word: string) => boolean): HTMLElement | undefined {
  if (/^https?:\/\/\S+$/.test(word)) return link(word);
  if (word === "" || !isInstrument(word)) return undefined;
  return el("button", { type: "button", class: "instrument-link", "data-instrument": word }, word);
}

/** A steady colour for a name: the number of a hue in the style sheet. */
export function hueOf(name: string): string {
  let hash = 0;
  for (const c of name) hash = (hash * 31 + c.codePointAt(0)!) % 65_521;
  return `hue-${hash % HUES}`;
}

export function excerpt(entry: Entry): string {
  if (entry.deleted) return "message deleted";
  const line = entry.text.replace(/\s+/g, " ");
  return line.length > EXCERPT ? line.slice(0, EXCERPT) + "…" : line;
}

function opens(entry: Entry, { previous, firstUnread }: LineContext): boolean {
  return (
    firstUnread || !previous || previous.kind !== "post" || entry.kind !== "post" || entry.replyTo !== 0 ||
    previous.user !== entry.user || entry.timeMs - previous.timeMs > GROUP_MS || startsDay(entry, previous)
  );
}

function startsDay(entry: Entry, previous: Entry | undefined): boolean {
  return !previous || new Date(previous.timeMs).toDateString() !== new Date(entry.timeMs).toDateString();
}

function dayName(ms: number): string {
  return new Date(ms).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

function time(ms: number): HTMLElement {
  return el("time", { datetime: new Date(ms).toISOString(), title: new Date(ms).toLocaleString() }, clockTime(ms));
}

function head(entry: Entry): HTMLElement {
  return el("div", { class: "line-head" }, el("b", { class: `author ${hueOf(entry.user)}` }, entry.user), time(entry.timeMs));
}

function body(entry: Entry, context: LineContext): HTMLElement {
  const text = el("div", { class: "text" });
  if (entry.deleted) {
    text.classList.add("deleted");
    text.append("message deleted");
    return text;
  }
  if (entry.kind === "action") text.append(el("b", { class: `author ${hueOf(entry.user)}` }, entry.user), " ");
  text.append(...renderText(entry.text, context.isInstrument));
  if (entry.edited) text.append(" ", el("span", { class: "edited" }, "(edited)"));
  return text;
}

function quote(entry: Entry, answered: Entry | undefined): HTMLElement {
  const button = el("button", { type: "button", class: "quote", "data-act": "jump", title: "Show the answered message" }, icon("reply"));
  if (answered) {
    button.append(el("b", { class: `author ${hueOf(answered.user)}` }, answered.user), el("span", {}, excerpt(answered)));
  } else {
    button.append(el("span", {}, `message ${entry.replyTo}`));
  }
  return button;
}

function reactions(entry: Entry, me: string): HTMLElement {
  const box = el("div", { class: "reactions" });
  for (const [emoji, users] of entry.reactions) {
    const own = users.includes(me);
    box.append(el(
      "button",
      { type: "button", class: "reaction", "data-act": "toggle", "data-emoji": emoji, "aria-pressed": String(own), title: users.join(", ") },
      emoji, el("span", {}, String(users.length)),
    ));
  }
  return box;
}

function link(address: string): HTMLElement {
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address);
}
