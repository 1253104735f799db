// The keyboard: one key an action, none while text is written.

import { isTyping } from "./dom";

export interface KeyActions {
  move(by: number): void;
  scale(n: number): void;
  room(by: number): void;
  filter(): void;
  chat(): void;
  theme(): void;
  help(): void;
  escape(): void;
}

const PAGE_ROWS = 10;

export function setUpKeys(actions: KeyActions): void {
  const byKey: Record<string, () => void> = {
    ArrowUp: () => actions.move(-1),
    ArrowDown: () => actions.move(1),
    PageUp: () => actions.move(-PAGE_ROWS),
    PageDown: () => actions.move(PAGE_ROWS),
    Home: () => actions.move(-Infinity),
    End: () => actions.move(Infinity),
    "/": () => actions.filter(),
    c: () => actions.chat(),
    t: () => actions.theme(),
    "[": () => actions.room(-1),
    "]": () => actions.room(1),
    "?": () => actions.help(),
    Escape: () => actions.escape(),
  };
  for (let n = 1; n <= 6; n++) byKey[String(n)] = () => actions.scale(n - 1);
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
    if (isTyping(e.target) && e.key !== "Escape") return;
    const action = byKey[e.key];
    if (!action) return;
    e.preventDefault();
    action();
  });
}
