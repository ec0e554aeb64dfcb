// How connections end, over hibernation, and what is done to them from outside of a handler.
import { env, evictDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { type Client, closesOf, NIGHTS, open, until, World } from "./support/client.ts";

describe("how it ends", () => {
  it.each(NIGHTS)("A14 a close runs onClose with id, data, code and reason, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    const bob = await world.join("bob", ["tea"], { farewell: "tea" });
    await bob.call("PUT", { key: "user", value: "bobby", how: "direct" });
    await world.sleep(evictions);
    await bob.end(4001, "bye");
    expect(await closesOf(world, 1)).toEqual([[bob.id, "bobby", 4001, "bye"]]);
    expect(await ann.heard()).toEqual(["bobby left"]);
    expect(bob.got).toEqual([]);
    expect(await world.stub.announce("tea", "after")).toMatchObject({ ok: true, matched: 1 });
    expect(await world.inside((room) => room.handler.connectionCount())).toBe(1);
  });

  it.each(NIGHTS)(
    "A14 a message and the close right after it are handled in this order, $when",
    async ({ evictions }) => {
      const world = new World();
      const ann = await world.join("ann");
      await world.sleep(evictions);
      ann.send("PUT", { key: "user", value: "at last", how: "direct" });
      await ann.end(4002, "quick");
      expect(await closesOf(world, 1)).toEqual([[ann.id, "at last", 4002, "quick"]]);
    },
  );

  it("A14 onClose that throws still lets go of the connection", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"], { onClose: "throw" });
    await world.sleep();
    await ann.end(4001, "bye");
    await closesOf(world, 1);
    expect(await world.stub.announce("tea", "after")).toMatchObject({ matched: 0 });
    expect(world.plan.routerErrors).toHaveLength(1);
    expect(ann.closed).toEqual([4001, "bye"]);
  });

  it.each(NIGHTS)("A15 the client gets back the code and reason it gave, $when", async ({ evictions }) => {
    for (const [code, reason] of [
      [1000, ""],
      [3000, "three"],
      [4999, "the last — ünïcode"],
    ] as const) {
      const world = new World();
      const ann = await world.join("ann");
      await world.sleep(evictions);
      await ann.end(code, reason);
      expect(ann.closed).toEqual([code, reason]);
    }
  });

  it.each([1005, 1006, 1015])("A15 code %i never goes to the platform's close()", async (reserved) => {
    const world = new World();
    const ann = await world.join("ann");
    const calls: unknown[][] = [];
    await world.inside(async (room, state) => {
      const [socket] = state.getWebSockets();
      const close = vi.spyOn(socket!, "close").mockImplementation((...args) => void calls.push(args));
      await room.webSocketClose(socket!, reserved, "gone", false);
      close.mockRestore();
    });
    expect(calls).toEqual(reserved === 1005 ? [[]] : []);
    expect(world.plan.closes).toEqual([[ann.id, "ann", reserved, "gone"]]);
    expect(world.plan.errors).toEqual([]);
  });

  it.each(NIGHTS)("A15 closeClient closes by id with code and reason, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    const bob = await world.join("bob", ["tea"]);
    await world.sleep(evictions);
    const answers = await world.inside(async ({ handler }) => [
      handler.closeClient("nobody"),
      handler.closeClient(ann.id, 4003, "out"),
      (await handler.publish("tea", { messageType: "SAID" } as never, { text: "late", from: "rpc" })).ok,
    ]);
    expect(answers.slice(0, 2)).toEqual([false, true]);
    await ann.gone();
    expect(ann.closed).toEqual([4003, "out"]);
    expect(ann.got.filter(({ type }) => type === "SAID")).toEqual([]);
    expect((await closesOf(world, 1)).map(([id]) => id)).toEqual([ann.id]);
    expect(await bob.heard()).toEqual(["late"]);
  });

  it.each(NIGHTS)("A16 an error and then a close run onClose once, with 1006, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    await world.sleep(evictions);
    await world.inside(async (room, state) => {
      const [socket] = state.getWebSockets();
      await Promise.all([
        room.webSocketError(socket!, new Error("the line is dead")),
        room.webSocketClose(socket!, 1006, "", false),
      ]);
      await room.webSocketClose(socket!, 1006, "", false);
      expect(room.handler.presence()).toEqual([]);
    });
    expect(world.plan.closes.map(([id, user, code]) => [id, user, code])).toEqual([[ann.id, "ann", 1006]]);
    expect(await world.stub.announce("tea", "after")).toMatchObject({ matched: 0 });
  });

  it("A16 the sockets are cut by the platform: clients see it, a new life starts empty", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    await evictDurableObject(world.stub, { webSockets: "close" });
    await ann.gone();
    expect(await world.stub.announce("tea", "after")).toMatchObject({ ok: true, matched: 0 });
    const bob = await world.join("bob", ["tea"]);
    expect(bob.id).not.toBe(ann.id);
    expect(await world.inside((room) => room.handler.presence().map(({ data }) => data.user))).toEqual(["bob"]);
  });
});

describe("from outside of a handler", () => {
  it.each([true, false])("A54 a timer's change of data is kept by save() (%s), and only by it", async (save) => {
    const world = new World();
    const ann = await world.join("ann");
    await ann.call("LATER", { save });
    await until(() => world.plan.notes.length > 0, "the timer");
    await world.sleep();
    expect((await ann.call("WHO")).data).toEqual(save ? { user: "ann", late: "from a timer" } : { user: "ann" });
  });

  it("A54 save() of somebody who is gone, or never was, does nothing", async () => {
    const world = new World();
    const ann = await world.join("ann");
    await ann.end();
    await closesOf(world, 1);
    await world.inside((room) => {
      room.handler.save(ann.id);
      room.handler.save("nobody");
    });
    expect(world.plan.errors).toEqual([]);
  });

  it.each(NIGHTS)("A55 presence tells who is here, with data, topics and age, $when", async ({ evictions }) => {
    const before = Date.now();
    const world = new World();
    const ann = await world.join("ann", ["tea", "news"]);
    const bob = await world.join("bob", ["tea"]);
    await bob.call("FILL", { chars: 20_000 });
    const gone = await world.join("gone", ["tea"]);
    await gone.end();
    await closesOf(world, 1);
    await world.sleep(evictions);
    const here = await world.inside((room) => ({
      all: room.handler.presence(),
      news: room.handler.presence("news").map(({ clientId }) => clientId),
      none: room.handler.presence("none"),
      count: room.handler.connectionCount(),
    }));
    const byUser = new Map(here.all.map((one) => [one.data.user, one]));
    expect([...byUser.keys()].toSorted()).toEqual(["ann", "bob"]);
    expect(byUser.get("ann")).toMatchObject({ clientId: ann.id, data: { user: "ann" } });
    expect(byUser.get("ann")!.topics.toSorted()).toEqual(["news", "tea"]);
    expect(byUser.get("bob")).toMatchObject({ clientId: bob.id, topics: ["tea"] });
    expect(String(byUser.get("bob")!.data["fill"])).toHaveLength(20_000);
    for (const { openedAtMs } of here.all) {
      expect(openedAtMs).toBeGreaterThanOrEqual(before);
      expect(openedAtMs).toBeLessThanOrEqual(Date.now());
    }
    expect([here.news, here.none, here.count]).toEqual([[ann.id], [], 2]);
  });

  it("A55 the ready-made class does all of it", async () => {
    const stub = env.WSKIT_READY.getByName("ready");
    const ann: Client = await open(stub, { user: "ann" });
    ann.id = (await ann.next("WELCOME")).payload.id;
    await ann.call("JOIN", { topic: "tea" });
    await evictDurableObject(stub);
    expect((await ann.call("SAY", { topic: "tea", text: "hi" })).result).toMatchObject({ ok: true, matched: 1 });
    expect(await ann.heard()).toEqual(["hi"]);
    expect((await ann.call("WHO")).id).toBe(ann.id);
    await ann.end(4001, "bye");
    expect(ann.closed).toEqual([4001, "bye"]);
  });
});
