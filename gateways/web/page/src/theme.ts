// Light and dark: what the system says, unless this person chose.

import { byId } from "./dom";

const KEY = "outcry.theme";

/** Sets the theme up; changed is called whenever colours change. */
export function setUpTheme(storage: Storage, changed: () => void): { toggle(): void } {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const kept = storage.getItem(KEY);
    document.documentElement.dataset["theme"] = kept ?? (dark.matches ? "dark" : "light");
    changed();
  };
  const toggle = () => {
    storage.setItem(KEY, document.documentElement.dataset["theme"] === "dark" ? "light" : "dark");
    apply();
  };
  dark.addEventListener("change", apply);
  byId("theme").addEventListener("click", toggle);
  apply();
  return { toggle };
}
