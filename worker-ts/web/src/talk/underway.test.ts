// What is shown of own changes before the room has them, and until the log has told them.
import { expect, it } from "vitest";
import type { Outgoing, ViewMessage, WriteKind } from "../../../src/client";
import { Underway, withUnderway } from "./underway";

const message = (seq: number, more: Partial<ViewMessage> = {}): ViewMessage =>
  ({ seq, status: "stored", text: "old", reactions: [], deletedAt: null, ...more }) as ViewMessage;
const change = (kind: WriteKind, target: number, text = ""): Outgoing => ({
  id: `${kind}-${target}-${text}`,
  kind,
  author: null,
  text,
  replyTo: null,
  files: [],
  target,
  at: 0,
});
const none: ReadonlySet<number> = new Set();

it("is the very same list when nothing is under way", () => {
  const messages = [message(1)];
  expect(withUnderway(messages, new Underway(), none)).toBe(messages);
});

it("shows edits, reactions and deletions at once, in the order they were made", () => {
  const underway = new Underway();
  underway.add(change("edit", 1, "new"));
  underway.add(change("react", 1, "👍"));
  underway.add(change("react", 2, "🎉"));
  underway.add(change("unreact", 2, "👍"));
  underway.add(change("delete", 3));
  const thumbs = { emoji: "👍", count: 2, mine: true };
  const shown = withUnderway([message(1), message(2, { reactions: [thumbs] }), message(3), message(4)], underway, none);
  expect(shown[0]).toMatchObject({ text: "new", changing: true, reactions: [{ emoji: "👍", count: 1, mine: true }] });
  expect(shown[1]!.reactions).toEqual([
    { ...thumbs, count: 1, mine: false },
    { emoji: "🎉", count: 1, mine: true },
  ]);
  expect(shown[2]!.leaving).toBe("sent");
  expect(shown[3]).toEqual(message(4));
});

it("counts nothing twice when the log has told it before the answer came", () => {
  const underway = new Underway();
  underway.add(change("react", 1, "👍"));
  const told = message(1, { reactions: [{ emoji: "👍", count: 1, mine: true }] });
  expect(withUnderway([told], underway, none)[0]!.reactions).toEqual(told.reactions);
});

it("goes on showing a stored change until the log has told it", () => {
  const underway = new Underway();
  const edit = change("edit", 1, "new");
  underway.add(edit);
  underway.stored(edit.id, 9);
  underway.settle(8);
  expect(withUnderway([message(1)], underway, none)[0]!.text).toBe("new");
  underway.settle(9);
  expect(withUnderway([message(1)], underway, none)[0]!.text).toBe("old");
});

it("forgets at once what was nothing to change, or was refused", () => {
  const underway = new Underway();
  const [react, edit] = [change("react", 1, "👍"), change("edit", 1, "new")];
  underway.add(react);
  underway.add(edit);
  underway.stored(react.id, 0);
  underway.settle(0);
  underway.drop(edit.id);
  expect(underway.size).toBe(0);
});

it("shows nothing on a message that was erased meanwhile", () => {
  const underway = new Underway();
  underway.add(change("edit", 1, "new"));
  const erased = message(1, { deletedAt: 5, text: "" });
  expect(withUnderway([erased], underway, new Set([1]))[0]).toEqual(erased);
});

it("marks what can still be taken back", () => {
  expect(withUnderway([message(1), message(2)], new Underway(), new Set([2])).map(({ leaving }) => leaving)).toEqual([
    undefined,
    "undo",
  ]);
});
