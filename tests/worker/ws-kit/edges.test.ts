// Where things meet: events at the same moment, clients who were sent away, states that cannot be written, and other objects.
import { env, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { NIGHTS, until, upgrade, World } from "./support/client.ts";
import { Said } from "./support/rooms.ts";
import { type ScopedRoom, scopedRouter } from "./worker.ts";

const closed = (world: World, count: number) =>
  until(() => world.plan.closes.length >= count, `${count} runs of onClose`);

describe("at the same moment", () => {
  it.each(
    NIGHTS.flatMap((night) => (["close first", "publish first", "RPC"] as const).map((order) => ({ ...night, order }))),
  )(
    "A14 a spilled client goes while another publishes ($order): onClose has its data, $when",
    async ({ evictions, order }) => {
      const world = new World();
      const ann = await world.join("ann", ["tea"]);
      const bob = await world.join("bob", ["tea"]);
      await ann.call("FILL", { chars: 40_000 });
      await world.sleep(evictions);
      if (order === "close first") ann.ws.close(4001, "bye");
      const said = order === "RPC" ? world.stub.announce("tea", "hi") : bob.call("SAY", { topic: "tea", text: "hi" });
      if (order !== "close first") ann.ws.close(4001, "bye");
      await said;
      await ann.gone();
      await closed(world, 1);
      expect(world.plan.closes).toEqual([[ann.id, "ann", 4001, "bye"]]);
      expect(world.plan.errors).toEqual([]);
      expect(await bob.heard()).toEqual(["hi"]);
      expect(await world.spills()).toEqual([]);
    },
  );

  it.each(NIGHTS)("A14 all go at once, $when", async ({ evictions }) => {
    const world = new World();
    const all = await Promise.all(
      ["ann", "bob", "cid", "dan"].map((user) => world.join(user, ["tea"], { farewell: "tea" })),
    );
    await world.sleep(evictions);
    await Promise.all(all.map((client, at) => client.end(4000 + at)));
    await closed(world, 4);
    expect(world.plan.closes.map(([id]) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    expect(await world.stub.announce("tea", "nobody")).toMatchObject({ matched: 0 });
    expect([world.plan.errors, world.plan.routerErrors]).toEqual([[], []]);
  });

  it.each(NIGHTS)("A15 a close() without a code, as browsers do it, is answered, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann");
    await world.sleep(evictions);
    ann.ws.close();
    await ann.gone();
    expect(ann.closed?.[0]).toBe(1005);
    await closed(world, 1);
    expect(world.plan.closes.map(([, , code]) => code)).toEqual([1005]);
  });
});

describe("who was sent away", () => {
  it.each(NIGHTS)(
    "A52 is not listened to any more, though the close is still under way, $when",
    async ({ evictions }) => {
      const world = new World({ frameBytesMax: 200 });
      const ann = await world.join("ann", ["tea"]);
      const bob = await world.join("bob", ["tea"]);
      await world.sleep(evictions);
      await world.inside(async (room, state) => {
        const [socket] = state.getWebSockets(`c:${ann.id}`);
        await room.webSocketMessage(socket!, "x".repeat(201));
        const say = { type: "SAY", payload: { topic: "tea", text: "one more thing" } };
        await room.webSocketMessage(socket!, JSON.stringify(say));
      });
      await ann.gone();
      expect(ann.closed?.[0]).toBe(1009);
      expect(await bob.heard()).toEqual([]);
      expect(world.plan.routerErrors).toEqual([]);
    },
  );
});

describe("who was sent away and does not go", () => {
  it.each([true, false])("A52 is not listened to, asleep in between (%s)", async (asleep) => {
    const world = new World();
    const bob = await world.join("bob", ["tea"]);
    const { webSocket } = await upgrade(world.stub, { user: "ann" });
    let told = 0;
    webSocket!.addEventListener("message", () => {
      told++;
    });
    webSocket!.accept({ allowHalfOpen: true }); // nothing answers the close, as nobody must who wants to stay
    await until(() => told > 0, "WELCOME");
    const id = world.plan.opens.at(-1)!;
    expect(await world.inside(({ handler }) => handler.closeClient(id, 4003, "out"))).toBe(true);
    if (asleep) await world.sleep();
    webSocket!.send('{"type":"SAY","payload":{"topic":"tea","text":"still here"}}');
    webSocket!.send("ping");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await bob.heard()).toEqual([]);
    webSocket!.close(4003, "out");
    await closed(world, 1);
    expect(world.plan.closes).toEqual([[id, "ann", 4003, "out"]]);
    expect([world.plan.errors, world.plan.routerErrors]).toEqual([[], []]);
  });
});

describe("states that cannot be written", () => {
  it("A23 who brings such a state is not let in, and nothing of it is left", async () => {
    const authenticate = (request: Request) => {
      const user = new URL(request.url).searchParams.get("user")!;
      return user === "bad" ? { user, method: () => 1 } : { user };
    };
    const world = new World({ authenticate, maxConnections: 1 });
    const refused = await upgrade(world.stub, { user: "bad" });
    expect(refused.status).toBe(500);
    expect(world.plan.errors).toMatchObject([{ error: { code: "DATA_UNCLONEABLE" }, phase: "persist" }]);
    expect(world.plan.opens).toEqual([]);
    await world.sleep();
    const left = await world.inside((room) => [room.handler.connectionCount(), room.handler.presence().length]);
    expect(left).toEqual([0, 0]);
    const ann = await world.join("ann", ["tea"]);
    expect(await world.stub.announce("tea", "hi")).toMatchObject({ matched: 1 });
    expect(await ann.heard()).toEqual(["hi"]);
  });

  it("A23 an onError that throws breaks nothing", async () => {
    const world = new World({
      onError() {
        throw new Error("onError threw");
      },
    });
    const ann = await world.join("ann", ["tea"]);
    await ann.call("KIND", { kind: "function" });
    expect((await ann.call("WHO")).id).toBe(ann.id);
    await ann.end(4001, "bye");
    expect(ann.closed).toEqual([4001, "bye"]);
  });
});

describe("the object and its peers", () => {
  it.each(NIGHTS)("A24 ctx.durable is the object of this handler, $when", async ({ evictions }) => {
    const [here, there] = [new World({ name: "here" }), new World({ name: "there" })];
    const ann = await here.join("ann");
    const bob = await there.join("bob");
    await here.sleep(evictions);
    await there.sleep(evictions);
    expect(await ann.call("DURABLE")).toEqual({ name: "here", sameScope: true, stored: ann.id });
    expect(await bob.call("DURABLE")).toEqual({ name: "there", sameScope: true, stored: bob.id });
  });

  it("A24 outside of an event a scoped router belongs to nobody", async () => {
    const stub = env.WSKIT_SCOPED.getByName("outside");
    const code = await runInDurableObject(stub, (_: ScopedRoom) =>
      scopedRouter.publish("lobby", Said, { text: "x", from: "y" }).then(
        (result) => result,
        (error: { code?: string }) => error.code,
      ),
    );
    expect(code).toBe("PUBSUB_UNATTACHED");
  });

  it.each(NIGHTS)(
    "A41 publishGlobal reaches the sockets of all objects once and counts them, $when",
    async ({ evictions }) => {
      const worlds: World[] = [1, 2, 3].map(() => new World({ namespace: env.WSKIT_ROOM }));
      for (const world of worlds) Object.assign(world.plan.options, { name: world.name });
      const clients = [];
      for (const [at, world] of worlds.entries())
        for (let seat = 0; seat <= at; seat++) clients.push(await world.join(`${world.name} ${seat}`, ["tea"]));
      for (const world of worlds) await world.sleep(evictions);
      const shards = worlds.map(({ name }) => name);
      const result = await worlds[0]!.inside(({ handler }) => {
        return handler.publishGlobal("tea", Said, { text: "to all", from: "rpc" }, { shards });
      });
      expect(result).toMatchObject({ ok: true, capability: "exact", matched: 6, shards: 3, failed: [] });
      for (const client of clients) expect(await client.heard()).toEqual(["to all"]);
      // In a client's name, who is left out.
      const [ann, ...others] = clients;
      const { result: named } = await ann!.call("SAYALL", { topic: "tea", text: "to others", shards });
      expect(named).toMatchObject({ ok: true, capability: "exact", matched: 5, failed: [] });
      expect(await ann!.heard()).toEqual([]);
      for (const client of others) expect(await client.heard()).toEqual(["to others"]);
    },
  );

  it("A41 publishGlobal of what JSON refuses goes nowhere", async () => {
    const here = new World({ namespace: env.WSKIT_ROOM });
    const there = new World();
    const bob = await there.join("bob", ["tea"]);
    const shards = [here.name, there.name];
    const refused = await here.inside(({ handler }) => handler.publishGlobal("tea", Said, { big: 1n }, { shards }));
    expect(refused).toMatchObject({ ok: false, error: "VALIDATION" });
    expect(await bob.heard()).toEqual([]);
  });
});
