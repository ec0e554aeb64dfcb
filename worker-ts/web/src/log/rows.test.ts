// Order and keys of the rows: groups, days, gaps, room events, the line above what is new.
import { expect, it } from "vitest";
import type { Gap, SystemEntry, ViewMessage } from "../../../src/client";
import { GROUP_MS, layRows } from "./rows";

const NOON = new Date("2026-03-02T12:00:00").getTime();

function message(seq: number, author: string, ts: number, more: Partial<ViewMessage> = {}): ViewMessage {
  return {
    seq,
    ts,
    clientId: `id-${seq}`,
    sender: 1,
    author: { id: author, name: author, guest: false },
    mine: false,
    text: `text ${seq}`,
    files: [],
    replyTo: null,
    editedAt: null,
    editSeq: null,
    reactions: [],
    deletedAt: null,
    status: "stored",
    ...more,
  };
}

const note = (seq: number, ts = NOON): SystemEntry => ({ seq, ts, event: 7, sender: 0, subject: 0, text: "" });

/** "day", "gap 3-5", "hole 3-5", "note 4", "new", "2" for a message that speaks on, "2*" for one with a name above. */
const shown = (...args: Parameters<typeof layRows>) =>
  layRows(...args).map((row) => {
    if (row.kind === "message") return `${row.message.seq}${row.head ? "*" : ""}`;
    if (row.kind === "note") return `note ${row.entry.seq}`;
    return row.kind === "gap" ? `${row.hole ? "hole" : "gap"} ${row.gap.from}-${row.gap.to}` : row.kind;
  });
const drawn = (messages: readonly ViewMessage[], gaps: readonly Gap[], newAfter: number | null) =>
  shown({ messages, gaps }, newAfter);

it("puts one name above what one author says in a row", () => {
  const list = [message(1, "ada", NOON), message(2, "ada", NOON + 1000), message(3, "bob", NOON + 2000)];
  expect(drawn(list, [], null)).toEqual(["day", "1*", "2", "3*"]);
});

it("names the author again after a pause and on an answer", () => {
  const list = [
    message(1, "ada", NOON),
    message(2, "ada", NOON + GROUP_MS),
    message(3, "ada", NOON + GROUP_MS + 1, { replyTo: 1 }),
  ];
  expect(drawn(list, [], null)).toEqual(["day", "1*", "2*", "3*"]);
});

it("draws a line between days and names the author again", () => {
  const midnight = new Date("2026-03-03T00:00:00").getTime();
  expect(drawn([message(1, "ada", midnight - 1), message(2, "ada", midnight)], [], null)).toEqual([
    "day",
    "1*",
    "day",
    "2*",
  ]);
});

it("shows a gap where it is: between, before, and after everything", () => {
  const list = [message(1, "ada", NOON), message(6, "ada", NOON)];
  expect(drawn(list, [{ from: 2, to: 5 }], null)).toEqual(["day", "1*", "gap 2-5", "6*"]);
  expect(drawn([message(6, "ada", NOON)], [{ from: 2, to: 5 }], null)).toEqual(["gap 2-5", "day", "6*"]);
  expect(drawn([message(1, "ada", NOON)], [{ from: 2, to: 5 }], null)).toEqual(["day", "1*", "gap 2-5"]);
  expect(drawn([], [{ from: 1, to: 5 }], null)).toEqual(["gap 1-5"]);
});

it("keeps messages under way behind a gap", () => {
  const list = [message(1, "ada", NOON), message(0, "ada", NOON, { status: "pending", mine: true })];
  expect(drawn(list, [{ from: 2, to: 5 }], null)).toEqual(["day", "1*", "gap 2-5", "0*"]);
});

it("draws one line above the first message of others that is new", () => {
  const list = [
    message(1, "ada", NOON),
    message(2, "ada", NOON, { mine: true }),
    message(3, "bob", NOON),
    message(4, "bob", NOON),
  ];
  expect(drawn(list, [], 1)).toEqual(["day", "1*", "2", "new", "3*", "4"]);
  expect(drawn(list, [], 4)).toEqual(["day", "1*", "2", "3*", "4"]);
});

it("gives every row its own key, and an own message the same one before and after it is stored", () => {
  const pending = message(0, "me", NOON, { mine: true, clientId: "x", status: "pending" });
  const stored = message(7, "me", NOON, { mine: true, clientId: "x" });
  expect(layRows({ messages: [pending] }, null).at(-1)?.key).toBe(layRows({ messages: [stored] }, null).at(-1)?.key);
  const twins = [message(1, "ada", NOON, { clientId: "x" }), message(2, "bob", NOON, { clientId: "x" }), stored];
  const keys = layRows({ messages: twins }, 1).map((row) => row.key);
  expect(new Set(keys).size).toBe(keys.length);
});

it("shows what the room itself tells where it happened, and names the author again behind it", () => {
  const messages = [message(1, "ada", NOON), message(3, "ada", NOON), message(0, "me", NOON, { status: "pending" })];
  expect(shown({ messages, notes: [note(2), note(4)] }, null)).toEqual(["day", "1*", "note 2", "3*", "note 4", "0*"]);
  expect(shown({ messages: [], notes: [note(1)] }, null)).toEqual(["day", "note 1"]);
});

it("begins a day with whatever comes first on it", () => {
  const midnight = new Date("2026-03-03T00:00:00").getTime();
  const messages = [message(1, "ada", midnight - 1), message(3, "ada", midnight + 1)];
  expect(shown({ messages, notes: [note(2, midnight)] }, null)).toEqual(["day", "1*", "day", "note 2", "3*"]);
});

it("tells what the room skipped from what a jump has left open", () => {
  const messages = [message(1, "ada", NOON), message(9, "ada", NOON)];
  const parts = { messages, gaps: [{ from: 6, to: 8 }], holes: [{ from: 2, to: 5 }] };
  expect(shown(parts, null)).toEqual(["day", "1*", "hole 2-5", "gap 6-8", "9*"]);
});
