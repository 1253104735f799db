// On a phone one of board, chart and rooms is shown at a time.

import { byId } from "./dom";

export type Tab = "board" | "chart" | "rooms";

export interface Tabs {
  show(tab: Tab): void;
  badge(tab: Tab, count: number): void;
}

export function setUpTabs(shown: (tab: Tab) => void): Tabs {
  const buttons = [...byId("tabs").querySelectorAll<HTMLButtonElement>("button")];
  const show = (tab: Tab) => {
    document.body.dataset["tab"] = tab;
    for (const b of buttons) b.setAttribute("aria-selected", String(b.dataset["tab"] === tab));
    shown(tab);
  };
  for (const b of buttons) b.addEventListener("click", () => show(b.dataset["tab"] as Tab));
  return {
    show,
    badge: (tab, count) => {
      const b = buttons.find((x) => x.dataset["tab"] === tab)?.querySelector(".unread");
      if (!b) return;
      b.textContent = String(count);
      (b as HTMLElement).hidden = count === 0;
    },
  };
}
