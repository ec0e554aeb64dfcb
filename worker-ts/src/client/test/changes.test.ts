// Edits, deletes and reactions: through the outbox as messages go, and as events of the log as messages come.
import { decode, type Frame } from "@ferrule/core";
import { expect, test } from "vitest";
import type { RoomEvent } from "../events";
import { memoryOutbox } from "../outbox/outbox-store";
import { type Client, World } from "../testing/world";

const changes = ({ events }: Client) =>
  events.flatMap((event) => {
    if (event.type === "edit") return [`edit ${event.target} ${event.text}`];
    if (event.type === "delete") return [`delete ${event.target}`];
    return event.type === "react" || event.type === "unreact" ? [`${event.type} ${event.target} ${event.emoji}`] : [];
  });
const outbox = ({ events }: Client) =>
  events.filter((event): event is Extract<RoomEvent, { type: "outbox" }> => event.type === "outbox");

test("each change is stored, confirmed with its place, and told to everybody with who did it", async () => {
  const world = new World();
  const [ada, bob] = [await world.open("ada"), await world.open("bob")];
  const { seq } = await settled(world, ada.room.send("helo").done);
  const edited = ada.room.edit(seq, "hello");
  await world.clock.pass(500);
  const liked = bob.room.react(seq, "👍🏽");
  await world.clock.pass(500);
  expect(await Promise.all([edited.done, liked.done])).toMatchObject([{ seq: 2 }, { seq: 3 }]);
  bob.room.unreact(seq, "👍🏽");
  await world.clock.pass(500);
  ada.room.remove(seq);
  await world.clock.pass(500);
  for (const client of [ada, bob])
    expect(changes(client)).toEqual(["edit 1 hello", "react 1 👍🏽", "unreact 1 👍🏽", "delete 1"]);
  expect(bob.events.find(({ type }) => type === "edit")).toMatchObject({
    seq: 2,
    ts: 2,
    sender: 1,
    mine: false,
    person: { id: "ada", name: "ADA" },
  });
  expect(bob.events.find(({ type }) => type === "react")).toMatchObject({ mine: true, person: { id: "bob" } });
  expect(ada.room.cursor?.seq).toBe(5);
  expect(outbox(ada).map(({ status, entry: { kind, target, text } }) => [status, kind, target, text])).toEqual([
    ["pending", "message", null, "helo"],
    ["stored", "message", null, "helo"],
    ["pending", "edit", 1, "hello"],
    ["stored", "edit", 1, "hello"],
    ["pending", "delete", 1, ""],
    ["stored", "delete", 1, ""],
  ]);
});

test("what is so already is confirmed without an entry", async () => {
  const world = new World();
  world.server.post("bob", "one");
  const ada = await world.open("ada");
  const sent = [ada.room.react(1, "👍"), ada.room.react(1, "👍"), ada.room.unreact(1, "🎉")];
  await world.clock.pass(1_000);
  const stored = await Promise.all(sent.map(({ done }) => done));
  expect(stored).toEqual([
    { seq: 2, ts: 2 },
    { seq: 0, ts: 0 },
    { seq: 0, ts: 0 },
  ]);
  expect(changes(ada)).toEqual(["react 1 👍"]);
});

test("final refusals: another's message, one that is none, one that is erased", async () => {
  const world = new World();
  world.server.post("bob", "one");
  const ada = await world.open("ada");
  const own = await settled(world, ada.room.send("two").done);
  ada.room.remove(own.seq);
  const sent = [
    ada.room.edit(1, "mine now"),
    ada.room.remove(1),
    ada.room.edit(99, "nothing"),
    ada.room.edit(own.seq, "back"),
    ada.room.react(own.seq, "👍"),
    ada.room.react(1, "👍"),
  ];
  await world.clock.pass(2_000);
  const codes = await Promise.all(sent.map(({ done }) => done.then(() => "stored").catch(({ code }) => code)));
  expect(codes).toEqual(["forbidden", "forbidden", "not_found", "not_found", "not_found", "stored"]);
  expect(outbox(ada).filter(({ status }) => status === "failed")).toHaveLength(5);
  expect(ada.room.unsent).toBe(0);
});

test("what cannot be a change is refused here, with the writes behind it unharmed", async () => {
  const world = new World();
  world.server.post("bob", "one");
  const ada = await world.open("ada");
  const bad = [
    ada.room.edit(1, ""),
    ada.room.edit(1, "x".repeat(16_385)),
    ada.room.edit(0, "no message"),
    ada.room.remove(Number.NaN),
    ada.room.remove(1.5),
    ada.room.react(1, ""),
    ada.room.react(1, "two words"),
    ada.room.react(1, "x".repeat(65)),
    ada.room.unreact(-1, "👍"),
  ];
  const good = ada.room.react(1, "👍");
  await world.clock.pass(1_000);
  expect(await Promise.all(bad.map(({ done }) => done.catch(({ code }) => code)))).toEqual([
    "bad_request",
    "too_large",
    "bad_request",
    "bad_request",
    "bad_request",
    "bad_request",
    "bad_request",
    "too_large",
    "bad_request",
  ]);
  await expect(good.done).resolves.toMatchObject({ seq: 2 });
});

test("R62: changes written offline survive a reload, and leave once, in order, byte for byte the same", async () => {
  const world = new World();
  world.server.post("ada", "one");
  const store = memoryOutbox();
  world.server.door = { status: 503, code: "room_full" };
  const before = await world.open("ada", { outbox: store });
  before.room.edit(1, "two");
  before.room.react(1, "👍");
  before.room.edit(1, "three");
  before.room.unreact(1, "👍");
  await world.clock.pass(100);
  const kept = await store.load("sim");
  await before.room.close();
  const after = await world.open("ada", { outbox: store });
  expect(outbox(after).map(({ entry: { kind, text, target } }) => `${kind} ${target} ${text}`)).toEqual([
    "edit 1 two",
    "react 1 👍",
    "edit 1 three",
    "unreact 1 👍",
  ]);
  // The first line breaks before anything is answered: all of it comes again.
  const sent: Uint8Array[] = [];
  world.server.door = undefined;
  let cuts = 0;
  const raw = tapped(sent);
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "EDIT" || cuts++ > 0) return false;
    peer.socket.cut();
    return true;
  };
  await after.room.close();
  const last = await world.open("ada", { outbox: store, tap: raw });
  await world.clock.pass(60_000);
  expect(world.server.log.map(({ kind, text }) => `${kind} ${text}`).sort()).toEqual(
    ["EDIT three", "EDIT two", "MSG one", "REACT 👍", "UNREACT 👍"].sort(),
  );
  expect(world.server.room.messages.get(1)).toMatchObject({ text: "three" });
  expect(cuts).toBe(3);
  const bytes = new Set(sent.map(String));
  expect(bytes).toEqual(new Set(kept.map(({ frame }) => String(frame))));
  expect([last.room.unsent, await store.load("sim")]).toEqual([0, []]);
});

test("a change whose ACK is lost is not made twice", async () => {
  const world = new World();
  world.server.post("ada", "one");
  const ada = await world.open("ada");
  world.server.faults = { ...world.server.faults, cutAfter: 1 };
  const sent = [ada.room.edit(1, "two"), ada.room.react(1, "👍")];
  await world.clock.pass(100);
  world.server.faults = { ...world.server.faults, cutAfter: 0 };
  await world.clock.pass(60_000);
  const stored = await Promise.all(sent.map(({ done }) => done));
  expect(stored.map(({ seq }) => world.server.log[seq - 1]?.kind)).toEqual(["EDIT", "REACT"]);
  expect(world.server.log).toHaveLength(3);
});

test("a change never leaves for a message of another log, in this life or the next; a message does", async () => {
  const other = Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9);
  for (const reload of [false, true]) {
    const world = new World();
    world.server.post("ada", "one");
    const outbox = memoryOutbox();
    const before = await world.open("ada", { outbox });
    world.server.door = { status: 503, code: "room_full" };
    world.server.open[0]!.socket.cut();
    const sent = before.room.remove(1);
    before.room.send("two");
    await world.clock.pass(100);
    if (reload) await before.room.close();
    const ada = reload ? await world.open("ada", { outbox }) : before;
    // Restored from a backup: another message may stand there now.
    world.server.epoch = other;
    world.server.door = undefined;
    await world.clock.pass(60_000);
    expect(world.server.log.map(({ kind, text }) => `${kind} ${text}`)).toEqual(["MSG one", "MSG two"]);
    await expect(sent.done).rejects.toMatchObject({ code: reload ? "closed" : "reset" });
    const failed = ada.events.find((event) => event.type === "outbox" && event.status === "failed");
    expect(failed).toMatchObject({ entry: { kind: "delete", target: 1 }, error: { code: "reset" } });
    expect([ada.room.unsent, await outbox.load("sim")]).toEqual([0, []]);
  }
});

test("a change that is written before the program has handled the reset is one of the old log", async () => {
  const world = new World();
  world.server.post("ada", "one");
  const ada = await world.open("ada");
  let handled = () => {};
  ada.room.on("reset", () => new Promise((resolve) => (handled = resolve)));
  world.server.epoch = Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9);
  world.server.open[0]!.socket.cut();
  await world.clock.pass(5_000);
  const [early, text] = [ada.room.remove(1), ada.room.send("two")];
  await world.clock.pass(500);
  await expect(early.done).rejects.toMatchObject({ code: "reset" });
  await expect(text.done).resolves.toMatchObject({ seq: 2 });
  handled();
  await world.clock.pass(500);
  const late = ada.room.remove(1);
  await world.clock.pass(500);
  await expect(late.done).resolves.toMatchObject({ seq: 3 });
});

/** Keeps the logged frames that go up. */
function tapped(sent: Uint8Array[]) {
  return ({ side, bytes }: { side: string; bytes: Uint8Array }) => {
    const frame = side === "up" ? (decode("up", bytes) as Frame) : undefined;
    if (frame?.kind === "EDIT" || frame?.kind === "REACT" || frame?.kind === "UNREACT") sent.push(bytes);
  };
}

/** Lets time pass until it is answered. */
async function settled<T>(world: World, promise: Promise<T>): Promise<T> {
  await world.clock.pass(500);
  return promise;
}
