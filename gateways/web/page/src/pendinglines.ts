// The messages that this person has sent and the stream has not brought yet.

import { el } from "./dom";
import { decodeText } from "./ids";
import { hueOf } from "./line";
import type { Pending } from "./outbox";

export interface PendingActions {
  retry(pending: Pending): void;
  discard(pending: Pending): void;
}

export function renderPending(pending: readonly Pending[], me: string, actions: PendingActions): HTMLElement[] {
  return pending.filter((p) => p.body.post).map((p) => line(p, me, actions));
}

function line(p: Pending, me: string, actions: PendingActions): HTMLElement {
  const li = el("li", { class: `line post own pending ${p.state}`, "data-state": p.state });
  li.append(
    el("div", { class: "line-head" }, el("b", { class: `author ${hueOf(me)}` }, me)),
    el("div", { class: "text" }, decodeText(p.body.post?.text.data)),
  );
  const state = el("div", { class: "send-state", role: "status" }, stateText(p));
  if (p.state === "failed") {
    state.append(button("Retry", () => actions.retry(p)), button("Discard", () => actions.discard(p)));
  }
  li.append(state);
  return li;
}

function stateText(p: Pending): string {
  if (p.state === "failed") return `Not sent: ${p.error}`;
  if (p.state === "sent") return "Sent";
  return p.attempts > 1 ? `Sending… (attempt ${p.attempts})` : "Sending…";
}

function button(text: string, action: () => void): HTMLElement {
  const b = el("button", { type: "button" }, text);
  b.addEventListener("click", action);
  return b;
}
