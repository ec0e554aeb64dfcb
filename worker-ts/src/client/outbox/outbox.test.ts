// Messages that wait: over reloads, in several tabs, for several people, in stores that fail.
import { decode, encode, type Frame } from "@ferrule/core";
import { expect, test } from "vitest";
import { storage } from "../testing/disk";
import { World } from "../testing/world";
import { localOutbox, memoryOutbox, type OutboxStore } from "./outbox-store";

const offline = (world: World) => {
  world.server.door = { status: 503, code: "room_full" };
};

test("R62: written offline, reloaded, online: all arrive once, in order, and the outbox is empty", async () => {
  const world = new World();
  const disk = storage();
  offline(world);
  const before = await world.open("ada", { outbox: localOutbox(disk) });
  for (const text of ["one", "two", "three"]) before.room.send(text);
  await world.clock.pass(100);
  expect(disk.map.size).toBe(3);
  // The page is gone; nothing was said to the room object.
  const after = await world.open("ada", { outbox: localOutbox(disk) });
  expect(after.events.flatMap((event) => (event.type === "outbox" ? [event.entry.text] : []))).toEqual([
    "one",
    "two",
    "three",
  ]);
  expect(after.room.unsent).toBe(3);
  world.server.door = undefined;
  await world.clock.pass(60_000);
  expect(world.server.log.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  expect(disk.map.size).toBe(0);
  expect(after.room.unsent).toBe(0);
});

test("after a reload waiting messages are shown in the order written, whatever order the store has", async () => {
  const world = new World();
  const inner = memoryOutbox();
  const store: OutboxStore = { ...inner, load: async (room) => [...(await inner.load(room))].reverse() };
  offline(world);
  const before = await world.open("ada", { outbox: store });
  for (const text of ["one", "two", "three"]) before.room.send(text);
  await world.clock.pass(100);
  const after = await world.open("ada", { outbox: store });
  const shown = after.events.flatMap((event) => (event.type === "outbox" ? [event.entry.text] : []));
  expect(shown).toEqual(["one", "two", "three"]);
});

test("a clock that was set back over a reload does not turn the order round", async () => {
  const world = new World();
  const outbox = memoryOutbox();
  offline(world);
  const before = await world.open("ada", { outbox });
  before.room.send("one");
  await world.clock.pass(10);
  await before.room.close();
  const now = () => world.clock.now() - 60_000;
  const after = await world.open("ada", { outbox, platform: { now } });
  after.room.send("two");
  await world.clock.pass(10);
  world.server.door = undefined;
  await world.clock.pass(60_000);
  expect(world.server.log.map(({ text }) => text)).toEqual(["one", "two"]);
});

test("an entry is stored before it is sent, the same bytes each time, and removed at its ACK", async () => {
  const world = new World();
  const order: string[] = [];
  const inner = memoryOutbox();
  const slow: OutboxStore = {
    load: (room) => inner.load(room),
    async put(entry) {
      await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 300));
      order.push("kept");
      await inner.put(entry);
    },
    remove(room, id) {
      order.push("removed");
      return inner.remove(room, id);
    },
  };
  const frames: Uint8Array[] = [];
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "MSG") return false;
    order.push("sent");
    frames.push(new TextEncoder().encode(JSON.stringify([[...frame.id!], frame.body.replyTo, frame.body.text])));
    if (frames.length < 3) peer.socket.cut();
    return frames.length < 3;
  };
  const ada = await world.open("ada", { outbox: slow });
  ada.room.send("hello");
  await world.clock.pass(60_000);
  expect(order).toEqual(["kept", "sent", "sent", "sent", "removed"]);
  expect(new Set(frames.map(String)).size).toBe(1);
});

test("an entry that is being kept when the connection opens is sent after that, and not before", async () => {
  const world = new World();
  const inner = memoryOutbox();
  let kept = false;
  const slow: OutboxStore = {
    ...inner,
    async put(entry) {
      await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 3_000));
      await inner.put(entry);
      kept = true;
    },
  };
  const sentBeforeKept: boolean[] = [];
  world.server.intercept = (frame) => {
    if (frame.kind === "MSG") sentBeforeKept.push(!kept);
    return false;
  };
  const ada = await world.open("ada", { outbox: slow });
  world.server.open[0]!.socket.cut();
  const { done } = ada.room.send("hello");
  ada.room.retryNow();
  await world.clock.pass(1_000);
  expect([ada.room.state, ada.room.unsent]).toEqual(["open", 1]);
  await world.clock.pass(10_000);
  await expect(done).resolves.toMatchObject({ seq: 1 });
  expect(sentBeforeKept).toEqual([false]);
});

test("an ACK that is lost does not make a second message", async () => {
  const world = new World();
  const ada = await world.open("ada");
  world.server.faults = { ...world.server.faults, cutAfter: 1 };
  const sent = ada.room.send("once");
  await world.clock.pass(100);
  expect(world.server.log).toHaveLength(1);
  world.server.faults = { ...world.server.faults, cutAfter: 0 };
  await world.clock.pass(60_000);
  await expect(sent.done).resolves.toMatchObject({ seq: 1 });
  expect(world.server.log).toHaveLength(1);
  expect(ada.texts()).toEqual(["once"]);
});

test("two tabs with one outbox: everything once, and neither loses the other's", async () => {
  const world = new World();
  const disk = storage();
  const tabs = [
    await world.open("ada", { outbox: localOutbox(disk) }),
    await world.open("ada", { outbox: localOutbox(disk) }),
  ];
  offline(world);
  for (const peer of world.server.open) peer.socket.cut();
  for (let n = 0; n < 6; n++) {
    tabs[n % 2]!.room.send(`n ${n}`);
    await world.clock.pass(10);
  }
  expect(disk.map.size).toBe(6);
  world.server.door = undefined;
  await world.clock.pass(60_000);
  expect(world.server.log.map(({ text }) => text).sort()).toEqual(["n 0", "n 1", "n 2", "n 3", "n 4", "n 5"]);
  expect(disk.map.size).toBe(0);
  for (const tab of tabs) expect([tab.room.unsent, tab.texts().length]).toEqual([0, 6]);
});

test("a tab that is closed leaves its messages to the other one of the same user", async () => {
  const world = new World();
  const disk = storage();
  offline(world);
  const [one, two] = [
    await world.open("ada", { user: "ada", outbox: localOutbox(disk) }),
    await world.open("ada", { user: "ada", outbox: localOutbox(disk) }),
  ];
  const sent = one.room.send("from the closed tab");
  await world.clock.pass(10);
  await one.room.close();
  await expect(sent.done).rejects.toMatchObject({ code: "closed" });
  world.server.door = undefined;
  await world.clock.pass(60_000);
  expect(two.texts()).toEqual(["from the closed tab"]);
});

test("what a closed tab wrote before anybody was connected, and is nobody's, waits for the next tab that opens", async () => {
  const world = new World();
  const disk = storage();
  offline(world);
  const [one, two] = [
    await world.open("ada", { outbox: localOutbox(disk) }),
    await world.open("ada", { outbox: localOutbox(disk) }),
  ];
  one.room.send("from the closed tab");
  await world.clock.pass(10);
  await one.room.close();
  world.server.door = undefined;
  await world.clock.pass(60_000);
  expect([two.texts(), disk.map.size]).toEqual([[], 1]);
  await world.open("ada", { outbox: localOutbox(disk) });
  await world.clock.pass(1_000);
  expect([two.texts(), disk.map.size]).toEqual([["from the closed tab"], 0]);
});

test("another tab's message that was confirmed there is not sent again, nor shown as waiting", async () => {
  const world = new World();
  const disk = storage();
  offline(world);
  const one = await world.open("ada", { outbox: localOutbox(disk) });
  one.room.send("hello");
  await world.clock.pass(10);
  const two = await world.open("ada", { outbox: localOutbox(disk) });
  expect(two.room.unsent).toBe(1);
  disk.map.clear();
  world.server.door = undefined;
  two.room.retryNow();
  await world.clock.pass(500);
  expect(two.room.unsent).toBe(0);
  expect(two.events.filter(({ type }) => type === "outbox")).toMatchObject([
    { status: "pending" },
    { status: "elsewhere" },
  ]);
});

test("what one person wrote never leaves as another's", async () => {
  const world = new World();
  const disk = storage();
  const ada = await world.open("ada", { outbox: localOutbox(disk) });
  offline(world);
  world.server.open[0]!.socket.cut();
  ada.room.send("ada's own");
  await world.clock.pass(10);
  await ada.room.close();
  world.server.door = undefined;
  const bob = await world.open("bob", { outbox: localOutbox(disk) });
  expect([bob.room.unsent, disk.map.size]).toEqual([0, 1]);
  expect(bob.events.flatMap((event) => (event.type === "outbox" ? [event.status] : []))).toEqual([
    "pending",
    "elsewhere",
  ]);
  bob.room.send("bob's own");
  await world.clock.pass(10_000);
  expect(world.server.log.map(({ text }) => text)).toEqual(["bob's own"]);
  await bob.room.close();
  await world.open("ada", { outbox: localOutbox(disk) });
  await world.clock.pass(10_000);
  expect(world.server.log.map(({ text, ref }) => [text, ref])).toEqual([
    ["bob's own", 2],
    ["ada's own", 1],
  ]);
});

test("what one person wrote never leaves as another's, though the store is slow and the line changes hands", async () => {
  const world = new World();
  const inner = memoryOutbox();
  let slow = false;
  let finish = () => {};
  const store: OutboxStore = {
    ...inner,
    async load(room) {
      if (slow)
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
      return inner.load(room);
    },
  };
  const dialers = { ada: world.server.platform("ada").WebSocket, bob: world.server.platform("bob").WebSocket };
  let user: keyof typeof dialers = "ada";
  const WebSocket = new Proxy(dialers.ada, { construct: (_, args: [string, string[]]) => new dialers[user](...args) });
  const { room } = await world.open("ada", { outbox: store, platform: { WebSocket } });
  offline(world);
  world.server.open[0]!.socket.cut();
  room.send("ada's own");
  slow = true;
  world.server.door = undefined;
  await world.clock.pass(10_000);
  // The store has not answered yet, and somebody else has signed in.
  world.server.open[0]!.socket.cut();
  user = "bob";
  room.on("state", ({ state }) => {
    if (state === "open") finish();
  });
  await world.clock.pass(10_000);
  expect(room.self).toMatchObject({ id: "bob" });
  expect(world.server.log).toEqual([]);
});

test("written before the first connection, sent by one, unconfirmed: it is that one's from then on", async () => {
  const world = new World();
  const disk = storage();
  const ada = world.connect("ada", { outbox: localOutbox(disk) });
  ada.room.send("early");
  world.server.intercept = (frame) => frame.kind === "MSG";
  await world.clock.pass(1_000);
  await ada.room.close();
  world.server.intercept = () => false;
  await world.open("bob", { outbox: localOutbox(disk) });
  await world.clock.pass(10_000);
  expect(world.server.log).toEqual([]);
});

test("a store that fails refuses the message, and what was sent before goes on", async () => {
  const world = new World();
  const inner = memoryOutbox();
  let full = false;
  const store: OutboxStore = {
    ...inner,
    put(entry) {
      if (full) throw new Error("quota");
      return inner.put(entry);
    },
  };
  const ada = await world.open("ada", { outbox: store });
  const good = ada.room.send("fits");
  await world.clock.pass(1);
  full = true;
  const bad = ada.room.send("does not");
  await world.clock.pass(1_000);
  await expect(good.done).resolves.toMatchObject({ seq: 1 });
  await expect(bad.done).rejects.toMatchObject({ code: "not_kept" });
});

test("a store that fails at the first connection refuses what it was to keep, and nothing else", async () => {
  const world = new World();
  const inner = memoryOutbox();
  let puts = 0;
  const store: OutboxStore = {
    ...inner,
    put(entry) {
      if (++puts === 2) throw new Error("quota");
      return inner.put(entry);
    },
  };
  const ada = world.connect("ada", { outbox: store });
  const early = ada.room.send("kept as nobody's, and not as ada's");
  await world.clock.pass(1_000);
  await expect(early.done).rejects.toMatchObject({ code: "not_kept" });
  const later = ada.room.send("later");
  await world.clock.pass(1_000);
  await expect(later.done).resolves.toMatchObject({ seq: 1 });
});

test("a store that cannot be read for once takes nothing off the list", async () => {
  const world = new World();
  const inner = memoryOutbox();
  let broken = false;
  const store: OutboxStore = {
    ...inner,
    load(room) {
      if (broken) throw new Error("not now");
      return inner.load(room);
    },
  };
  offline(world);
  const before = await world.open("ada", { outbox: store });
  before.room.send("waiting");
  await world.clock.pass(10);
  await before.room.close();
  const after = await world.open("ada", { outbox: store });
  broken = true;
  world.server.door = undefined;
  await world.clock.pass(60_000);
  expect(after.events.filter(({ type }) => type === "outbox")).toMatchObject([
    { status: "pending" },
    { status: "stored" },
  ]);
  expect(after.events).toContainEqual(expect.objectContaining({ type: "error" }));
});

test("a guest who becomes a user in another tab goes on writing in this one", async () => {
  const world = new World();
  const ada = await world.open("guest");
  const list = [{ ref: 1, flags: 0, userId: "ada", name: "Ada" }];
  world.server.open[0]!.socket.deliver(encode({ kind: "PEOPLE", body: { list } }));
  await world.clock.pass(100);
  expect(ada.room.self).toMatchObject({ id: "ada", name: "Ada" });
  ada.room.send("still here");
  await world.clock.pass(1_000);
  expect(world.server.log.map(({ text }) => text)).toEqual(["still here"]);
});

test("the same id twice while the first is under way is refused; what is no entry is left alone", async () => {
  const world = new World();
  const disk = storage();
  disk.setItem("ferrule.outbox/sim/x", "{");
  disk.setItem("ferrule.outbox/sim/y", JSON.stringify({ id: "y", room: "sim", at: 1, frame: "5701" }));
  disk.setItem("theme", "dark");
  const ada = await world.open("ada", { outbox: localOutbox(disk) });
  const id = "0199a0b0-c0d0-7e0f-8011-223344556677";
  ada.room.send("one", { id: id.toUpperCase() });
  const second = ada.room.send("two", { id });
  await world.clock.pass(1_000);
  await expect(second.done).rejects.toMatchObject({ code: "conflict" });
  expect(ada.texts()).toEqual(["one"]);
  expect(disk.map.size).toBe(3);
});

test("a kept frame is the frame that was sent", async () => {
  const disk = storage();
  const world = new World();
  offline(world);
  const ada = await world.open("ada", { outbox: localOutbox(disk) });
  const { id } = ada.room.send("grüße 👍", { replyTo: 3 });
  await world.clock.pass(10);
  const [entry] = await localOutbox(disk).load("sim");
  expect(entry).toMatchObject({ id, room: "sim", user: null });
  expect((decode("up", entry!.frame) as Frame).body).toMatchObject({ replyTo: 3, text: "grüße 👍" });
  expect(await localOutbox(disk).load("other")).toEqual([]);
});
