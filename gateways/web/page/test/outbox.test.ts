import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_PENDING, Outbox } from "../src/outbox";
import type { Answer, Command } from "../src/wire";

function bench() {
  const wire: Command[] = [];
  const state = { connected: true, now: 0 };
  let ids = 0;
  const outbox = new Outbox(
    {
      send: (c) => state.connected && wire.push(c) > 0,
      changed: () => {},
      settled: () => {},
    },
    () => `id-${++ids}`,
    () => state.now,
  );
  return { outbox, wire, state };
}

const hello = { post: { text: { data: "aGk=" } } };

function answer(id: string, more: Partial<Answer>): Answer {
  return { clientMsgId: id, room: "r", ...more };
}

// Another id would post the message twice when only the answer was lost.
test("after a reconnect unanswered commands go out again in order under the same ids", () => {
  const { outbox, wire, state } = bench();
  outbox.submit("r", hello);
  state.connected = false;
  outbox.submit("r", hello);
  state.connected = true;
  outbox.resend("r");
  assert.deepEqual(wire.map((c) => c.clientMsgId), ["id-1", "id-1", "id-2"]);
  outbox.answered(answer("id-1", { outcome: "OUTCOME_KIND_DUPLICATE", seq: "4" }));
  outbox.resend("r");
  assert.deepEqual(wire.slice(3).map((c) => c.clientMsgId), ["id-2"]);
});

test("an accepted post stays until the stream brings it, in either order", () => {
  const { outbox } = bench();
  outbox.submit("r", hello);
  outbox.answered(answer("id-1", { outcome: "OUTCOME_KIND_ACCEPTED", seq: "4" }));
  assert.equal(outbox.pendingOf("r")[0]!.state, "sent");
  outbox.seen("r", "id-1");
  assert.equal(outbox.pendingOf("r").length, 0);
  outbox.submit("r", hello);
  outbox.seen("r", "id-2");
  outbox.answered(answer("id-2", { outcome: "OUTCOME_KIND_ACCEPTED", seq: "5" }));
  assert.equal(outbox.pendingOf("r").length, 0);
});

test("a refusal for now is tried again in time, a refusal for good waits for the person", () => {
  const { outbox, wire, state } = bench();
  outbox.submit("r", hello);
  outbox.answered(answer("id-1", { error: { retry: "RETRY_AFTER", retryAfterMs: 500 } }));
  state.now = 400;
  outbox.tick();
  assert.equal(wire.length, 1);
  state.now = 500;
  outbox.tick();
  assert.deepEqual(wire.map((c) => c.clientMsgId), ["id-1", "id-1"]);
  outbox.answered(answer("id-1", { outcome: "OUTCOME_KIND_REFUSED", error: { retry: "RETRY_NEVER", text: "no" } }));
  const failed = outbox.pendingOf("r")[0]!;
  assert.deepEqual([failed.state, failed.error], ["failed", "no"]);
  // The room remembers what it refused: only a new id is a new question.
  outbox.retry(failed);
  assert.equal(wire.at(-1)!.clientMsgId, "id-2");
});

// Its fate is unknown: it may have been done, so the id has to stay.
test("retrying what was never answered keeps the id", () => {
  const { outbox, wire } = bench();
  outbox.submit("r", hello);
  for (let n = 0; n < 12; n++) {
    outbox.answered(answer("id-1", { error: { code: "ERROR_CODE_OUTCOME_UNKNOWN", retry: "RETRY_RESEND_SAME_ID" } }));
    outbox.resend("r");
  }
  const failed = outbox.pendingOf("r")[0]!;
  assert.equal(failed.state, "failed");
  outbox.retry(failed);
  assert.ok(wire.every((c) => c.clientMsgId === "id-1"));
});

test("a missing answer is asked for again", () => {
  const { outbox, wire, state } = bench();
  outbox.submit("r", hello);
  state.now = 60_000;
  outbox.tick();
  assert.equal(wire.length, 2);
});

test("a queue that is full takes no more", () => {
  const { outbox, state } = bench();
  state.connected = false;
  for (let n = 0; n < MOST_PENDING; n++) assert.ok(outbox.submit("r", hello));
  assert.equal(outbox.submit("r", hello), undefined);
});
