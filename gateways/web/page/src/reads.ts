// Unary reads: JSON over HTTP as Connect speaks it.

import { ask } from "./http";
import type { Answer, Latest, Message, RoomRow } from "./wire";

/** Asks one read; throws an Error with the server's words when it is refused. */
async function read<A>(method: string, request: object): Promise<A> {
  const response = await ask(`/outcry.v1.Outcry/${method}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Connect-Protocol-Version": "1" },
    body: JSON.stringify(request),
  });
  if (!response.ok) {
    const refusal = (await response.json().catch(() => ({}))) as { message?: string };
    throw new Error(refusal.message ?? `${method}: HTTP ${response.status}`);
  }
  return (await response.json()) as A;
}

export async function readInstruments(query: string, limit: number): Promise<{ instruments: Latest[]; more: boolean }> {
  const a = await read<{ instruments?: Latest[]; more?: boolean }>("Instruments", { query, limit });
  return { instruments: a.instruments ?? [], more: a.more ?? false };
}

export async function readRooms(user: string, limit: number): Promise<RoomRow[]> {
  return (await read<{ rooms?: RoomRow[] }>("Rooms", { user, limit })).rooms ?? [];
}

/** Opens the conversation of two people, where it is not there, and gives its room; user is who asks, where nobody signs in. */
export async function openDirect(user: string, to: string, clientMsgId: string): Promise<string> {
  const { answer } = await read<{ answer?: Answer }>("Submit", { user, command: { clientMsgId, to, join: {} } });
  if (answer?.error) throw new Error(answer.error.text || answer.error.code || "refused");
  return answer?.room ?? "";
}

/** A page of a room's changes, ascending by seq: the newest before beforeSeq. */
export async function readMessagesBefore(room: string, beforeSeq: number, limit: number): Promise<Message[]> {
  return messages({ room, beforeSeq: String(beforeSeq), limit });
}

/** One message by its seq, as it stands now; undefined when there is none. */
export async function readMessage(room: string, seq: number): Promise<Message | undefined> {
  const page = await messages({ room, afterSeq: String(seq - 1), limit: 1 });
  return page.find((m) => m.seq === String(seq));
}

async function messages(request: object): Promise<Message[]> {
  return (await read<{ messages?: Message[] }>("Messages", request)).messages ?? [];
}
