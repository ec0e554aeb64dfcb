// Messages that change: edits, erasures and reactions in the order of the log, beside pages that are older or newer.
import { expect, test } from "vitest";
import type { Message, Page, Person, Reaction } from "../entry";
import type { ChangeEvent } from "../events";
import { RoomView } from "./view";

const person = (ref: number, name = `p${ref}`): Person => ({
  ref,
  id: `u${ref}`,
  name,
  guest: false,
  bot: false,
  gone: false,
});
const message = (seq: number, rest: Partial<Message> = {}): Message => ({
  seq,
  ts: seq,
  clientId: `c${seq}`,
  sender: 2,
  author: person(2),
  mine: false,
  text: `n ${seq}`,
  files: [],
  replyTo: null,
  editedAt: null,
  editSeq: null,
  deletedAt: null,
  reactions: [],
  ...rest,
});
const page = (asOf: number, ...messages: Message[]): Page => {
  return { messages, system: [], covers: { from: 1, to: asOf }, more: false, asOf };
};
const who = (sender: number) => ({ sender, person: person(sender), mine: sender === 1 });
const edit = (seq: number, target: number, text: string): ChangeEvent => {
  return { type: "edit", seq, ts: seq * 10, target, text, ...who(2) };
};
const erase = (seq: number, target: number): ChangeEvent => ({ type: "delete", seq, ts: seq * 10, target, ...who(2) });
const react = (seq: number, target: number, sender: number, emoji = "👍"): ChangeEvent => {
  return { type: "react", seq, ts: seq, target, emoji, ...who(sender) };
};
const unreact = (seq: number, target: number, sender: number, emoji = "👍"): ChangeEvent => {
  return { ...react(seq, target, sender, emoji), type: "unreact" } as ChangeEvent;
};
const counts = (view: RoomView, nth = 0) =>
  view.messages[nth]!.reactions.map(({ emoji, count, mine, people }) => {
    return `${emoji} ${count}${mine ? " mine" : ""} ${people?.map(({ ref }) => ref).join()}`;
  });
const tally = (emoji: string, count: number, ...refs: number[]): Reaction => {
  return { emoji, count, mine: refs.includes(1), people: refs.map((ref) => person(ref)) };
};

/** A view that holds message 1, live. */
function holding(): RoomView {
  const view = new RoomView();
  view.apply({ type: "message", message: message(1) });
  return view;
}

test("an edit gives the text, its time and its place; an older one that comes later does not undo it", () => {
  const view = holding();
  view.apply(edit(5, 1, "five"));
  expect(view.messages[0]).toMatchObject({ text: "five", editedAt: 50, editSeq: 5, status: "stored" });
  view.apply(edit(3, 1, "three"));
  expect(view.messages[0]).toMatchObject({ text: "five", editSeq: 5 });
});

test("R31: a message that was replayed as it stands now is not turned back by its replayed edits", () => {
  const view = new RoomView();
  view.apply({ type: "message", message: message(1, { text: "nine", editedAt: 90, editSeq: 9 }) });
  for (const change of [edit(5, 1, "five"), edit(9, 1, "nine")]) {
    view.apply(change);
    expect(view.messages[0]).toMatchObject({ text: "nine", editSeq: 9 });
  }
  view.apply(edit(12, 1, "twelve"));
  expect(view.messages[0]).toMatchObject({ text: "twelve", editSeq: 12 });
});

test("erased is erased: text, edit and reactions are gone, and nothing brings them back", () => {
  const view = holding();
  view.apply(edit(2, 1, "two"));
  view.apply(react(3, 1, 3));
  view.apply(erase(4, 1));
  const erased = { text: "", editedAt: null, editSeq: null, deletedAt: 40, reactions: [] };
  expect(view.messages[0]).toMatchObject(erased);
  for (const late of [edit(5, 1, "back"), react(6, 1, 3), edit(2, 1, "")]) view.apply(late);
  view.page(page(3, message(1, { text: "two", reactions: [tally("👍", 1, 3)] })));
  expect(view.messages[0]).toMatchObject(erased);
  // As pages tell it, whatever reactions stand beside.
  view.page(page(9, message(1, { text: "", deletedAt: 40, reactions: [tally("👍", 1, 3)] })));
  expect(view.messages[0]).toMatchObject(erased);
});

test("an edit that was emptied, because its message was erased later, leaves the text to the delete", () => {
  const view = holding();
  view.apply(edit(2, 1, ""));
  expect(view.messages[0]).toMatchObject({ text: "n 1", editedAt: null });
});

test("reactions count by emoji, in the order they came, with who and whether mine", () => {
  const view = holding();
  for (const change of [react(2, 1, 3), react(3, 1, 1), react(4, 1, 3, "🎉")]) view.apply(change);
  expect(counts(view)).toEqual(["👍 2 mine 3,1", "🎉 1 3"]);
  view.apply(unreact(5, 1, 1));
  expect(counts(view)).toEqual(["👍 1 3", "🎉 1 3"]);
  view.apply(unreact(6, 1, 3));
  expect(counts(view)).toEqual(["🎉 1 3"]);
  view.apply(unreact(7, 1, 4));
  expect(counts(view)).toEqual(["🎉 1 3"]);
});

test("R33: a page's TALLY counts up to its asOf, and only later reactions are added, whichever comes first", () => {
  const tallied = page(10, message(1, { reactions: [tally("👍", 5, 1, 3)] }));
  // 7 is among the five, but the TALLY does not name everybody; 8 has taken it back by then.
  const counted = [react(6, 1, 8), react(7, 1, 7), react(8, 1, 3), unreact(9, 1, 8), react(10, 1, 1)];
  const changes = [...counted, react(12, 1, 4), unreact(13, 1, 3)];
  const pageFirst = holding();
  pageFirst.page(tallied);
  for (const change of changes) pageFirst.apply(change);
  const pageLast = holding();
  for (const change of changes) pageLast.apply(change);
  pageLast.page(tallied);
  for (const view of [pageFirst, pageLast]) expect(counts(view)).toEqual(["👍 5 mine 1,4"]);
});

test("a page on its way is older than the changes that came meanwhile: they count when it is there", () => {
  const view = new RoomView();
  for (const change of [react(8, 1, 3), edit(11, 1, "new"), react(12, 1, 4), erase(13, 2)]) view.apply(change);
  view.page(page(10, message(1, { reactions: [tally("👍", 1, 3)] }), message(2)));
  expect(view.messages[0]).toMatchObject({ text: "new", editSeq: 11 });
  expect(counts(view)).toEqual(["👍 2 3,4"]);
  expect(view.messages[1]).toMatchObject({ text: "", deletedAt: 130 });
});

test("after a gap a reaction that is known is not counted twice, and a page puts all right", () => {
  const view = holding();
  view.apply(react(2, 1, 3));
  view.apply({ type: "reset", reason: "too_far", drop: false, gap: { from: 3, to: 50 } });
  // In the gap: 3 took it back, 4 gave one.
  view.apply(react(60, 1, 3));
  expect(counts(view)).toEqual(["👍 1 3"]);
  view.page(page(55, message(1, { reactions: [tally("👍", 1, 4)] })));
  expect(counts(view)).toEqual(["👍 2 4,3"]);
});

test("another log forgets changes of the old one", () => {
  const view = new RoomView();
  view.apply(edit(11, 1, "of the old log"));
  view.apply({ type: "reset", reason: "epoch_changed", drop: true, gap: null });
  view.page(page(1, message(1)));
  expect(view.messages[0]).toMatchObject({ text: "n 1" });
});

test("of changes to messages that are not held only the newest thousand are kept", () => {
  const view = new RoomView();
  view.apply(edit(2, 1, "too long ago"));
  for (let seq = 3; seq < 1_003; seq++) view.apply(react(seq, 999, 3, `:e${seq}:`));
  view.page(page(1, message(1)));
  expect(view.messages[0]).toMatchObject({ text: "n 1" });
});

test("a new name stands at reactions too; messages without it stay the very same", () => {
  const view = new RoomView();
  view.apply({ type: "message", message: message(1) });
  view.apply({ type: "message", message: message(2, { sender: 5, author: person(5) }) });
  view.apply(react(3, 1, 3));
  const [, untouched] = view.messages;
  view.apply({ type: "people", people: [person(3, "Cleo")] });
  expect(view.messages[0]?.reactions[0]?.people?.map(({ name }) => name)).toEqual(["Cleo"]);
  expect(view.messages[1]).toBe(untouched);
  // And after a page brings it anew.
  view.page(page(2, message(1)));
  expect(view.messages[0]?.reactions).toMatchObject([{ count: 1 }]);
});

test("edits and reactions under way are no messages to show", () => {
  const view = holding();
  const shown = view.messages;
  const entry = {
    id: "x",
    kind: "edit",
    author: null,
    text: "new",
    files: [],
    replyTo: null,
    target: 1,
    at: 5,
  } as const;
  view.apply({ type: "outbox", entry, status: "pending" });
  view.apply({ type: "outbox", entry, status: "stored", seq: 2, ts: 2 });
  expect(view.messages).toBe(shown);
});
