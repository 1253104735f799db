// How far the server's store is behind: prices and talk do not wait for it, old history does.

const POLL_MS = 5_000;

export interface RowsState {
  state?: string;
  lag_seconds?: number;
}

/** The footer's words; "" where there is nothing to say. */
export function rowsWords(rows: RowsState | undefined): string {
  const lag = Math.round(rows?.lag_seconds ?? 0);
  switch (rows?.state) {
    case "away":
      return `history not stored for ${lag} s`;
    case "catching_up":
      return `history catching up, ${lag} s behind`;
    default:
      return "";
  }
}

/** Asks now and then while the page is connected and seen; show gets the words whenever there is an answer. */
export function pollRows(connected: () => boolean, show: (words: string) => void): void {
  const ask = async () => {
    if (document.hidden || !connected()) return;
    const response = await fetch("/readyz").catch(() => undefined);
    const body = (await response?.json().catch(() => undefined)) as { rows?: RowsState } | undefined;
    if (body) show(rowsWords(body.rows));
  };
  setInterval(ask, POLL_MS);
}
