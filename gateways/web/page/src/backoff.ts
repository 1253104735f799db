// When to try again after a lost connection.

const LONGEST_MS = 15_000;

/**
 * Delay before the attempt (1 is the first) in ms. The first comes at a random
 * moment within withinMs, so that a crashed server is not met by everybody at
 * once; then the span doubles up to 15 s, and at least half of it is waited.
 */
export function retryDelay(attempt: number, withinMs: number, random: number): number {
  if (attempt <= 1) return random * withinMs;
  const base = Math.max(withinMs, 250);
  const span = Math.min(LONGEST_MS, base * 2 ** Math.min(attempt - 1, 16));
  return span / 2 + (random * span) / 2;
}
