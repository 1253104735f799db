import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeText } from "../src/ids";
import { Room } from "../src/room";
import type { Message } from "../src/wire";

function change(seq: number, kind: string, more: Partial<Message> = {}): Message {
  return { seq: String(seq), kind: `MESSAGE_KIND_${kind}`, user: "ann", changeSeq: String(seq), ...more };
}

function post(seq: number, text: string, more: Partial<Message> = {}): Message {
  return change(seq, "POST", { text: { data: encodeText(text) }, ...more });
}

test("edits, deletions and reactions show on the message that they change", () => {
  const r = new Room("r");
  r.take(post(1, "one"));
  r.take(change(2, "EDIT", { targetSeq: "1", text: { data: encodeText("uno") } }));
  r.take(change(3, "REACT", { targetSeq: "1", emoji: "+", user: "bob" }));
  r.take(change(4, "REACT", { targetSeq: "1", emoji: "+", user: "bob" }));
  const entry = r.entry(1)!;
  assert.deepEqual([entry.text, entry.edited, entry.reactions.get("+")], ["uno", true, ["bob"]]);
  r.take(change(5, "UNREACT", { targetSeq: "1", emoji: "+", user: "bob" }));
  assert.equal(entry.reactions.size, 0);
  r.take(change(6, "DELETE", { targetSeq: "1" }));
  assert.deepEqual([entry.deleted, entry.text, r.entries.length], [true, "", 1]);
});

// A row is read as it stands now, and the stream then brings changes that it holds already.
test("a change that a row already contains is not done twice", () => {
  const r = new Room("r");
  r.take(post(1, "new", { changeSeq: "3", editedUs: "5" }));
  assert.equal(r.take(change(3, "EDIT", { targetSeq: "1", text: { data: encodeText("old") } })).seq, 0);
  assert.equal(r.entry(1)!.text, "new");
});

test("older pages come before, without doubles, down to the first change", () => {
  const r = new Room("r");
  r.take(post(5, "five"));
  assert.ok(r.hasOlder);
  r.takeOlder([post(2, "two"), change(3, "EDIT", { targetSeq: "1" }), post(4, "four"), post(5, "five")]);
  assert.deepEqual(r.entries.map((e) => e.seq), [2, 4, 5]);
  assert.equal(r.low, 2);
  r.takeOlder([post(1, "one")]);
  assert.ok(!r.hasOlder);
});

test("what is trimmed can be read again", () => {
  const r = new Room("r");
  for (let n = 1; n <= 10; n++) r.take(post(n, String(n)));
  assert.ok(r.trim(4));
  assert.deepEqual([r.low, r.entries.length, r.entry(6)], [7, 4, undefined]);
  r.takeOlder([post(5, "5"), post(6, "6")]);
  assert.deepEqual(r.entries.map((e) => e.seq), [5, 6, 7, 8, 9, 10]);
});

test("unread are the posts of others after the read mark", () => {
  const r = new Room("r");
  assert.equal(r.unread("me"), 0);
  r.readSeq = 1;
  r.take(post(1, "read"));
  r.take(post(2, "new"));
  r.take(post(3, "own", { user: "me" }));
  r.take(change(4, "JOIN"));
  r.take(post(5, "gone"));
  r.take(change(6, "DELETE", { targetSeq: "5" }));
  assert.equal(r.unread("me"), 1);
});

test("a thread counts its answers", () => {
  const r = new Room("r");
  r.take(post(1, "root"));
  r.take(post(2, "a", { replyTo: "1", threadRoot: "1" }));
  r.take(post(3, "b", { replyTo: "2", threadRoot: "1" }));
  assert.equal(r.replies(1), 2);
});
