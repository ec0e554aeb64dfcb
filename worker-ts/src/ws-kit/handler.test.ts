// The handler on a fake object, for what is hard to bring about in workerd: two objects and one router, a core that is another, order
// while a router is being started, errors in hooks, and upgrades that ask too much.
import { createRouter } from "@ws-kit/core";
import { ROUTER_IMPL } from "@ws-kit/core/internal";
import { withPubSub } from "@ws-kit/pubsub";
import { message, withZod, z } from "@ws-kit/zod";
import { describe, expect, it, vi } from "vitest";
import { createDurableObjectHandler } from "./handler";
import type { DurableScope, HandlerOptions } from "./options";
import type { ErrorPlace } from "./platform";
import type { RouterLike } from "./router/bridge";
import { DurablePubSub } from "./router/pubsub";
import { FakeDurableState } from "./testing/fake-state";

type Data = Record<string, unknown>;
type Options = Partial<HandlerOptions<Data, unknown>>;

interface LifecycleLike {
  onInternalOpen(handler: () => void): void;
}

const Say = message("SAY", { text: z.string() });
const Said = message("SAID", { text: z.string() });
const say = (text: string) => JSON.stringify({ type: "SAY", payload: { text } });
const ROOM = "https://room.test/";

/** Everybody is in "room" and hears what is said. */
function echo({ pubsub }: Pick<DurableScope, "pubsub">) {
  const router = createRouter<Data>()
    .plugin(withZod<Data>())
    .plugin(withPubSub<Data>({ adapter: pubsub }));
  router.onOpen((ctx) => ctx.topics.subscribe("room"));
  router.on(Say, async (ctx) => {
    await ctx.publish("room", Said, ctx.payload);
  });
  return router;
}

function object(options: Options = {}, factory: (scope: DurableScope) => RouterLike<Data> = echo) {
  const errors: [unknown, ErrorPlace][] = [];
  const state = new FakeDurableState({
    wake: (own) =>
      createDurableObjectHandler(factory, {
        env: {},
        onError: (error, where) => errors.push([error, where]),
        ...options,
        state: own,
        runtime: { ...own.runtime, ...options.runtime },
      }),
  });
  return { state, errors };
}

const status = async (state: FakeDurableState, headers: Record<string, string> = {}): Promise<number> =>
  (await state.fetch(new Request(ROOM, { headers: { upgrade: "websocket", ...headers } }))).status;

describe("one router, one object", () => {
  const shared = () => {
    const pubsub = new DurablePubSub();
    const router = echo({ pubsub });
    const make = () =>
      new FakeDurableState({
        wake: (state) => createDurableObjectHandler(router, { state, env: {}, pubsub, runtime: state.runtime }),
      });
    return { make };
  };

  it("A25 a second object is refused at each event, and the first hears nothing of it", async () => {
    const { make } = shared();
    const first = make();
    const ann = await first.connect(ROOM);
    const second = make();
    for (let event = 0; event < 2; event++)
      await expect(second.connect(ROOM)).rejects.toMatchObject({ code: "ROUTER_SHARED", fault: "caller" });
    await ann.send(say("hi"));
    expect(ann.messages).toEqual([{ type: "SAID", payload: { text: "hi" } }]);
  });

  it("A25 a factory that gives the same router twice is caught too, before its topics mix", async () => {
    const router = echo({ pubsub: new DurablePubSub() });
    const { state: first } = object({}, () => router);
    const { state: second } = object({}, () => router);
    await first.connect(ROOM);
    await expect(second.connect(ROOM)).rejects.toMatchObject({ code: "ROUTER_SHARED" });
  });

  it("A25 one adapter in two routers is caught likewise", async () => {
    const pubsub = new DurablePubSub();
    const { state: first } = object({ pubsub });
    const { state: second } = object({ pubsub });
    await first.connect(ROOM);
    await expect(second.connect(ROOM)).rejects.toMatchObject({ code: "ROUTER_SHARED" });
  });

  it("A25 the same object may have its router again after an eviction", async () => {
    const { make } = shared();
    const state = make();
    const ann = await state.connect(ROOM);
    state.evict();
    await ann.send(say("again"));
    expect(ann.messages).toEqual([{ type: "SAID", payload: { text: "again" } }]);
  });

  it("A25 a pubsub that no handler has says so", async () => {
    await expect(new DurablePubSub().publish({ topic: "t", payload: 1 })).rejects.toMatchObject({
      code: "PUBSUB_UNATTACHED",
    });
  });

  it("A50 a router that keeps its clients differently is CORE_UNSUPPORTED", () => {
    const { state } = object();
    const make = (inside: object | undefined) => () =>
      createDurableObjectHandler(Object.assign(createRouter<Data>(), { [ROUTER_IMPL]: inside }), { state, env: {} });
    for (const inside of [undefined, {}, { wsToClientId: new Map(), connData: new WeakMap() }])
      expect(make(inside)).toThrow(expect.objectContaining({ code: "CORE_UNSUPPORTED" }));
  });

  it("A50 without a state, socket events say what is missing", async () => {
    const handler = createDurableObjectHandler(createRouter<Data>());
    expect(() => handler.connectionCount()).toThrow(TypeError);
    await expect(handler.fetch(new Request(ROOM))).rejects.toThrow(TypeError);
  });

  it("A02 a handler without a state takes it from the first fetch", async () => {
    const pubsub = new DurablePubSub();
    const { state } = object();
    const handler = createDurableObjectHandler({ router: echo({ pubsub }), pubsub, runtime: state.runtime });
    expect((await handler.fetch(new Request(ROOM), state, {})).status).toBe(426);
    expect(handler.connectionCount()).toBe(0);
  });

  it("A25 such a handler stays with its object, in each of its lives, and refuses another", async () => {
    const pubsub = new DurablePubSub();
    let { runtime: own } = object().state;
    const runtime = { ...own, socketPair: () => own.socketPair() };
    const handler = createDurableObjectHandler<Data, unknown>({ router: echo({ pubsub }), pubsub, runtime });
    const make = () =>
      new FakeDurableState({
        wake: (state) => ({
          fetch: (request) => {
            own = state.runtime;
            return handler.fetch(request, state, {});
          },
          webSocketMessage: (...event) => handler.webSocketMessage(...event),
          webSocketClose: (...event) => handler.webSocketClose(...event),
        }),
      });
    const here = make();
    const ann = await here.connect(ROOM);
    const there = make();
    await expect(there.connect(ROOM)).rejects.toMatchObject({ code: "ROUTER_SHARED", fault: "caller" });
    expect(there.getWebSockets()).toEqual([]);
    const later = here.evict();
    const bob = await later.connect(ROOM);
    await bob.send(say("hi"));
    for (const client of [ann, bob]) expect(client.messages).toEqual([{ type: "SAID", payload: { text: "hi" } }]);
  });
});

describe("order and failure", () => {
  it("A12 frames that wake an object keep their order, and wait until its router is started, once", async () => {
    const lives: string[][] = [];
    const { state } = object({}, (scope) => {
      const router = echo(scope);
      const life: string[] = [];
      lives.push(life);
      const lifecycle = Reflect.get(router, ROUTER_IMPL) as { getInternalLifecycle(): LifecycleLike };
      lifecycle.getInternalLifecycle().onInternalOpen(() => life.push("told of a client"));
      router.use(async (_, next) => {
        life.push("frame");
        await next();
      });
      const init = async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        life.push("started");
      };
      return Object.assign(router, { pubsub: { init } });
    });
    const ann = await state.connect(ROOM);
    await state.connect(ROOM);
    state.evict();
    await Promise.all(["1", "2", "3"].map((text) => ann.send(say(text))));
    await ann.send(say("4"));
    expect(ann.messages).toEqual(["1", "2", "3", "4"].map((text) => ({ type: "SAID", payload: { text } })));
    expect(lives).toEqual([
      ["started", "told of a client", "told of a client"],
      ["started", "told of a client", "frame", "frame", "frame", "frame"],
    ]);
  });

  it("A12 publishes at once in an object that has just woken up keep their order, and start its router once", async () => {
    let starts = 0;
    const counted = (scope: DurableScope) => {
      const router = echo(scope);
      const { init } = router.pubsub;
      router.pubsub.init = () => {
        starts++;
        return init();
      };
      return router;
    };
    const { state } = object({}, counted);
    const ann = await state.connect(ROOM);
    const later = state.evict();
    starts = 0;
    const handler = createDurableObjectHandler(counted, { state: later, env: {}, runtime: later.runtime });
    const texts = ["1", "2", "3"];
    await Promise.all(texts.map((text) => handler.publish("room", Said, { text })));
    expect(ann.messages).toEqual(texts.map((text) => ({ type: "SAID", payload: { text } })));
    expect(starts).toBe(1);
  });

  it("A04 a router that cannot be started is tried again by the next event", async () => {
    let starts = 0;
    const { state, errors } = object({}, (scope) =>
      Object.assign(echo(scope), {
        pubsub: {
          async init() {
            if (++starts === 1) throw new Error("no broker");
          },
        },
      }),
    );
    expect(await status(state)).toBe(500);
    expect(errors).toMatchObject([[{ message: "no broker" }, { phase: "open" }]]);
    await state.connect(ROOM);
    expect(starts).toBe(2);
  });

  it("A16 an error and then a close, or a close twice, is one onClose", async () => {
    const closes: (number | undefined)[] = [];
    const noting = (scope: DurableScope) => {
      const router = echo(scope);
      router.onClose((ctx) => {
        closes.push(ctx.code);
      });
      return router;
    };
    const { state } = object({}, noting);
    await state.connect(ROOM);
    const later = state.evict();
    const handler = createDurableObjectHandler(noting, { state: later, env: {}, runtime: later.runtime });
    const [socket] = later.getWebSockets();
    await Promise.all([handler.webSocketError(socket!, new Error("lost")), handler.webSocketClose(socket!, 1006, "")]);
    await handler.webSocketClose(socket!, 1006, "");
    expect(closes).toEqual([1006]);
  });

  it("A09 data that cannot be revived closes with 1011, once told, and never comes back as somebody else", async () => {
    const { state, errors } = object({
      persist: {
        serialize: (data) => data,
        deserialize() {
          throw new Error("of an older version");
        },
      },
    });
    const ann = await state.connect(ROOM);
    state.evict();
    await ann.send(say("hi"));
    expect([ann.closed?.code, ann.frames]).toEqual([1011, []]);
    expect(errors).toMatchObject([[{ message: "of an older version" }, { phase: "persist" }]]);
  });

  it("A23 a client whose first state cannot be written is not let in", async () => {
    const { state, errors } = object({ authenticate: () => ({ run: () => {} }) });
    expect(await status(state)).toBe(500);
    expect(errors).toMatchObject([[{ code: "DATA_UNCLONEABLE" }, { phase: "persist" }]]);
  });

  it("A04 an onError that throws does no harm", async () => {
    const { state } = object({
      authenticate() {
        throw new Error("no");
      },
      onError() {
        throw new Error("neither");
      },
    });
    expect(await status(state)).toBe(500);
  });

  it("A05 one object handed out to two clients does not join their data", async () => {
    const everybody = { name: "guest" };
    const { state } = object({ authenticate: () => everybody }, (scope) => {
      const router = echo(scope);
      router.onOpen((ctx) => {
        ctx.data["name"] = ctx.clientId;
      });
      return router;
    });
    await state.connect(ROOM);
    await state.connect(ROOM);
    expect(everybody).toEqual({ name: "guest" });
  });

  it("A47 LIMIT for one topic too many and one too long; what was there stays", async () => {
    const refusals: unknown[] = [];
    const { state } = object({ topicsPerConnectionMax: 1, topicCharsMax: 5 }, ({ pubsub }) => {
      const router = createRouter<Data>()
        .plugin(withZod<Data>())
        .plugin(withPubSub<Data>({ adapter: pubsub }));
      router.on(Say, async (ctx) => {
        const { text } = ctx.payload;
        await ctx.topics
          .subscribe(text)
          .catch((error: unknown) => refusals.push([text, Reflect.get(Object(error), "code")]));
      });
      return router;
    });
    const ann = await state.connect(ROOM);
    for (const topic of ["123456", "12345", "2nd", "12345"]) await ann.send(say(topic));
    expect(refusals).toEqual([
      ["123456", "LIMIT"],
      ["2nd", "LIMIT"],
    ]);
  });

  it("A31 a user's tag that looks like ours finds nobody else", async () => {
    let next = 0;
    const { state } = object({ clientId: () => `client-${++next}`, tags: () => ["c:client-9"] });
    const ann = await state.connect(ROOM);
    const later = state.evict();
    const handler = createDurableObjectHandler(echo, { state: later, env: {}, runtime: later.runtime });
    expect([handler.closeClient("client-9"), handler.closeClient("client-1")]).toEqual([false, true]);
    expect(ann.closed?.code).toBe(1000);
  });

  it.each([undefined, null, false, ""])(
    "A03 authenticate that gives %j lets nobody in, and nothing of him stays",
    async (nobody) => {
      const { state, errors } = object({ authenticate: () => nobody as undefined });
      expect(await status(state)).toBe(401);
      expect([state.getWebSockets(), errors]).toEqual([[], []]);
    },
  );

  it.each<[string, Options]>([
    ["the last place", { maxConnections: 1 }],
    ["an id", { clientId: () => "ann" }],
  ])("A07 who is let in by one answer to all cannot share %s", async (_, options) => {
    const keys = new Promise<Data>((resolve) => setTimeout(() => resolve({}), 5));
    const { state } = object({ ...options, authenticate: () => keys });
    const answers = await Promise.all([1, 2, 3].map(() => status(state)));
    expect(answers.filter((answer) => answer === 101)).toHaveLength(1);
    expect(state.getWebSockets()).toHaveLength(1);
  });

  it("A04 an async onError that rejects does no harm", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => {});
    const { state } = object({
      authenticate() {
        throw new Error("no");
      },
      async onError() {
        throw new Error("neither");
      },
    });
    expect(await status(state)).toBe(500);
    await new Promise((resolve) => setTimeout(resolve));
    expect(told.mock.calls).toMatchObject([["ws-kit: onError threw", { message: "neither" }]]);
    told.mockRestore();
  });

  it("A52 who was sent away is not listened to, though the frame was under way", async () => {
    const heard: string[] = [];
    const { state } = object({});
    await state.connect(ROOM);
    const later = state.evict();
    const handler = createDurableObjectHandler(
      (scope) => {
        const router = echo(scope);
        router.use(async () => void heard.push("a frame"));
        return router;
      },
      { state: later, env: {}, runtime: later.runtime, frameBytesMax: 60 },
    );
    const [socket] = later.getWebSockets();
    await handler.webSocketMessage(socket!, say("x".repeat(60)));
    await handler.webSocketMessage(socket!, say("hi"));
    expect(heard).toEqual([]);
  });

  it.each<[string, Options]>([
    ["an id of 65 characters", { clientId: () => "x".repeat(65) }],
    ["an empty id", { clientId: () => "" }],
    ["ten tags", { tags: () => Array.from({ length: 10 }, (_, at) => `tag ${at}`) }],
    ["a tag of 257 characters", { tags: () => ["x".repeat(257)] }],
  ])("A08 %s is 500 and LIMIT", async (_, options) => {
    const { state, errors } = object(options);
    expect(await status(state)).toBe(500);
    expect(errors).toMatchObject([[{ code: "LIMIT" }, { phase: "auth" }]]);
    expect(state.getWebSockets()).toEqual([]);
  });

  it("A08 an id that somebody has is 500, also after an eviction", async () => {
    const { state } = object({ clientId: () => "ann" });
    await state.connect(ROOM);
    expect(await status(state)).toBe(500);
    expect(await status(state.evict())).toBe(500);
  });
});
