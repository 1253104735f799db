// Numbers of the tape: integer mantissas with a power of ten. What a person
// reads comes from integer arithmetic; floats are for the chart and for widths.

/** Reads a mantissa; undefined stays undefined, because absent is not zero. */
export function mantissa(value: string | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}

/** Decimals that a value needs to be shown whole. */
export function decimalsOf(value: bigint, exponent: number): number {
  if (value === 0n || exponent >= 0) return 0;
  let decimals = -exponent;
  while (decimals > 0 && value % 10n === 0n) {
    value /= 10n;
    decimals--;
  }
  return decimals;
}

/** Text with exactly so many decimals (rounded half away from zero), thousands grouped. */
export function format(value: bigint, exponent: number, decimals: number): string {
  const scaled = rescale(value, exponent, decimals);
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  const whole = digits.slice(0, point).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = decimals > 0 ? "." + digits.slice(point) : "";
  return (scaled < 0n ? "−" : "") + whole + fraction;
}

const LETTERS: readonly [number, string][] = [[12, "T"], [9, "B"], [6, "M"], [3, "K"]];

/** Text in about four digits: 950, 0.25, 12.35K, 456.1M, 3.10T. */
export function compact(value: bigint, exponent: number): string {
  const size = value < 0n ? -value : value;
  for (const [power, letter] of LETTERS) {
    if (atLeast(size, exponent, power)) {
      return format(value, exponent - power, atLeast(size, exponent, power + 2) ? 1 : 2) + letter;
    }
  }
  const decimals = atLeast(size, exponent, 2) ? 1 : atLeast(size, exponent, 0) ? 2 : 4;
  return format(value, exponent, Math.min(decimals, decimalsOf(value, exponent)));
}

/** Change from a reference in per cent: "+1.23%"; undefined without a reference. */
export function percent(value: bigint, reference: bigint): string | undefined {
  if (reference === 0n) return undefined;
  const size = reference < 0n ? -reference : reference;
  const hundredths = divideRounded((value - reference) * 10_000n, size);
  return (hundredths > 0n ? "+" : "") + format(hundredths, -2, 2) + "%";
}

/** Where value lies between low and high, 0 to 1; 0.5 when they are equal. */
export function position(value: bigint, low: bigint, high: bigint): number {
  if (high <= low) return 0.5;
  const thousandths = Number(((value - low) * 1000n) / (high - low));
  return Math.min(1, Math.max(0, thousandths / 1000));
}

/** The nearest float, for the chart only. */
export function toNumber(value: bigint, exponent: number): number {
  return Number(`${value}e${exponent}`);
}

/** hi * 2^64 + lo, as the wire gives a 128-bit integer. */
export function int128(hi: string | undefined, lo: string | undefined): bigint {
  return (BigInt(hi ?? 0) << 64n) + BigInt(lo ?? 0);
}

/** Quotient, rounded half away from zero; divisor > 0. */
export function divideRounded(value: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return (value < 0n ? value - half : value + half) / divisor;
}

function rescale(value: bigint, exponent: number, decimals: number): bigint {
  const shift = exponent + decimals;
  return shift >= 0 ? value * 10n ** BigInt(shift) : divideRounded(value, 10n ** BigInt(-shift));
}

/** Whether size * 10^exponent >= 10^power; size >= 0. */
function atLeast(size: bigint, exponent: number, power: number): boolean {
  const shift = power - exponent;
  return shift >= 0 ? size >= 10n ** BigInt(shift) : size > 0n;
}
