// What is shown after events and pages in any order.
import { expect, test, vi } from "vitest";
import type { Message, Page } from "../entry";
import type { Outgoing } from "../events";
import { RoomError } from "../room-error";
import { World } from "../testing/world";
import { RoomView } from "./view";

const message = (seq: number, rest: Partial<Message> = {}): Message => ({
  seq,
  ts: seq,
  clientId: `c${seq}`,
  sender: 2,
  author: { id: "bob", name: "Bob", guest: false },
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

const page = (from: number, to: number, rest: Partial<Page> = {}): Page => {
  const messages = Array.from({ length: to - from + 1 }, (_, at) => message(from + at));
  return { messages, system: [], covers: { from, to }, more: false, asOf: to, ...rest };
};

const entry = (id: string): Outgoing => ({
  id,
  kind: "message",
  author: null,
  text: `text ${id}`,
  files: [],
  replyTo: null,
  target: null,
  at: 5,
});
const seqs = (view: RoomView) => view.messages.map(({ seq }) => seq);

test("messages and pages stand by seq, each once; the list is the same until something changes", () => {
  const view = new RoomView();
  for (const seq of [8, 9]) view.apply({ type: "message", message: message(seq) });
  view.page(page(5, 8));
  view.page(page(3, 4));
  expect(seqs(view)).toEqual([3, 4, 5, 6, 7, 8, 9]);
  expect(view.messages).toBe(view.messages);
  const before = view.messages;
  view.apply({ type: "state", state: "open" });
  expect(view.messages).toBe(before);
});

test("pages may come in any order and overlap; a change finds its message wherever it stands by then", () => {
  const view = new RoomView();
  const react = (seq: number, target: number) =>
    view.apply({ type: "react", seq, ts: seq, target, emoji: "👍", sender: 3, mine: false });
  for (const [from, to] of [
    [40, 44],
    [20, 24],
    [30, 41],
    [1, 3],
    [22, 31],
    [4, 4],
  ] as const) {
    view.page(page(from, to, { asOf: 50 }));
    react(60 + from, to);
    // Read after some pages, so that more than one waits for its place.
    if (from % 4 === 0) expect(seqs(view)).toEqual([...seqs(view)].sort((a, b) => a - b));
  }
  view.apply({ type: "message", message: message(51) });
  react(120, 51);
  expect(seqs(view)).toEqual([1, 2, 3, 4, ...Array.from({ length: 25 }, (_, at) => 20 + at), 51]);
  const marked = view.messages.flatMap(({ seq, reactions }) => (reactions.length === 0 ? [] : [seq]));
  expect(marked).toEqual([3, 4, 24, 31, 41, 44, 51]);
  view.apply({ type: "reset", reason: "ahead", drop: true, gap: null });
  view.apply({ type: "message", message: message(2) });
  expect(seqs(view)).toEqual([2]);
});

test("in a long log a new message costs no sort, and new names one look at each message", () => {
  const view = new RoomView();
  view.page(page(1, 5_000));
  expect(view.messages).toHaveLength(5_000);
  const sort = vi.spyOn(Array.prototype, "sort");
  for (let seq = 5_001; seq <= 5_100; seq++) {
    view.apply({ type: "message", message: message(seq) });
    expect(view.messages).toHaveLength(seq);
  }
  expect(sort).not.toHaveBeenCalled();
  sort.mockRestore();
  let asked = 0;
  const people = Array.from({ length: 200 }, (_, at) => ({
    get ref() {
      asked++;
      return at + 100;
    },
    id: `u${at}`,
    name: "new",
    guest: false,
    bot: false,
    gone: false,
  }));
  view.apply({ type: "people", people });
  expect(asked).toBeLessThan(1_000);
});

test("an older page never replaces what is known better, a newer one does", () => {
  const view = new RoomView();
  view.page(page(1, 1, { asOf: 9, messages: [message(1, { text: "edited", editedAt: 7 })] }));
  view.page(page(1, 1, { asOf: 5 }));
  expect(view.messages[0]).toMatchObject({ text: "edited" });
  view.page(page(1, 1, { asOf: 12, messages: [message(1, { text: "", deletedAt: 11 })] }));
  expect(view.messages[0]).toMatchObject({ text: "", deletedAt: 11 });
});

test("own messages: pending at the end, then in their place, once, whether ACK or entry comes first", () => {
  for (const ackFirst of [true, false]) {
    const view = new RoomView();
    view.apply({ type: "outbox", entry: entry("a"), status: "pending" });
    view.apply({ type: "outbox", entry: entry("b"), status: "pending" });
    view.apply({ type: "message", message: message(1) });
    expect(view.messages.map(({ clientId, status }) => [clientId, status])).toEqual([
      ["c1", "stored"],
      ["a", "pending"],
      ["b", "pending"],
    ]);
    const ack = () => view.apply({ type: "outbox", entry: entry("a"), status: "stored", seq: 2, ts: 2 });
    if (ackFirst) ack();
    expect(seqs(view)).toEqual(ackFirst ? [1, 2, 0] : [1, 0, 0]);
    view.apply({ type: "message", message: message(2, { clientId: "a", mine: true, sender: 1 }) });
    if (!ackFirst) ack();
    expect(view.messages.map(({ clientId, seq, sender }) => [clientId, seq, sender])).toEqual([
      ["c1", 1, 2],
      ["a", 2, 1],
      ["b", 0, 0],
    ]);
  }
});

test("a failed message stays until it is discarded; a pending one cannot be", () => {
  const view = new RoomView();
  const error = new RoomError("forbidden", "closed room");
  view.apply({ type: "outbox", entry: entry("a"), status: "pending" });
  view.discard("a");
  view.apply({ type: "outbox", entry: entry("a"), status: "failed", error });
  expect(view.messages).toMatchObject([{ clientId: "a", status: "failed", error }]);
  view.discard("a");
  expect(view.messages).toEqual([]);
});

test("a reset leaves a gap that pages fill from either side, or drops everything but what is under way", () => {
  const view = new RoomView();
  view.apply({ type: "message", message: message(1) });
  view.apply({ type: "outbox", entry: entry("a"), status: "pending" });
  view.apply({ type: "reset", reason: "trimmed", drop: false, gap: { from: 2, to: 20 } });
  view.page(page(11, 15));
  expect(view.gaps).toEqual([
    { from: 2, to: 10 },
    { from: 16, to: 20 },
  ]);
  view.page(page(16, 22));
  view.page(page(1, 4));
  expect(view.gaps).toEqual([{ from: 5, to: 10 }]);
  view.page(page(5, 10));
  expect(view.gaps).toEqual([]);
  view.apply({ type: "reset", reason: "epoch_changed", drop: true, gap: null });
  expect(view.messages.map(({ clientId }) => clientId)).toEqual(["a"]);
});

test("a new name changes the messages that are shown, also those that came by HTTP", () => {
  const view = new RoomView();
  view.page(page(1, 1, { messages: [message(1, { sender: 0 })] }));
  view.apply({ type: "message", message: message(2, { author: { id: "", name: "…", guest: false } }) });
  const person = { ref: 2, id: "bob", name: "Robert", guest: false, bot: false, gone: false };
  view.apply({ type: "people", people: [person] });
  expect(view.messages.map(({ author }) => author.name)).toEqual(["Robert", "Robert"]);
});

test("fed by a room, it shows what the log holds", async () => {
  const world = new World();
  const view = new RoomView();
  for (let n = 0; n < 5; n++) world.server.post("bob", `old ${n}`);
  const { room } = world.connect("ada");
  for (const type of ["message", "outbox", "people", "reset"] as const) room.on(type, (event) => view.apply(event));
  room.send("mine");
  const history = room.history({ limit: 3 });
  await world.clock.pass(1_000);
  view.page(await history);
  expect(view.messages.map(({ text, status, author }) => [text, status, author.name])).toEqual([
    ["old 2", "stored", "BOB"],
    ["old 3", "stored", "BOB"],
    ["old 4", "stored", "BOB"],
    ["mine", "stored", "ADA"],
  ]);
});
