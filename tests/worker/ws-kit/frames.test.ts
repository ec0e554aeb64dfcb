// Frames that are binary, broken, too large or nobody's; how handlers fail; and standard mode, where the object stays awake.
import { describe, expect, it, vi } from "vitest";
import { NIGHTS, open, until, upgrade, World } from "./support/client.ts";

const binary = (text: string) => new TextEncoder().encode(text);
const WHO = '{"type":"WHO","meta":{"correlationId":"b"},"payload":{}}';

describe("frames", () => {
  it.each(
    NIGHTS.flatMap((night) => [true, false].map((hibernate) => ({ ...night, hibernate }))).filter(
      ({ hibernate, evictions }) => hibernate || evictions === 0,
    ),
  )("A28 a binary frame is read as text (hibernate: $hibernate), $when", async ({ evictions, hibernate }) => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const world = new World({ hibernate });
    const ann = await world.join("ann");
    await world.sleep(evictions);
    ann.ws.send(binary(WHO));
    expect((await ann.next("ME", "b")).payload.id).toBe(ann.id);
    // A part of a larger buffer is that part.
    ann.ws.send(binary(`....${WHO}....`).subarray(4, 4 + WHO.length));
    expect((await ann.next("ME", "b")).payload.id).toBe(ann.id);
    expect(world.plan.routerErrors).toEqual([]);
    warned.mockRestore();
  });

  it.each(NIGHTS)(
    "A29 bad JSON, an unknown and a reserved type go to onError, and the socket stays, $when",
    async ({ evictions }) => {
      const world = new World();
      const ann = await world.join("ann");
      await world.sleep(evictions);
      const bad = [
        "{",
        "",
        "[]",
        "null",
        '{"type":7}',
        '{"type":"NOBODY"}',
        '{"type":"__system"}',
        '{"type":"$ws:open"}',
      ];
      for (const frame of [...bad, '{"type":"JOIN","payload":{"topic":7}}']) ann.ws.send(frame);
      ann.ws.send(new Uint8Array([0xff, 0xfe, 0x00]));
      expect((await ann.call("WHO")).id).toBe(ann.id);
      expect(world.plan.routerErrors).toHaveLength(bad.length + 2);
      expect(world.plan.opens).toEqual([ann.id]);
      expect(ann.closed).toBeUndefined();
    },
  );

  it("A30 CloseError in onOpen closes with its code", async () => {
    const world = new World();
    const ann = await open(world.stub, { user: "ann", onOpen: "close" });
    await ann.gone();
    expect(ann.closed).toEqual([4010, "not today"]);
    await until(() => world.plan.closes.length === 1, "onClose");
    expect(await world.inside((room) => room.handler.presence())).toEqual([]);
  });

  it("A30 any other throw in onOpen closes with 1011", async () => {
    const world = new World();
    const ann = await open(world.stub, { user: "ann", onOpen: "throw" });
    await ann.gone();
    expect(ann.closed?.[0]).toBe(1011);
    expect(world.plan.routerErrors).toMatchObject([{ message: "onOpen threw" }]);
  });

  it.each(NIGHTS)(
    "A30 a handler that throws is told to the router, and the socket stays, $when",
    async ({ evictions }) => {
      const world = new World();
      const ann = await world.join("ann");
      await world.sleep(evictions);
      ann.send("FAIL", {});
      expect((await ann.call("WHO")).id).toBe(ann.id);
      expect(world.plan.routerErrors).toMatchObject([{ message: "the handler threw" }]);
    },
  );

  it.each(NIGHTS)("A31 sockets that are not ours are left alone, $when", async ({ evictions }) => {
    const world = new World();
    const ann = await world.join("ann", ["tea"]);
    /** All of ours but the mark. */
    const ours = { i: "x", d: { user: "x" }, t: ["tea"], o: 1, a: 1 };
    const attachments = [
      undefined,
      null,
      "text",
      7,
      { __wskit: 2, i: "x" },
      { ...ours, __wskit: 2 },
      ours,
      ["__wskit"],
    ];
    const came: unknown[] = [];
    const foreign: WebSocket[] = [];
    for (const attachment of attachments) {
      const query = attachment === undefined ? {} : { attachment: JSON.stringify(attachment) };
      const { webSocket } = await upgrade(world.stub, query, {}, "foreign");
      webSocket!.addEventListener("message", ({ data }) => came.push(data));
      webSocket!.accept();
      foreign.push(webSocket!);
    }
    await world.sleep(evictions);
    for (const client of foreign) client.send('{"type":"WHO","payload":{}}');
    expect(await world.stub.announce("tea", "hi")).toMatchObject({ matched: 1 });
    expect(await ann.heard()).toEqual(["hi"]);
    const seen = await world.inside(async (room, state) => {
      for (const socket of state.getWebSockets("foreign")) {
        await room.webSocketError(socket, new Error("not ours"));
        await room.webSocketClose(socket, 4000, "not ours", true);
      }
      return {
        present: room.handler.presence().length,
        counted: room.handler.connectionCount(),
        states: state.getWebSockets("foreign").map(({ readyState }) => readyState),
        attached: state.getWebSockets("foreign").map((socket) => socket.deserializeAttachment()),
      };
    });
    expect([seen.present, seen.counted]).toEqual([1, 1]);
    expect(seen.states).toEqual(attachments.map(() => WebSocket.OPEN));
    const sorted = (values: unknown[]) => values.map((value) => JSON.stringify(value ?? null)).toSorted();
    expect(sorted(seen.attached)).toEqual(sorted(attachments));
    expect([came, world.plan.closes, world.plan.errors, world.plan.routerErrors]).toEqual([[], [], [], []]);
  });

  it.each(NIGHTS)(
    "A52 a frame over frameBytesMax closes with 1009 before anything reads it, $when",
    async ({ evictions }) => {
      const world = new World({ frameBytesMax: 100 });
      const frames = (bytes: number) => {
        const text = `{"type":"WHO","meta":{"correlationId":"x"},"payload":{}}`;
        return text + " ".repeat(bytes - text.length);
      };
      const umlauts = `{"type":"${"ü".repeat(50)}"}`;
      expect(umlauts.length).toBeLessThan(100);
      for (const frame of [frames(101), binary(frames(101)), umlauts]) {
        const ann = await world.join("ann");
        await world.sleep(evictions);
        ann.ws.send(frames(100));
        await ann.next("ME", "x");
        ann.ws.send(frame);
        await ann.gone();
        expect(ann.closed?.[0]).toBe(1009);
        expect(ann.got).toEqual([]);
      }
      expect(world.plan.routerErrors).toEqual([]);
      await until(() => world.plan.closes.length === 3, "onClose");
      expect(world.plan.closes.map(([, , code]) => code)).toEqual([1009, 1009, 1009]);
    },
  );

  it("A52 the limit is 1 MiB where nobody says otherwise", async () => {
    const world = new World();
    const ann = await world.join("ann");
    ann.ws.send(" ".repeat(2 ** 20));
    expect((await ann.call("WHO")).id).toBe(ann.id);
    ann.ws.send(" ".repeat(2 ** 20 + 1));
    await ann.gone();
    expect(ann.closed?.[0]).toBe(1009);
  });
});

describe("standard mode", () => {
  it("A32 does all but sleep, and says once what it costs", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const world = new World({ hibernate: false, maxConnections: 2 });
    const ann = await world.join("ann", ["tea"]);
    const bob = await world.join("bob", ["tea"], { farewell: "tea" });
    expect(warned.mock.calls.filter(([text]) => /hibernat|bill/i.test(String(text)))).toHaveLength(1);
    warned.mockRestore();
    expect((await ann.call("SAY", { topic: "tea", text: "hi" })).result).toEqual({
      ok: true,
      capability: "exact",
      matched: 2,
    });
    expect([await ann.heard(), await bob.heard()]).toEqual([["hi"], ["hi"]]);
    await expect(world.join("cid")).rejects.toThrow(/503/);
    const here = await world.inside(({ handler }, state) => ({
      present: handler.presence("tea").map(({ data }) => data.user),
      count: handler.connectionCount(),
      hibernating: state.getWebSockets().length,
    }));
    expect(here).toEqual({ present: ["ann", "bob"], count: 2, hibernating: 0 });
    await bob.end(4001, "bye");
    expect(bob.closed).toEqual([4001, "bye"]);
    await until(() => world.plan.closes.length === 1, "onClose");
    expect(world.plan.closes).toEqual([[bob.id, "bob", 4001, "bye"]]);
    expect(await ann.heard()).toEqual(["bob left"]);
    expect(await world.stub.announce("tea", "after")).toMatchObject({ matched: 1 });
    expect(world.plan.errors).toEqual([]);
  });

  it("A32 fails as closed as the other mode, and closes by id", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const world = new World({ hibernate: false, frameBytesMax: 100 });
    const ann = await world.join("ann");
    const bob = await world.join("bob");
    ann.ws.send("x".repeat(101));
    await ann.gone();
    expect(ann.closed?.[0]).toBe(1009);
    expect(await world.inside(({ handler }) => handler.closeClient(bob.id, 4005, "out"))).toBe(true);
    await bob.gone();
    expect(bob.closed).toEqual([4005, "out"]);
    await until(() => world.plan.closes.length === 2, "onClose");
    expect(await world.inside(({ handler }) => handler.connectionCount())).toBe(0);
    vi.restoreAllMocks();
  });

  it("A32 a heartbeat of somebody who was sent away is not answered, and harms nobody", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const world = new World({ hibernate: false });
    const { webSocket } = await upgrade(world.stub, { user: "ann" });
    const got: unknown[] = [];
    webSocket!.addEventListener("message", ({ data }) => {
      got.push(data);
    });
    webSocket!.accept({ allowHalfOpen: true });
    await until(() => got.length === 1, "WELCOME");
    const [id] = world.plan.opens;
    expect(await world.inside(({ handler }) => handler.closeClient(id!, 4005, "out"))).toBe(true);
    const sent = vi.spyOn(WebSocket.prototype, "send"); // after a close it throws, and nobody would catch that
    webSocket!.send("ping");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent.mock.calls.filter(([text]) => text === "pong")).toEqual([]);
    expect(got).toHaveLength(1);
    webSocket!.close(4005, "out");
    await until(() => world.plan.closes.length === 1, "onClose");
    vi.restoreAllMocks();
  });
});
