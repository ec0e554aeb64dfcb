// Topics: who gets a message, how many that were, what it looks like, and that no object ever reaches another's sockets.
import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { createRouter, withPubSub, withZod } from "@ws-kit/zod";
import { describe, expect, it, vi } from "vitest";
import { createDurableObjectHandler, DurablePubSub, WsKitDurableError } from "../../../worker-ts/src/ws-kit/index";
import { type Client, NIGHTS, open, until, World } from "./support/client.ts";
import type { Data } from "./support/plan.ts";
import { chatRouter, Loose, Said } from "./support/rooms.ts";
import type { ScopedRoom } from "./worker.ts";

/** A world whose pubsub adapter the test can call. */
function withAdapter(options: ConstructorParameters<typeof World>[0] = {}) {
  const adapters: DurablePubSub[] = [];
  const world: World = new World(options, (scope) => {
    adapters.push(scope.pubsub);
    return chatRouter(scope, world.plan);
  });
  return { world, adapter: () => adapters.at(-1)! };
}

describe("topics", () => {
  it.each(NIGHTS)("A12 a publish from one client reaches the other, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    const bob = await world.join("bob", ["tea"]);
    const cid = await world.join("cid", ["other"]);
    await world.sleep(evictions);
    expect((await ann.call("SAY", { topic: "tea", text: "hi" })).result).toEqual({
      ok: true,
      capability: "exact",
      matched: 2,
    });
    expect([await ann.heard(), await bob.heard(), await cid.heard()]).toEqual([["hi"], ["hi"], []]);
  });

  it.each(NIGHTS)("A13 a publish by RPC reaches all, $when", async ({ evictions }) => {
    const world = new World();
    const all = [await world.join("ann", ["tea"]), await world.join("bob", ["tea"]), await world.join("cid", ["tea"])];
    await world.sleep(evictions);
    expect(await world.stub.announce("tea", "hi")).toEqual({ ok: true, capability: "exact", matched: 3 });
    for (const client of all) expect(await client.heard()).toEqual(["hi"]);
    expect(await world.stub.announce("nobody's", "hi")).toEqual({ ok: true, capability: "exact", matched: 0 });
  });

  it.each(NIGHTS)("A17 who unsubscribed stays unsubscribed, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann", ["tea", "news"]);
    await ann.call("LEAVE", { topic: "tea" });
    await ann.call("LEAVE", { topic: "never was in" });
    await world.sleep(evictions);
    expect(await world.stub.announce("tea", "no")).toMatchObject({ matched: 0 });
    expect(await world.stub.announce("news", "yes")).toMatchObject({ matched: 1 });
    expect(await ann.heard()).toEqual(["yes"]);
    // And back again, and twice is once.
    await ann.call("JOIN", { topic: "tea" });
    await ann.call("JOIN", { topic: "tea" });
    await world.sleep(evictions);
    expect(await world.stub.announce("tea", "again")).toMatchObject({ matched: 1 });
    expect(await ann.heard()).toEqual(["again"]);
  });

  it.each(NIGHTS)(
    "A18 excludeSelf skips the sender, does not count it and does not show, $when",
    async ({ evictions }) => {
      const world = new World();
      const ann = await world.join("ann", ["tea"]);
      const bob = await world.join("bob", ["tea"]);
      await world.sleep(evictions);
      const { result } = await ann.call("SAY", { topic: "tea", text: "psst", excludeSelf: true });
      expect(result).toEqual({ ok: true, capability: "exact", matched: 1 });
      expect(await ann.heard()).toEqual([]);
      await bob.call("WHO");
      const frame = bob.raw.find((text) => String(text).includes("psst"));
      expect(frame).toBe(JSON.stringify({ type: "SAID", payload: { text: "psst", from: ann.id } }));
    },
  );

  it("A18 nobody can name who is left out", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    const meta = { excludeClientId: ann.id, shown: 1 };
    await world.inside(({ handler }) => handler.publish("tea", Said, { text: "all", from: "rpc" }, { meta }));
    expect((await ann.next("SAID")).meta).toEqual({ shown: 1 });
  });

  it.each(NIGHTS)("A19 matched counts open sockets only, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    const bob = await world.join("bob", ["tea"]);
    await world.sleep(evictions);
    const result = await world.inside(({ handler }, state) => {
      state.getWebSockets(`c:${ann.id}`)[0]!.close(4004, "closing");
      return handler.publish("tea", Said, { text: "who is left", from: "rpc" });
    });
    expect(result).toEqual({ ok: true, capability: "exact", matched: 1 });
    expect(await bob.heard()).toEqual(["who is left"]);
    await ann.gone();
    expect(ann.got).toEqual([]);
    expect(world.plan.errors).toEqual([]);
  });

  it("A20 a frame is type, then meta if there is any, then payload if there is one; never the topic", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    ann.raw.length = 0;
    await world.inside(async ({ handler }) => {
      await handler.publish("tea", Said, { text: "a", from: "b" });
      await handler.publish("tea", Said, { text: "a", from: "b" }, { meta: {} });
      await handler.publish("tea", Said, { text: "a", from: "b" }, { meta: { timestamp: 7 } });
      await handler.publish("tea", { messageType: "BARE", kind: "event" } as never, undefined);
      await handler.publish("tea", Loose, { value: "ü\u2028🙂" });
    });
    await ann.call("WHO");
    expect(ann.raw.slice(0, 5)).toEqual([
      '{"type":"SAID","payload":{"text":"a","from":"b"}}',
      '{"type":"SAID","payload":{"text":"a","from":"b"}}',
      '{"type":"SAID","meta":{"timestamp":7},"payload":{"text":"a","from":"b"}}',
      '{"type":"BARE"}',
      '{"type":"LOOSE","payload":{"value":"ü\u2028🙂"}}',
    ]);
  });

  it("A21 what JSON refuses is an answer, not a throw, and reaches nobody", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const thrower = {
      toJSON() {
        throw new Error("will not");
      },
    };
    for (const value of [10n, circle, thrower]) {
      const result = await world.inside(({ handler }) => handler.publish("tea", Loose, { value }));
      expect(result).toMatchObject({ ok: false, error: "VALIDATION", retryable: false });
    }
    expect(await ann.heard()).toEqual([]);
    expect(ann.got).toEqual([]);
  });

  it("A47 replace goes from one set to the other; what changes nothing writes nothing", async () => {
    const { world, adapter } = withAdapter();
    const ann = await world.join("ann", ["a", "b"]);
    const written = vi.spyOn(WebSocket.prototype, "serializeAttachment");
    await world.inside(async () => {
      expect(await adapter().replace(ann.id, ["b", "a"])).toEqual({ added: 0, removed: 0, total: 2 });
      expect(await adapter().replace("nobody", ["a"])).toMatchObject({ added: 0, removed: 0 });
      expect(written).not.toHaveBeenCalled();
      expect(await adapter().replace(ann.id, ["b", "c", "d", "c"])).toEqual({ added: 2, removed: 1, total: 3 });
      expect(written).toHaveBeenCalledTimes(1);
    });
    written.mockRestore();
    await world.sleep();
    const matched = [];
    for (const topic of ["a", "b", "c", "d"]) matched.push(await world.stub.announce(topic, topic));
    expect(matched.map((result) => result.ok && result.matched)).toEqual([0, 1, 1, 1]);
  });

  it("A47 a change of topics outside of a handler is kept at once", async () => {
    const { world, adapter } = withAdapter();
    const ann = await world.join("ann", ["a"]);
    await world.sleep();
    await world.inside(async () => {
      await adapter().subscribe(ann.id, "b");
      await adapter().unsubscribe(ann.id, "a");
    });
    await world.sleep();
    expect(await world.inside((room) => room.handler.presence()[0]!.topics)).toEqual(["b"]);
  });

  it("A47 topics over their limits are LIMIT, and a replace that holds one changes nothing", async () => {
    const { world, adapter } = withAdapter({ topicsPerConnectionMax: 3, topicCharsMax: 10 });
    const ann = await world.join("ann", ["a", "b"]);
    const long = "x".repeat(11);
    const failures = await world.inside(async () => {
      const tries = [
        () => adapter().subscribe(ann.id, long),
        () => adapter().replace(ann.id, ["c", long]),
        () => adapter().replace(ann.id, ["c", "d", "e", "f"]),
        async () => {
          await adapter().subscribe(ann.id, "c");
          await adapter().subscribe(ann.id, "c");
          await adapter().subscribe(ann.id, "d");
        },
      ];
      const seen: unknown[] = [];
      for (const attempt of tries) {
        await attempt().then(
          () => seen.push("taken"),
          (error: unknown) => seen.push(error instanceof WsKitDurableError && error.code),
        );
      }
      return seen;
    });
    expect(failures).toEqual(["LIMIT", "LIMIT", "LIMIT", "LIMIT"]);
    await world.sleep();
    expect((await world.inside((room) => room.handler.presence()[0]!.topics)).toSorted()).toEqual(["a", "b", "c"]);
  });

  it("A48 a message that publishes nothing lists no sockets; the first publish lists them once", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    await world.join("bob", ["tea"]);
    await world.sleep();
    world.plan.listings = 0;
    await ann.call("WHO");
    await ann.call("PUT", { key: "a", value: 1, how: "assign" });
    await ann.call("JOIN", { topic: "news" });
    await ann.call("LEAVE", { topic: "tea" });
    expect(world.plan.listings).toBe(0);
    for (const text of ["one", "two"]) await ann.call("SAY", { topic: "tea", text });
    expect(world.plan.listings).toBe(1);
  });

  it("A48 a close that wakes lists no sockets", async () => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    await world.sleep();
    world.plan.listings = 0;
    await ann.end();
    await until(() => world.plan.closes.length === 1, "onClose");
    expect(world.plan.listings).toBe(0);
  });

  it("A48 on a connection that is known the router has the frame before anything is awaited", async () => {
    let dispatched = 0;
    const world: World = new World({}, (scope) => {
      const router = chatRouter(scope, world.plan);
      const { message } = router.websocket;
      router.websocket.message = (ws, data) => {
        dispatched++;
        return message(ws, data);
      };
      return router;
    });
    await world.join("ann");
    dispatched = 0;
    await world.inside(async (room, state) => {
      const [socket] = state.getWebSockets();
      const done = room.webSocketMessage(socket!, '{"type":"WHO","payload":{}}');
      expect(dispatched).toBe(1);
      await done;
    });
  });
});

describe("several objects in one isolate", () => {
  it.each(NIGHTS)(
    "A24 rooms of a factory with the same topic and the same client ids never mix, $when",
    async ({ evictions }) => {
      const options = { clientId: (_: Request, { user }: Data) => user };
      const here = new World(options);
      const there = new World(options);
      const ann = await here.join("ann", ["tea"]);
      const twin = await there.join("ann", ["tea"]);
      const bob = await there.join("bob", ["tea"]);
      await here.sleep(evictions);
      await there.sleep(evictions);
      const results = await Promise.all([
        here.stub.announce("tea", "here"),
        there.stub.announce("tea", "there"),
        ann.call("SAY", { topic: "tea", text: "ann" }),
      ]);
      expect(results).toMatchObject([{ matched: 1 }, { matched: 2 }, { result: { matched: 1 } }]);
      expect((await ann.heard()).toSorted()).toEqual(["ann", "here"]);
      expect([await twin.heard(), await bob.heard()]).toEqual([["there"], ["there"]]);
      await twin.end();
      expect(await here.stub.announce("tea", "still")).toMatchObject({ matched: 1 });
    },
  );

  it.each(NIGHTS)("A24 one router with asyncScope keeps its objects apart, $when", async ({ evictions }) => {
    const stubs = ["north", "south"].map((name) => env.WSKIT_SCOPED.getByName(`${name} ${evictions}`));
    const [north, south] = stubs as [(typeof stubs)[0], (typeof stubs)[0]];
    const enter = async (stub: typeof north, user: string) => {
      const client = await open(stub, { user });
      await client.next("SAID");
      return client;
    };
    const [ann, bob] = [await enter(north, "ann"), await enter(north, "bob")];
    const [cid, dan] = [await enter(south, "cid"), await enter(south, "dan")];
    for (let night = 0; night < evictions; night++) {
      for (const stub of stubs) {
        await runInDurableObject(stub, (room: ScopedRoom) => room.handler.connectionCount());
        await evictDurableObject(stub);
      }
    }
    // Both at once, and over an await: the scope must hold where they interleave.
    const speak = (client: Client, text: string) => client.send("SAID", { text, from: "" });
    for (let round = 0; round < 5; round++) {
      speak(ann, `later north ${round}`);
      speak(cid, `later south ${round}`);
    }
    const texts = (client: Client) =>
      client.got.filter(({ type }) => type === "SAID").map(({ payload }) => payload.text);
    for (const client of [ann, bob, cid, dan]) await until(() => texts(client).length >= 5, "five lines");
    const counts = await Promise.all([north.announce("end"), south.announce("end")]);
    expect(counts).toMatchObject([{ matched: 2 }, { matched: 2 }]);
    for (const client of [ann, bob, cid, dan]) await until(() => texts(client).includes("end"), "the end");
    const heard = [ann, bob, cid, dan].map((client) => texts(client).toSorted().join());
    const lines = (side: string) => ["end", ...[0, 1, 2, 3, 4].map((round) => `later ${side} ${round}`)].join();
    expect(heard).toEqual([lines("north"), lines("north"), lines("south"), lines("south")]);
    // A close belongs to its own object as well.
    ann.ws.close(1000, "");
    await until(() => texts(bob).includes("ann left"), "the farewell");
    expect(await south.announce("last")).toMatchObject({ matched: 2 });
    for (const client of [cid, dan]) expect(texts(client)).not.toContain("ann left");
  });

  it("A25 one router for two objects is ROUTER_SHARED on the second's first event, and nothing leaks", async () => {
    const pubsub = new DurablePubSub();
    const router = createRouter<Data>()
      .plugin(withZod<Data>())
      .plugin(withPubSub<Data>({ adapter: pubsub }));
    router.onOpen((ctx) => ctx.topics.subscribe("tea"));
    const handlerIn = (state: DurableObjectState) =>
      createDurableObjectHandler<Data, Cloudflare.Env>(router, { state, env, pubsub });
    const request = () => new Request("https://room.test/", { headers: { upgrade: "websocket" } });

    const first = new World();
    const second = new World();
    await first.inside(async (_, state) => {
      const response = await handlerIn(state).fetch(request());
      expect(response.status).toBe(101);
      response.webSocket!.accept();
    });
    const code = await second.inside(async (_, state) => {
      try {
        const { status } = await handlerIn(state).fetch(request());
        return status;
      } catch (error) {
        return error instanceof WsKitDurableError ? [error.code, error.fault] : error;
      }
    });
    expect(code).toEqual(["ROUTER_SHARED", "caller"]);
    expect(await second.inside((_, state) => state.getWebSockets().length)).toBe(0);
  });

  it("A25 the same for a router without topics, in every event and for good", async () => {
    const router = createRouter<Data>().plugin(withZod<Data>());
    const [first, second] = [new World(), new World()];
    await first.inside((_, state) =>
      createDurableObjectHandler<Data, Cloudflare.Env>(router, { state, env }).connectionCount(),
    );
    const codes = await second.inside((_, state) => {
      const handler = createDurableObjectHandler<Data, Cloudflare.Env>(router, { state, env });
      const events: (() => unknown)[] = [
        () => handler.connectionCount(),
        () => handler.presence(),
        () => handler.sweep(),
      ];
      return events.map((event) => {
        try {
          return event();
        } catch (error) {
          return error instanceof WsKitDurableError && error.code;
        }
      });
    });
    expect(codes).toEqual(["ROUTER_SHARED", "ROUTER_SHARED", "ROUTER_SHARED"]);
  });

  it("A25 a DurablePubSub that no handler took is PUBSUB_UNATTACHED", async () => {
    const lonely = new DurablePubSub();
    for (const attempt of [
      () => lonely.subscribe("ann", "tea"),
      () => lonely.unsubscribe("ann", "tea"),
      () => lonely.replace("ann", ["tea"]),
      () => lonely.publish({ topic: "tea", type: "SAID", payload: {} }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: "PUBSUB_UNATTACHED", fault: "caller" });
    }
  });
});
