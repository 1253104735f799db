import assert from "node:assert/strict";
import { test } from "node:test";
import { Access, cleanToken, splitFragment } from "../src/access";

class Memory implements Storage {
  private readonly items = new Map<string, string>();
  get length(): number {
    return this.items.size;
  }
  clear(): void {
    this.items.clear();
  }
  key(n: number): string | null {
    return [...this.items.keys()][n] ?? null;
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

// A token that stays on a shared machine is somebody else's tomorrow.
test("a token stays in its tab unless the person wants it kept", () => {
  const [tab, device] = [new Memory(), new Memory()];
  const access = new Access(tab, device);
  assert.deepEqual(access.hello("guest"), { version: 1, user: "guest" });
  access.take("t1", false);
  assert.deepEqual([tab.length, device.length, access.remembered], [1, 0, false]);
  assert.deepEqual(access.hello("guest"), { version: 1, token: "t1" });
  assert.deepEqual(new Access(tab, device).token, "t1");
  assert.deepEqual(new Access(new Memory(), device).token, "");
  access.take("t2", true);
  assert.deepEqual([tab.length, device.length, access.remembered], [0, 1, true]);
  assert.deepEqual(new Access(new Memory(), device).token, "t2");
  access.forget();
  assert.deepEqual([tab.length, device.length, access.token], [0, 0, ""]);
  assert.deepEqual(access.hello("guest"), { version: 1 });
});

test("what another tab remembered since is not forgotten with an older token", () => {
  const device = new Memory();
  const access = new Access(new Memory(), device);
  access.take("old", true);
  new Access(new Memory(), device).take("new", true);
  access.forget();
  assert.equal(new Access(new Memory(), device).token, "new");
});

test("a token of the address is this tab's alone", () => {
  const device = new Memory();
  new Access(new Memory(), device).take("kept", true);
  const access = new Access(new Memory(), device, "given");
  assert.deepEqual([access.token, access.remembered], ["given", false]);
  access.forget();
  assert.equal(new Access(new Memory(), device).token, "kept");
});

test("only the token leaves the address", () => {
  assert.deepEqual(splitFragment("#token=a.b-c_d"), { token: "a.b-c_d", rest: "" });
  assert.deepEqual(splitFragment("#room=lobby&token=x"), { token: "x", rest: "#room=lobby" });
  assert.deepEqual(splitFragment("#token="), { token: "", rest: "" });
  assert.deepEqual(splitFragment("#part two"), { token: "", rest: "#part two" });
  assert.deepEqual(splitFragment(""), { token: "", rest: "" });
});

test("what copying adds to a token is no part of it", () => {
  assert.equal(cleanToken(" Bearer abc.\n  def \n"), "abc.def");
});
