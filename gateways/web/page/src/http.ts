// Requests to the page's own server, signed in as the connection is.

export interface Signature {
  /** Empty for none. */
  token: string;
  /** How this person calls himself, where nobody signs in; empty elsewhere. */
  name: string;
}

let signature: () => Signature = () => ({ token: "", name: "" });

/** From now on requests say whose they are, in their headers. */
export function signRequests(as: () => Signature): void {
  signature = as;
}

/** fetch, as the person who is signed in. */
export function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const { token, name } = signature();
  if (token !== "") headers.set("Authorization", `Bearer ${token}`);
  else if (name !== "") headers.set("Outcry-User", name);
  return fetch(url, { ...init, headers, credentials: "omit" });
}
