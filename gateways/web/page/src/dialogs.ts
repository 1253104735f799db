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

/** Lets people name themselves. */
export function setUpUser(user: string, renamed: (name: string) => void): void {
  const button = byId("user");
  const dialog = byId<HTMLDialogElement>("name");
  const input = byId<HTMLInputElement>("name-input");
  button.querySelector("span")!.textContent = user;
  button.addEventListener("click", () => {
    input.value = button.querySelector("span")!.textContent ?? "";
    dialog.showModal();
    input.select();
  });
  byId("name-cancel").addEventListener("click", () => dialog.close());
  input.addEventListener("input", () => input.setCustomValidity(""));
  byId("name-form").addEventListener("submit", (e) => {
    e.preventDefault();
    const name = input.value.trim();
    input.setCustomValidity(isName(name) ? "" : "Letters, digits and . _ : - only");
    if (!input.reportValidity()) return;
    dialog.close();
    button.querySelector("span")!.textContent = name;
    renamed(name);
  });
}
