// Ids of commands, and bytes as protobuf JSON writes them.

/** 16 bytes of a UUIDv7 at a time in ms since 1970; random gives bytes. */
export function uuid7(timeMs: number, random: Uint8Array): Uint8Array {
  const id = random.slice(0, 16);
  let rest = Math.floor(timeMs);
  for (let i = 5; i >= 0; i--) {
    id[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  id[6] = (id[6]! & 0x0f) | 0x70;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}

/** Hands out ids that strictly rise, also within one millisecond and when the clock goes back. */
export class IdSource {
  private lastMs = 0;

  constructor(
    private readonly nowMs: () => number,
    private readonly random: (n: number) => Uint8Array,
  ) {}

  /** A new command id in base64. */
  next(): string {
    this.lastMs = Math.max(this.lastMs + 1, Math.floor(this.nowMs()));
    return toBase64(uuid7(this.lastMs, this.random(16)));
  }
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const b of bytes) binary += String.fromCharCode(b);
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeText(text: string): string {
  return toBase64(encoder.encode(text));
}

export function decodeText(data: string | undefined): string {
  return data ? decoder.decode(fromBase64(data)) : "";
}

/** What a user, a room or an instrument may be called. */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9._:-]{1,128}$/.test(text);
}
