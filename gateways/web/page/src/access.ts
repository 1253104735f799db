// Who this page is to the server, and the token that says so.

import type { ClientFrame } from "./wire";

/**
 * named: nobody signs in at the server, as far as is known, and the page names
 * itself. nobody: people sign in there, and this page has no token that holds.
 */
export type Mode = "named" | "nobody" | "token";

const KEY = "outcry.token";

/** Keeps the token of a tab, or of the device where the person wants that. */
export class Access {
  mode: Mode = "named";
  /** Whether the token is the device's: other tabs and later visits have it, too. */
  remembered = false;
  private held: string;

  /** given is a token of the address: it is this tab's, whatever the device has. */
  constructor(private readonly tab: Storage, private readonly device: Storage, given = "") {
    if (given !== "") tab.setItem(KEY, given);
    const own = tab.getItem(KEY);
    this.held = own ?? device.getItem(KEY) ?? "";
    this.remembered = own === null && this.held !== "";
    if (this.held !== "") this.mode = "token";
  }

  /** The token that requests carry; empty for none. */
  get token(): string {
    return this.mode === "token" ? this.held : "";
  }

  take(token: string, remember: boolean): void {
    // Other tabs sign out when the device's token goes, so it is replaced and not removed.
    if (!remember) this.forget();
    else this.tab.removeItem(KEY);
    this.held = token;
    this.mode = "token";
    this.remembered = remember;
    (remember ? this.device : this.tab).setItem(KEY, token);
  }

  /** Forgets the token, on the device too where it was the device's. */
  forget(): void {
    // Another tab may have put a newer one there.
    if (this.remembered && this.device.getItem(KEY) === this.held) this.device.removeItem(KEY);
    this.tab.removeItem(KEY);
    this.held = "";
    this.mode = "nobody";
    this.remembered = false;
  }

  /** The first frame of a connection; name is how the page calls itself where nobody signs in. */
  hello(name: string): NonNullable<ClientFrame["hello"]> {
    if (this.mode === "named") return { version: 1, user: name };
    return this.token === "" ? { version: 1 } : { version: 1, token: this.token };
  }
}

/** Tells what another tab did with the device's token: a new one, or null when it was forgotten. */
export function onOtherTab(device: Storage, changed: (token: string | null) => void): void {
  addEventListener("storage", (e) => {
    if (e.storageArea === device && (e.key === KEY || e.key === null)) changed(e.key === null ? null : e.newValue);
  });
}

/** What was pasted, without what copying adds: line breaks, spaces, the header's word. */
export function cleanToken(pasted: string): string {
  return pasted.trim().replace(/^bearer\s+/i, "").replace(/\s+/g, "");
}

/** The token of a URL's fragment, #token=…, and the fragment without it. */
export function splitFragment(hash: string): { token: string; rest: string } {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const token = cleanToken(parts.get("token") ?? "");
  if (!parts.has("token")) return { token, rest: hash };
  parts.delete("token");
  const rest = parts.toString();
  return { token, rest: rest === "" ? "" : `#${rest}` };
}

/** Takes the token out of the page's address, at once: it must not stay in the bar or the history. */
export function takeFragment(): string {
  const { token, rest } = splitFragment(location.hash);
  if (rest !== location.hash) history.replaceState(history.state, "", location.pathname + location.search + rest);
  return token;
}
