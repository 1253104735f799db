// Requests to the page's own server, signed in as the connection is.

let tokenOf: () => string = () => "";

/** From now on requests carry this token, in their header; empty for none. */
export function signRequests(token: () => string): void {
  tokenOf = token;
}

/** fetch, as the person who is signed in. */
export function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = tokenOf();
  if (token !== "") headers.set("Authorization", `Bearer ${token}`);
  return fetch(url, { ...init, headers, credentials: "omit" });
}
