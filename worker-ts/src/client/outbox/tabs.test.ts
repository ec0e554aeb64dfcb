// Two tabs that share one store: who sends, who is told what, and in which order.
import type { Frame } from "@ferrule/core";
import { expect, test } from "vitest";
import { sharedStorage } from "../testing/disk";
import { type Client, World } from "../testing/world";

const offline = (world: World) => {
  world.server.door = { status: 503, code: "room_full" };
};
const statuses = (client: Client, id: string) =>
  client.events.flatMap((event) => (event.type === "outbox" && event.entry.id === id ? [event.status] : []));

test("R62: two tabs on one store: who wrote it gets `done`, the other one `elsewhere` as soon as the store says so", async () => {
  const world = new World();
  const { disk, tab } = sharedStorage();
  offline(world);
  const one = await world.open("ada", { outbox: tab() });
  const sent = one.room.send("hello");
  await world.clock.pass(10);
  const two = await world.open("ada", { outbox: tab() });
  expect(statuses(two, sent.id)).toEqual(["pending"]);
  // Only the tab that wrote it comes online; the other one has nothing but the store to learn it from.
  world.server.door = undefined;
  one.room.retryNow();
  world.server.door = undefined;
  await world.clock.pass(15);
  world.server.door = { status: 503, code: "room_full" };
  await world.clock.pass(1_000);
  await expect(sent.done).resolves.toEqual({ seq: 1, ts: 1 });
  expect([two.room.state, two.room.unsent, statuses(two, sent.id)]).toEqual(["waiting", 0, ["pending", "elsewhere"]]);
  expect([disk.map.size, world.server.log.length]).toEqual([0, 1]);
});

test("two tabs online at once send the same message at most as a duplicate, and show it once each", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new World(seed);
    const { disk, tab } = sharedStorage();
    const one = await world.open("ada", { outbox: tab() });
    const two = await world.open("ada", { outbox: tab() });
    offline(world);
    for (const peer of world.server.open) peer.socket.cut();
    const sent = [1, 2, 3, 4, 5, 6].map((n) => (n % 2 ? one : two).room.send(`n ${n}`));
    await world.clock.pass(10);
    world.server.door = undefined;
    for (const { room } of [one, two]) room.retryNow();
    await world.clock.pass(60_000);
    const stored = await Promise.all(sent.map(({ done }) => done));
    expect(stored.map(({ seq }) => world.server.log[seq - 1]?.id)).toEqual(sent.map(({ id }) => id));
    expect([world.server.log.length, disk.map.size]).toEqual([6, 0]);
    for (const { room, texts } of [one, two])
      expect([room.unsent, texts().length, new Set(texts()).size]).toEqual([0, 6, 6]);
    expect(world.server.faultsOfClients).toBe(0);
  }
});

test("a message that another tab brought to its end while it was under way here does not let the next one overtake", async () => {
  const world = new World();
  const { disk, tab } = sharedStorage();
  offline(world);
  const one = await world.open("ada", { outbox: tab() });
  const [first, second] = [one.room.send("first"), one.room.send("second")];
  await world.clock.pass(10);
  await one.room.close();
  world.server.door = undefined;
  const held: Frame[] = [];
  world.server.intercept = (frame) => frame.kind === "MSG" && held.push(frame) > 0;
  const two = await world.open("ada", { outbox: tab() });
  expect(held).toHaveLength(1);
  // What a third tab does when the room has confirmed it there.
  const third = tab();
  await third.remove("sim", first.id);
  await world.clock.pass(100);
  expect([statuses(two, first.id), held.length]).toEqual([["pending", "elsewhere"], 1]);
  world.server.refuse(world.server.open[0]!, "RATE_LIMITED", held[0]!.id, 2_000);
  await world.clock.pass(1_000);
  expect(held).toHaveLength(1);
  world.server.intercept = () => false;
  await world.clock.pass(3_000);
  expect(two.texts()).toEqual(["second"]);
  expect([statuses(two, second.id).at(-1), disk.map.size]).toEqual(["stored", 0]);
});

test("two people on one store: what one writes before the first connection does not leave as the other", async () => {
  for (const first of ["ada", "bob"]) {
    const world = new World();
    const { disk, tab } = sharedStorage();
    offline(world);
    const [ada, bob] = [world.connect("ada", { outbox: tab() }), world.connect("bob", { outbox: tab() })];
    await world.clock.pass(100);
    const sent = ada.room.send("ada's own");
    await world.clock.pass(100);
    world.server.door = undefined;
    for (const { room } of first === "ada" ? [ada, bob] : [bob, ada]) {
      room.retryNow();
      await world.clock.pass(100);
    }
    await world.clock.pass(10_000);
    await expect(sent.done).resolves.toMatchObject({ seq: 1 });
    const ref = first === "ada" ? 1 : 2;
    expect(world.server.log.map(({ text, ref }) => [text, ref])).toEqual([["ada's own", ref]]);
    expect([bob.room.unsent, disk.map.size]).toEqual([0, 0]);
  }
});

test("what is written before the first connection by whom the program names leaves as nobody else, and is shown to no other who is named", async () => {
  const world = new World();
  const { disk, tab } = sharedStorage();
  offline(world);
  const ada = world.connect("ada", { user: "ada", outbox: tab() });
  ada.room.send("ada's own");
  await world.clock.pass(100);
  await ada.room.close();
  // one who says that he is bob is not shown it either
  const shown = world.connect("bob", { user: "bob", outbox: tab() });
  await world.clock.pass(100);
  expect([shown.room.unsent, shown.events.filter(({ type }) => type === "outbox")]).toEqual([0, []]);
  await shown.room.close();
  world.server.door = undefined;
  const bob = await world.open("bob", { outbox: tab() });
  expect([world.server.log.length, bob.room.unsent, disk.map.size]).toEqual([0, 0, 1]);
  await world.open("ada", { outbox: tab() });
  await world.clock.pass(10_000);
  expect(world.server.log.map(({ text, ref }) => [text, ref])).toEqual([["ada's own", 2]]);
});

test("closing stops listening to the store", async () => {
  const world = new World();
  const { tabs, tab } = sharedStorage();
  const one = await world.open("ada", { outbox: tab() });
  expect(tabs[0]).toHaveLength(1);
  await one.room.close();
  expect(tabs[0]).toHaveLength(0);
});
