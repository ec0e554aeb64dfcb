// Who is offered what at a message.
import { expect, it } from "vitest";
import type { ShownMessage } from "../talk/underway";
import { mayAnswer, mayDelete, mayEdit, mayPin, type Rights } from "./rights";

const message = (more: Partial<ShownMessage> = {}): ShownMessage =>
  ({ seq: 1, ts: 1000, status: "stored", mine: false, deletedAt: null, ...more }) as ShownMessage;
const rights = (role: Rights["role"], more: Partial<Rights> = {}): Rights => ({
  role,
  closed: false,
  editWindowMs: 0,
  ...more,
});
const offered = (one: ShownMessage, to: Rights, now = 1000) => [
  mayAnswer(one, to),
  mayEdit(one, to, now),
  mayDelete(one, to),
  mayPin(one, to),
];

it("offers members what is theirs, and moderators and owners the rest; nobody edits for others", () => {
  const [own, other] = [message({ mine: true }), message()];
  expect(offered(own, rights("member"))).toEqual([true, true, true, false]);
  expect(offered(other, rights("member"))).toEqual([true, false, false, false]);
  for (const role of ["moderator", "owner"] as const) {
    expect(offered(own, rights(role))).toEqual([true, true, true, true]);
    expect(offered(other, rights(role))).toEqual([true, false, true, true]);
  }
});

it("offers nothing where nothing can be written, nor at what is gone or not there yet", () => {
  const nothing = [false, false, false, false];
  expect(offered(message({ mine: true }), rights(undefined))).toEqual(nothing);
  expect(offered(message({ mine: true }), rights("owner", { closed: true }))).toEqual(nothing);
  for (const gone of [{ deletedAt: 5 }, { status: "pending" }, { leaving: "undo" }] as const)
    expect(offered(message({ mine: true, ...gone }), rights("owner"))).toEqual(nothing);
});

it("stops offering an edit when its time is over", () => {
  const member = rights("member", { editWindowMs: 500 });
  expect(mayEdit(message({ mine: true }), member, 1499)).toBe(true);
  expect(mayEdit(message({ mine: true }), member, 1500)).toBe(false);
});
