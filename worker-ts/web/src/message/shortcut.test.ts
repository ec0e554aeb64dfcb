// Which key does what at a message, and that none does what is not allowed.
import { expect, it, vi } from "vitest";
import type { ShownMessage } from "../talk/underway";
import type { MessageActions } from "./actions";
import type { Rights } from "./rights";
import { shortcut } from "./shortcut";

const KEYS = ["r", "R", "e", "+", "p", "m", "u", "Delete", "Enter", "Backspace", "x"];
const message = (more: Partial<ShownMessage> = {}): ShownMessage =>
  ({ seq: 3, ts: 0, status: "stored", mine: true, deletedAt: null, replyTo: null, ...more }) as ShownMessage;

/** What each key calls, by name. */
function calls(one: ShownMessage, role: Rights["role"], back?: () => void): Record<string, string> {
  const done: Record<string, string> = {};
  for (const key of KEYS) {
    const names: string[] = [];
    const actions = new Proxy({}, { get: (_, name) => vi.fn(() => names.push(String(name))) }) as MessageActions;
    const rights = { role, closed: false, editWindowMs: 0 };
    const element = {} as Element;
    shortcut(key, one, { rights, pinned: false, actions, element, id: "k", back, now: 0 })?.();
    if (names[0] !== undefined) done[key] = names[0];
  }
  return done;
}

it("does what the menu offers, and no more", () => {
  const all = { r: "reply", R: "reply", e: "edit", "+": "pick", p: "pin", m: "more", Delete: "remove" };
  expect(calls(message(), "owner")).toEqual(all);
  const { p: _, ...member } = all;
  expect(calls(message(), "member")).toEqual(member);
  expect(calls(message({ mine: false }), "member")).toEqual({ r: "reply", R: "reply", "+": "pick", m: "more" });
  expect(calls(message({ replyTo: 1, mine: false }), "member")).toMatchObject({ Enter: "jump" });
});

it("takes a deletion back while it can be, and leaves what is gone alone", () => {
  expect(calls(message({ leaving: "undo" }), "owner")).toEqual({ u: "keep" });
  expect(calls(message({ leaving: "sent" }), "owner")).toEqual({});
  expect(calls(message({ deletedAt: 1 }), "owner")).toEqual({});
});

it("leads back where a jump came from", () => {
  const back = vi.fn();
  calls(message(), "member", back);
  expect(back).toHaveBeenCalledTimes(1);
});
