// The form that takes a token. What is pasted stays in it no longer than until it is sent.

import { byId } from "./dom";

export interface FormEvents {
  signIn(pasted: string, remember: boolean): void;
  signOut(): void;
}

export interface FormState {
  /** Why it is shown, where something is wrong. */
  reason: string;
  /** Who is signed in; empty for nobody. */
  user: string;
  /** "until …"; empty for ever. */
  until: string;
  /** Whether there is anything behind it to go back to. */
  mayClose: boolean;
  /** How the tick stands at first. */
  remember: boolean;
}

export class SignInForm {
  private readonly dialog = byId<HTMLDialogElement>("signin");
  private readonly input = byId<HTMLInputElement>("signin-token");
  private readonly remember = byId<HTMLInputElement>("signin-remember");

  constructor(events: FormEvents) {
    byId("signin-form").addEventListener("submit", (e) => {
      e.preventDefault();
      const pasted = this.input.value;
      this.close();
      events.signIn(pasted, this.remember.checked);
    });
    byId("signin-cancel").addEventListener("click", () => this.close());
    byId("signin-out").addEventListener("click", () => {
      this.close();
      events.signOut();
    });
    this.dialog.addEventListener("cancel", (e) => byId("signin-cancel").hidden && e.preventDefault());
    // However it is closed, nothing of a token stays in the document.
    this.dialog.addEventListener("close", () => (this.input.value = ""));
  }

  open(state: FormState): void {
    const signedIn = state.user !== "";
    byId("signin-title").textContent = signedIn ? `Signed in as ${state.user}` : "Sign in";
    byId("signin-reason").textContent = state.reason === "" ? "" : `${signedIn ? "The new token was not taken" : "Not signed in"}: ${state.reason}.`;
    byId("signin-reason").hidden = state.reason === "";
    byId("signin-hint").textContent = signedIn
      ? `Your sign-in ${state.until === "" ? "has no end" : `holds ${state.until}`}. With another token of yours it goes on without a break.`
      : "Paste the token or the API key that you were given.";
    byId("signin-go").textContent = signedIn ? "Renew" : "Sign in";
    byId("signin-out").hidden = !signedIn;
    byId("signin-cancel").hidden = !state.mayClose;
    this.remember.checked = state.remember;
    if (!this.dialog.open) this.dialog.showModal();
    this.input.focus();
  }

  close(): void {
    this.input.value = "";
    this.dialog.close();
  }
}
