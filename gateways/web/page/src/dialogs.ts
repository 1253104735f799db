// The help overlay and the user's name.

import { byId } from "./dom";
import { isName } from "./ids";

export function openHelp(): void {
  byId<HTMLDialogElement>("help").showModal();
}

export function setUpHelp(): void {
  const help = byId<HTMLDialogElement>("help");
  byId("help-open").addEventListener("click", openHelp);
  help.addEventListener("click", (e) => e.target === help && help.close());
}

/** Lets people name themselves; the function that it gives opens the dialog. */
export function setUpName(name: () => string, renamed: (name: string) => void): () => void {
  const dialog = byId<HTMLDialogElement>("name");
  const input = byId<HTMLInputElement>("name-input");
  byId("name-cancel").addEventListener("click", () => dialog.close());
  input.addEventListener("input", () => input.setCustomValidity(""));
  byId("name-form").addEventListener("submit", (e) => {
    e.preventDefault();
    const wanted = input.value.trim();
    input.setCustomValidity(isName(wanted) ? "" : "Letters, digits and . _ : - only");
    if (!input.reportValidity()) return;
    dialog.close();
    renamed(wanted);
  });
  return () => {
    input.value = name();
    dialog.showModal();
    input.select();
  };
}
