// publishGlobal of the whole adapter: routers, sockets, sleeping rooms, and 40 objects that hand one message on.
import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { GlobalOptions, GlobalResult } from "../../../../worker-ts/src/ws-kit/index";
import { Client } from "../support/client.ts";
import { Plan, setPlan } from "../support/plan.ts";
import { chatRouter, Said } from "../support/rooms.ts";
import type { PlannedRoom } from "../worker.ts";

/** For publishes of which none may fail: order holds only then, and the default of 5 s is too little for hundreds of calls on a busy machine. */
const UNHURRIED_MS = 20_000;

let worlds = 0;

/** Rooms that know the namespace, two clients in each, all of them in the lobby. */
class Rooms {
  readonly names: string[];
  readonly clients: Client[][] = [];

  private constructor(count: number) {
    worlds++;
    this.names = Array.from({ length: count }, (_, index) => `global-${worlds}-${index}`);
  }

  static async open(count: number): Promise<Rooms> {
    const rooms = new Rooms(count);
    for (const name of rooms.names) {
      const plan: Plan = new Plan({ namespace: env.WSKIT_ROOM }, (scope) => {
        const router = chatRouter(scope, plan);
        router.on(Said, async (ctx) => {
          plan.notes.push(
            await ctx.durable.publishGlobal("lobby", Said, ctx.payload, {
              shards: rooms.names,
              fanout: 4,
              excludeSelf: true,
            }),
          );
        });
        return router;
      });
      setPlan(env.WSKIT_ROOM.idFromName(name), plan);
      rooms.clients.push([await rooms.join(name, "ann"), await rooms.join(name, "bob")]);
    }
    return rooms;
  }

  stub(at: number): DurableObjectStub<PlannedRoom> {
    return env.WSKIT_ROOM.getByName(this.names[at]!);
  }

  async join(name: string, user: string): Promise<Client> {
    const headers = { upgrade: "websocket" };
    const answer = await env.WSKIT_ROOM.getByName(name).fetch(`https://room/?user=${user}`, { headers });
    const client = new Client(answer.webSocket!);
    client.id = (await client.next("WELCOME")).payload.id;
    await client.call("JOIN", { topic: "lobby" });
    return client;
  }

  /** A publish out of the object itself, as its alarm or an RPC method would make it. */
  publish(at: number, text: unknown, options: GlobalOptions): Promise<GlobalResult> {
    return runInDurableObject(this.stub(at), (room) =>
      room.handler.publishGlobal("lobby", Said, { text, from: "object" }, options),
    );
  }

  async evictAll(): Promise<void> {
    for (const at of this.names.keys()) {
      await this.stub(at).births(); // who sleeps cannot be put to sleep
      await evictDurableObject(this.stub(at));
    }
  }

  /** What each client heard, room by room. */
  heard(): Promise<string[][][]> {
    return Promise.all(this.clients.map((room) => Promise.all(room.map((client) => client.heard()))));
  }
}

const everywhere = (count: number, frames: string[]) => Array(count).fill([frames, frames]);

describe.each([0, 1, 3])("A41 three rooms, asleep %d times before", (evictions) => {
  it("A41 each socket once, the sum exact", async () => {
    const rooms = await Rooms.open(3);
    for (let round = 0; round < evictions; round++) await rooms.evictAll();
    const result = await rooms.publish(0, "hello", { shards: rooms.names });
    expect(result).toMatchObject({ ok: true, capability: "exact", matched: 6, shards: 3, failed: [] });
    expect(await rooms.heard()).toEqual(everywhere(3, ["hello"]));
  });

  it("A41 out of a handler, in a client's name: everybody but the client", async () => {
    const rooms = await Rooms.open(3);
    for (let round = 0; round < evictions; round++) await rooms.evictAll();
    rooms.clients[1]![0]!.send("SAID", { text: "from ann", from: "ann" });
    expect(await rooms.clients[2]![1]!.next("SAID")).toEqual({
      type: "SAID",
      payload: { text: "from ann", from: "ann" },
    });
    const [first, second, third] = await rooms.heard();
    expect([first, second, third]).toEqual([
      [["from ann"], ["from ann"]],
      [[], ["from ann"]],
      [["from ann"], []],
    ]);
  });
});

describe("A41 what goes nowhere", () => {
  it("A41 a payload that no JSON can carry reaches no room", async () => {
    const rooms = await Rooms.open(2);
    const result = await rooms.publish(0, 5n, { shards: rooms.names });
    expect(result).toMatchObject({
      ok: false,
      error: "VALIDATION",
      retryable: false,
      shards: 2,
      failed: [rooms.names[1]],
    });
    expect(await rooms.heard()).toEqual(everywhere(2, []));
  });
});

describe("A42 40 rooms", () => {
  it("A42 a tree at fan-out 4, all asleep: 80 sockets once each, and every frame the same", async () => {
    const rooms = await Rooms.open(40);
    await rooms.evictAll();
    const result = await rooms.publish(13, "hello", { shards: rooms.names, fanout: 4 });
    expect(result).toMatchObject({ ok: true, capability: "exact", matched: 80, shards: 40, failed: [] });
    expect(await rooms.heard()).toEqual(everywhere(40, ["hello"]));
    const raw = rooms.clients.flat().map((client) => client.raw.find((text) => String(text).includes("hello")));
    expect(new Set(raw)).toEqual(new Set(['{"type":"SAID","payload":{"text":"hello","from":"object"}}']));
  });

  it("A42 a room that throws at every relay: all that it was to hand on is there once", async () => {
    const rooms = await Rooms.open(40);
    let relayed = 0;
    // The head of the first group of the 39 others.
    await runInDurableObject(rooms.stub(1), (room) => {
      // Not its wskitDeliver: RPC does not find what is an object's own, so that nobody would have thrown.
      room.handler.deliver = async () => {
        relayed++;
        await undefined;
        throw new Error("ill");
      };
    });
    const result = await rooms.publish(0, "hello", { shards: rooms.names, fanout: 4, timeoutMs: 10_000 });
    expect(result).toMatchObject({ ok: true, capability: "estimate", matched: 78, failed: [rooms.names[1]] });
    expect(relayed).toBe(1);
    const expected = everywhere(40, ["hello"]);
    expected[1] = [[], []];
    expect(await rooms.heard()).toEqual(expected);
  });

  it.each([40, 3])("A44 20 publishes that do not wait for each other reach all of %d rooms in order", async (count) => {
    const rooms = await Rooms.open(count);
    const texts = Array.from({ length: 20 }, (_, index) => `t${index}`);
    const options = { shards: rooms.names, fanout: 4, timeoutMs: UNHURRIED_MS };
    // Just woken up, the first of them starts the router, and the others must not pass it meanwhile.
    await rooms.evictAll();
    await runInDurableObject(rooms.stub(1), async (room) => {
      const send = (text: string) => room.handler.publishGlobal("lobby", Said, { text, from: "object" }, options);
      for (const result of await Promise.all(texts.map(send)))
        expect(result).toMatchObject({ matched: 2 * count, failed: [] });
    });
    expect(await rooms.heard()).toEqual(everywhere(count, texts));
  });
});

it("A43 a room refuses a message that is too deep or wrong, and delivers nothing of it", async () => {
  const rooms = await Rooms.open(1);
  const good = { v: 1 as const, id: "m", topic: "lobby", frame: "{}", relay: [], depth: 1, fanout: 4, budgetMs: 100 };
  const codes = await runInDurableObject(rooms.stub(0), async (room) => {
    const codeOf = (message: typeof good) =>
      room.handler.deliver(message).then(
        () => "delivered",
        (error: { code: string }) => error.code,
      );
    return [await codeOf({ ...good, depth: 4 }), await codeOf({ ...good, topic: "x".repeat(257) }), await codeOf(good)];
  });
  expect(codes).toEqual(["RELAY_TOO_DEEP", "RELAY_INVALID", "delivered"]);
  expect(rooms.clients[0]!.map(({ raw }) => raw.filter((text) => text === "{}"))).toEqual([["{}"], ["{}"]]);
});
