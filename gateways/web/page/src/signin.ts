// Signing in: what the server says about it, and the form.

import { cleanToken, onOtherTab, takeFragment, type Access } from "./access";
import { nsToMs } from "./clock";
import { byId, clockTime } from "./dom";
import { SignInForm } from "./signinform";
import type { ServerHello, ServerFrame } from "./wire";

export interface SignInEvents {
  /** Connect anew, as what the access says now. */
  reconnect(): void;
  /** Renew the token of the connection; false where there is none to renew. */
  renew(token: string): boolean;
  /** Somebody else looks at the page: what is shown was for other eyes. */
  reload(): void;
  notice(text: string): void;
  /** This machine's idea of the server's time, ms. */
  nowMs(): number;
}

/** A token that was given; without remember it is kept as the one before. */
type Offer = { token: string; remember?: boolean };

/** How long before its end a sign-in is said to end. */
const WARN_MS = 120_000;

export class SignIn {
  private readonly form: SignInForm;
  /** Why the last token does not hold any more; empty when nothing was wrong. */
  private reason = "";
  private signedInAs = "";
  private shownTo: string | undefined;
  private expiresMs = 0;
  private warned = false;
  private offered: Offer | undefined;

  constructor(private readonly access: Access, device: Storage, private readonly name: () => string, private readonly events: SignInEvents) {
    this.form = new SignInForm({
      signIn: (pasted, remember) => this.offer({ token: cleanToken(pasted), remember }),
      signOut: () => this.signOut(),
    });
    addEventListener("hashchange", () => {
      const token = takeFragment();
      if (token !== "") this.offer({ token });
    });
    onOtherTab(device, (token) => this.otherTab(token));
    setInterval(() => this.warn(), 5_000);
  }

  /** Whose commands these are; empty where nobody is signed in. */
  get user(): string {
    return this.access.mode === "named" ? this.name() : this.signedInAs;
  }

  /** Whether people name themselves here, and nobody signs in. */
  get named(): boolean {
    return this.access.mode === "named";
  }

  /** Opens the form: to sign in, to renew, or to sign out. */
  open(): void {
    this.form.open({ reason: this.reason, user: this.signedInAs, until: this.until(), mayClose: true, remember: this.access.remembered });
  }

  /** The server let the page in; false when it has to come again in another way. */
  hello(hello: ServerHello): boolean {
    const user = hello.user ?? "";
    if (this.access.mode === "token" && user === "") {
      this.access.mode = "named"; // nobody signs in at this server
      this.events.reconnect();
      return false;
    }
    if (!this.named && this.shownTo !== undefined && this.shownTo !== user) {
      this.events.reload();
      return false;
    }
    this.signedInAs = this.named ? "" : user;
    this.shownTo = user;
    this.drawUser();
    if (this.access.mode === "token") this.holds(hello.expiresNs);
    else if (this.reason !== "") this.open();
    return true;
  }

  /** The connection ended, or did not begin, for want of a token that holds. */
  unauthenticated(text: string): void {
    const { mode } = this.access;
    if (mode === "token") this.reason = text;
    if (mode !== "nobody") {
      // The server may let in people without a token, to look.
      this.access.forget();
      this.events.reconnect();
      return;
    }
    this.signedInAs = "";
    this.drawUser();
    this.form.open({ reason: this.reason, user: "", until: "", mayClose: false, remember: false });
  }

  /** The answer to a renewal. */
  signedIn(answer: NonNullable<ServerFrame["signedIn"]>): void {
    const offer = this.offered;
    this.offered = undefined;
    if (!offer) return;
    if (!answer.error) {
      this.access.take(offer.token, offer.remember ?? this.access.remembered);
      this.holds(answer.expiresNs);
      this.events.notice(`Signed in as ${this.signedInAs} ${this.until()}`);
    } else if (answer.error.code === "ERROR_CODE_FORBIDDEN") {
      this.enter(offer); // it is somebody else's
    } else {
      this.reason = answer.error.text ?? "it was refused";
      this.open();
      this.reason = "";
    }
  }

  private offer(offer: Offer): void {
    if (this.access.mode === "token" && this.events.renew(offer.token)) this.offered = offer;
    else this.enter(offer);
  }

  private enter(offer: Offer): void {
    this.access.take(offer.token, offer.remember ?? false);
    this.events.reconnect();
  }

  private holds(expiresNs: string | undefined): void {
    this.reason = "";
    this.warned = false;
    this.expiresMs = nsToMs(expiresNs);
    this.form.close();
    this.drawUser();
  }

  private signOut(): void {
    this.access.forget();
    this.events.reload();
  }

  private otherTab(token: string | null): void {
    if (token === null) {
      if (this.access.mode === "token" && this.access.remembered) this.signOut();
    } else if (this.access.remembered || this.access.mode === "nobody") {
      this.offer({ token, remember: true });
    }
  }

  private warn(): void {
    if (this.warned || this.access.mode !== "token" || this.expiresMs === 0) return;
    if (this.expiresMs - this.events.nowMs() > WARN_MS) return;
    this.warned = true;
    this.events.notice(`Your sign-in ends at ${clockTime(this.expiresMs)}. A new token, given at your name above, goes on without a break.`);
  }

  private until(): string {
    return this.expiresMs === 0 ? "" : `until ${new Date(this.expiresMs).toLocaleString()}`;
  }

  private drawUser(): void {
    const button = byId("user");
    button.querySelector("span")!.textContent = this.user || "Sign in";
    button.title = this.named ? "Your name" : this.signedInAs === "" ? "Nobody is signed in" : `Signed in as ${this.signedInAs} ${this.until()}`;
  }
}
