// The life of a connection over hibernation: who it is, what it knows and how it ends. An eviction is what the platform does to an idle object.
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { defineDurableRoom } from "../../../worker-ts/src/ws-kit/object";
import { type Client, NIGHTS, open, until, World } from "./support/client.ts";
import type { Data } from "./support/plan.ts";
import { chatRouter } from "./support/rooms.ts";

/** Errors of the adapter, by code. */
const codes = (world: World) => world.plan.errors.map(({ error, phase }) => [(error as { code?: string }).code, phase]);

/** Until user onClose has run so often. */
const closesOf = async (world: World, count: number) => {
  await until(() => world.plan.closes.length >= count, `${count} runs of onClose`);
  return world.plan.closes;
};

describe("what a wake keeps", () => {
  it.each(NIGHTS)("A09 id, data and topics are what they were, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann", ["tea", "news"], { colour: "red" });
    const bob = await world.join("bob", ["tea"]);
    await world.sleep(evictions);
    expect(await bob.call("WHO")).toEqual({ id: bob.id, data: { user: "bob" } });
    expect(await ann.call("WHO")).toEqual({ id: ann.id, data: { user: "ann", colour: "red" } });
    await ann.call("SAY", { topic: "tea", text: "one" });
    await bob.call("SAY", { topic: "news", text: "two" });
    expect([await ann.heard(), await bob.heard()]).toEqual([["one", "two"], ["one"]]);
  });

  it.each(NIGHTS)(
    "A09 frames that come together are handled in order and wake the client once, $when",
    async ({ evictions }) => {
      const world = new World();
      const ann = await world.join("ann", ["tea"]);
      await world.sleep(evictions);
      const said = Array.from({ length: 20 }, (_, at) => `line ${at}`);
      for (const text of said) ann.send("SAY", { topic: "tea", text });
      await until(() => ann.got.filter(({ type }) => type === "SENT").length === said.length, "all to be said");
      expect(await ann.heard()).toEqual(said);
    },
  );

  it("A09 persist keeps secrets out of what is stored, and revives what deserialize makes", async () => {
    const world = new World({
      persist: {
        serialize: ({ password: _, ...rest }) => rest,
        deserialize: (raw) => ({ ...(raw as { user: string }), revived: true }),
      },
    });
    const ann = await world.join("ann", ["tea"], { password: "hunter2" });
    await ann.call("FILL", { chars: 20_000 });
    await world.inside((_, { storage }) => expect(JSON.stringify([...storage.kv.list()])).not.toContain("hunter2"));
    await ann.call("PUT", { key: "fill", value: "small", how: "direct" });
    const bob = await world.join("bob", ["tea"], { password: "hunter3" });
    const kept = await world.inside((_, state) =>
      state.getWebSockets().map((socket) => socket.deserializeAttachment()),
    );
    expect(JSON.stringify(kept)).not.toContain("hunter");
    await world.sleep();
    expect((await ann.call("WHO")).data).toEqual({ user: "ann", fill: "small", revived: true });
    expect((await bob.call("WHO")).data).toEqual({ user: "bob", revived: true });
  });

  it("A09 deserialize that throws closes this connection with 1011 and no other", async () => {
    const world = new World({
      persist: {
        serialize: (data) => data,
        deserialize(raw) {
          if ((raw as { user: string }).user === "ann") throw new Error("cannot be revived");
          return raw as { user: string };
        },
      },
    });
    const ann = await world.join("ann", ["tea"]);
    const bob = await world.join("bob", ["tea"]);
    await world.sleep();
    ann.send("WHO", {});
    await ann.gone();
    expect(ann.closed?.[0]).toBe(1011);
    expect(world.plan.errors).toMatchObject([{ error: { message: "cannot be revived" } }]);
    expect((await bob.call("SAY", { topic: "tea", text: "alone" })).result).toMatchObject({ ok: true, matched: 1 });
    expect(await bob.heard()).toEqual(["alone"]);
  });

  it.each(NIGHTS.flatMap((night) => (["direct", "assign", "late"] as const).map((how) => ({ ...night, how }))))(
    "A10 a change of ctx.data ($how) is kept, $when",
    async ({ evictions, how }) => {
      const world = new World();
      const ann = await world.join("ann");
      await ann.call("PUT", { key: "note", value: { deep: [1, 2] }, how });
      await world.sleep(evictions);
      expect((await ann.call("WHO")).data).toEqual({ user: "ann", note: { deep: [1, 2] } });
      // Changed again after a wake: the object that the handler writes to is the one that is kept.
      await ann.call("PUT", { key: "user", value: "anna", how });
      await world.sleep(evictions);
      expect((await ann.call("WHO")).data).toEqual({ user: "anna", note: { deep: [1, 2] } });
    },
  );

  it.each([
    ["date", "date 1970-01-02T00:00:00.000Z"],
    ["map", 'map [["a",1]]'],
  ])("A10 a %s in ctx.data is one after a wake", async (kind, shown) => {
    const world = new World();
    const ann = await world.join("ann");
    await ann.call("KIND", { kind });
    await world.sleep(3);
    expect((await ann.call("WHO")).data.kind).toBe(shown);
  });

  it.each(NIGHTS)("A11 onOpen runs once in the life of a connection, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    await world.sleep(evictions);
    await world.stub.announce("tea", "hello");
    await ann.call("WHO");
    expect(world.plan.opens).toEqual([ann.id]);
    expect(ann.got.filter(({ type }) => type === "WELCOME")).toEqual([]);
    await ann.end();
    expect(world.plan.opens).toHaveLength(1);
  });
});

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

describe("what does not fit into an attachment", () => {
  it.each(NIGHTS)(
    "A22 data over 16 KB is kept in storage and goes with the connection, $when",
    async ({ evictions }) => {
      const world = new World();
      const ann = await world.join("ann", ["tea"]);
      const bob = await world.join("bob", ["tea"]);
      await ann.call("FILL", { chars: 40_000 });
      expect(await world.spills()).toEqual([ann.id]);
      await world.sleep(evictions);
      expect((await ann.call("WHO")).data).toEqual({ user: "ann", fill: "40000 characters" });
      await ann.call("JOIN", { topic: "news" });
      await world.sleep(evictions);
      expect((await bob.call("SAY", { topic: "news", text: "hi" })).result).toMatchObject({ matched: 1 });
      expect(await ann.heard()).toEqual(["hi"]);
      // Small again: it stays where it is, and what is read is the newest.
      await ann.call("FILL", { chars: 3 });
      await world.sleep(evictions);
      expect((await ann.call("WHO")).data.fill).toBe("xxx");
      await ann.end();
      await closesOf(world, 1);
      expect(await world.spills()).toEqual([]);
      expect(world.plan.errors).toEqual([]);
    },
  );

  it("A22 data that is over 16 KB from authenticate on", async () => {
    const world = new World({ authenticate: () => ({ user: "ann", big: "x".repeat(30_000) }) });
    const ann = await world.join("ann", ["tea"]);
    await world.sleep();
    expect((await ann.call("WHO")).data).toEqual({ user: "ann", big: "30000 characters" });
    expect(await world.stub.announce("tea", "hi")).toMatchObject({ matched: 1 });
  });

  it("A22 every size about the limit survives", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    for (const chars of [16_000, 16_150, 16_200, 16_250, 16_300, 16_350, 16_384, 17_000]) {
      await ann.call("FILL", { chars });
      await world.sleep();
      expect((await ann.call("WHO")).data.fill).toBe(`${chars} characters`);
    }
    expect(world.plan.errors).toEqual([]);
  });

  it("A22 what a cut connection left in storage is swept once two lives have missed its socket", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    await ann.call("FILL", { chars: 40_000 });
    await evictDurableObject(world.stub, { webSockets: "close" });
    await ann.gone();
    const bob = await world.join("bob", ["tea"]);
    await bob.call("FILL", { chars: 40_000 });
    await world.inside((_, { storage }) => storage.kv.put("mine", "not to be touched"));
    // The first life that misses it only takes note: a close event might be on its way.
    await world.stub.announce("tea", "hi");
    expect((await world.spills()).toSorted()).toEqual([ann.id, bob.id].toSorted());
    const kept = () => world.inside((_, { storage }) => [...storage.kv.list({ prefix: "__wskit:" })].length);
    expect(await kept()).toBe(3);
    // As often as it likes.
    await world.stub.announce("tea", "hi");
    expect(await kept()).toBe(3);
    await world.sleep();
    await world.stub.announce("tea", "hi");
    expect(await world.spills()).toEqual([bob.id]);
    expect(await kept()).toBe(1);
    expect(await world.inside((_, { storage }) => storage.kv.get("mine"))).toBe("not to be touched");
    expect((await bob.call("WHO")).data.fill).toBe("40000 characters");
  });

  it("A22 without SQLite storage it is SPILL_UNAVAILABLE; the connection and its last good state live", async () => {
    const world = new World({}, undefined, env.WSKIT_OLD);
    const ann = await world.join("ann", ["tea"]);
    await ann.call("PUT", { key: "note", value: "good", how: "direct" });
    await ann.call("FILL", { chars: 40_000 });
    expect((await ann.call("WHO")).data.fill).toBe("40000 characters");
    expect(new Set(codes(world).map((code) => code.join()))).toEqual(new Set(["SPILL_UNAVAILABLE,persist"]));
    await world.sleep();
    expect((await ann.call("WHO")).data).toEqual({ user: "ann", note: "good" });
    expect(await world.stub.announce("tea", "hi")).toMatchObject({ matched: 1 });
  });

  it("A23 data that cannot be cloned is DATA_UNCLONEABLE; the connection and its last good state live", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    await ann.call("PUT", { key: "note", value: "good", how: "direct" });
    await ann.call("KIND", { kind: "function" });
    expect(codes(world)[0]).toEqual(["DATA_UNCLONEABLE", "persist"]);
    expect(world.plan.errors[0]!.clientId).toBe(ann.id);
    expect((await ann.call("WHO")).data.note).toBe("good");
    expect(ann.closed).toBeUndefined();
    await world.sleep();
    expect((await ann.call("WHO")).data).toEqual({ user: "ann", note: "good" });
    expect(await world.stub.announce("tea", "hi")).toMatchObject({ matched: 1 });
  });

  it("A23 the same where the connection is spilled", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    await ann.call("FILL", { chars: 40_000 });
    await ann.call("KIND", { kind: "function" });
    expect(codes(world)[0]).toEqual(["DATA_UNCLONEABLE", "persist"]);
    await world.sleep();
    expect((await ann.call("WHO")).data).toEqual({ user: "ann", fill: "40000 characters" });
  });

  it("A23 an unsubscribe is kept though the data cannot be", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    await ann.call("KIND", { kind: "function" });
    await ann.call("LEAVE", { topic: "tea" });
    expect(await world.stub.announce("tea", "hi")).toMatchObject({ matched: 0 });
  });
});

describe("without waking", () => {
  it("A26 ping is answered while the object sleeps on", async () => {
    const world = new World();
    const ann = await world.join("ann");
    await world.sleep();
    ann.ws.send("ping");
    await ann.next("pong");
    await expect(evictDurableObject(world.stub)).rejects.toThrow(/not currently running/);
    expect(world.plan.births).toBe(1);
  });

  it("A26 the pair can be ws-kit's own heartbeat, or nothing", async () => {
    const request = JSON.stringify({ type: "__heartbeat" });
    const world = new World({ heartbeat: { request, response: '{"type":"__heartbeat_ack"}' } });
    const ann = await world.join("ann");
    await world.sleep();
    ann.ws.send(request);
    expect(await ann.next("__heartbeat_ack")).toEqual({ type: "__heartbeat_ack" });
    await expect(evictDurableObject(world.stub)).rejects.toThrow(/not currently running/);

    const silent = new World({ heartbeat: false });
    const bob = await silent.join("bob");
    await silent.sleep();
    bob.ws.send("ping");
    await bob.call("WHO");
    expect(bob.got).toEqual([]);
    expect(silent.plan.births).toBe(2);
  });

  it.each(NIGHTS)("A53 sweep closes the stale and nobody else, $when", async ({ evictions }) => {
    let shiftMs = -60_000;
    const runtime = { now: () => Date.now() + shiftMs };
    const world = new World({ runtime, heartbeat: { request: "ping", response: "pong", staleAfterMs: 30_000 } });
    const stale = await world.join("stale", ["tea"]);
    const pinged = await world.join("pinged", ["tea"]);
    const spoke = await world.join("spoke", ["tea"]);
    expect(await world.inside((room) => room.handler.sweep())).toBe(0);
    pinged.ws.send("ping");
    await pinged.next("pong");
    shiftMs = 0;
    await spoke.call("WHO");
    await world.sleep(evictions);
    expect(await world.inside((room) => room.handler.sweep())).toBe(1);
    await stale.gone();
    expect(stale.closed?.[0]).toBe(1001);
    expect((await closesOf(world, 1)).map(([id]) => id)).toEqual([stale.id]);
    expect(await world.inside((room) => room.handler.sweep())).toBe(0);
    expect(await world.stub.announce("tea", "hi")).toMatchObject({ matched: 2 });
    expect([pinged.closed, spoke.closed]).toEqual([undefined, undefined]);
  });

  it("A53 the ready-made class sweeps by its alarm, which goes on as long as anybody is there", async () => {
    const stub = env.WSKIT_READY.getByName("sweeps");
    const alarmIn = () =>
      runInDurableObject(stub, async (_, { storage }) => {
        const atMs = await storage.getAlarm();
        return atMs === null ? null : Math.ceil((atMs - Date.now()) / 60_000);
      });
    const stale = await open(stub, { user: "stale" });
    expect(await alarmIn()).toBe(1);
    const ann = await open(stub, { user: "ann" });
    await evictDurableObject(stub);
    await runInDurableObject(stub, (_, state) => {
      for (const socket of state.getWebSockets()) {
        const kept = socket.deserializeAttachment();
        if (kept.d.user === "stale") socket.serializeAttachment({ ...kept, a: Date.now() - 62_000 });
      }
    });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await stale.gone();
    expect([stale.closed?.[0], ann.closed, await alarmIn()]).toEqual([1001, undefined, 1]);
    await ann.end();
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await alarmIn()).toBeNull();
  });

  it("A53 a ready-made class that does not sweep sets no alarm, and looks at no sockets in somebody else's", async () => {
    const world = new World();
    const seen = await world.inside(async ({ plan }, state) => {
      const Plain = defineDurableRoom<Data, Cloudflare.Env>((scope) => chatRouter(scope, plan));
      const listed = vi.spyOn(state, "getWebSockets");
      const room = new Plain(state, env);
      const { webSocket } = await room.fetch(new Request("https://room.test/", { headers: { upgrade: "websocket" } }));
      webSocket!.accept();
      listed.mockClear();
      await room.alarm();
      return [listed.mock.calls.length, await state.storage.getAlarm()];
    });
    expect(seen).toEqual([0, null]);
  });

  it("A53 without staleAfterMs nothing is ever stale", async () => {
    let shiftMs = -1_000_000_000;
    const world = new World({ runtime: { now: () => Date.now() + shiftMs } });
    await world.join("ann");
    shiftMs = 0;
    expect(await world.inside((room) => room.handler.sweep())).toBe(0);
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
