// The fake object, by an object that uses it without a router: what a sleep keeps, what it takes, and what is refused.
import { expect, test } from "vitest";
import type { DurableSocketLike } from "../platform";
import { FakeDurableState, type FakeObject } from "./index";

interface Note {
  readonly name: string;
  readonly said: number;
}

/** Counts in the attachment what each socket said; `born` counts its own lives. */
class Counting implements FakeObject {
  static born = 0;
  readonly closes: unknown[] = [];

  constructor(readonly state: FakeDurableState) {
    Counting.born++;
    state.setWebSocketAutoResponse(state.runtime.autoResponse("ping", "pong"));
  }

  async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") !== "websocket") return new Response("no", { status: 426 });
    const { server, upgradeResponse } = this.state.runtime.socketPair();
    const name = new URL(request.url).searchParams.get("name") ?? "";
    this.state.acceptWebSocket(server, [name]);
    server.serializeAttachment({ name, said: 0 } satisfies Note);
    return upgradeResponse();
  }

  async webSocketMessage(socket: DurableSocketLike, data: string | ArrayBuffer): Promise<void> {
    const { name, said } = socket.deserializeAttachment() as Note;
    socket.serializeAttachment({ name, said: said + 1 });
    for (const each of this.state.getWebSockets()) each.send(JSON.stringify({ name, said: said + 1, data }));
  }

  async webSocketClose(socket: DurableSocketLike, code: number, reason: string): Promise<void> {
    const { name } = socket.deserializeAttachment() as Note;
    await this.state.storage.put(`close:${name}`, { code, reason, listed: this.state.getWebSockets().length });
    if (code !== 1006) socket.close(code, reason);
  }
}

const make = (options: object = {}) => new FakeDurableState({ wake: (state) => new Counting(state), ...options });

test("a sleep keeps sockets, attachments and storage, and takes the object", async () => {
  const first = make();
  const ann = await first.connect("https://room/?name=ann");
  const bob = await first.connect("https://room/?name=bob");
  await ann.send("one");
  const [before] = first.getWebSockets("ann");
  await first.storage.put("k", new Map([[1, 2]]));
  const born = Counting.born;

  const second = first.evict();
  expect([second.isRunning, Counting.born]).toEqual([false, born]);
  await ann.send("two");
  expect([second.isRunning, Counting.born]).toEqual([true, born + 1]);
  expect(bob.messages).toEqual([
    { name: "ann", said: 1, data: "one" },
    { name: "ann", said: 2, data: "two" },
  ]);
  expect(await second.storage.get("k")).toEqual(new Map([[1, 2]]));
  expect(second.getWebSockets("ann")).toHaveLength(1);
  expect(second.getWebSockets("ann")[0]).not.toBe(before);
  expect(() => before!.send("late")).toThrow(/has ended/);
  expect(() => first.getWebSockets()).toThrow(/has ended/);
});

test("the automatic response comes without waking, and leaves its time", async () => {
  const first = make({ now: () => 7 });
  const ann = await first.connect("https://room/?name=ann");
  const second = first.evict();
  await ann.send("ping");
  expect([ann.frames, second.isRunning]).toEqual([["pong"], false]);
  expect(second.getWebSocketAutoResponseTimestamp(second.getWebSockets()[0]!)).toEqual(new Date(7));
});

test("a close that wakes is not in the list, its attachment is there, and it is answered by the object alone", async () => {
  const first = make();
  const ann = await first.connect("https://room/?name=ann");
  const second = first.evict();
  await ann.close(4001, "bye");
  expect(await second.storage.get("close:ann")).toEqual({ code: 4001, reason: "bye", listed: 0 });
  expect(ann.closed).toEqual({ code: 4001, reason: "bye" });
  await expect(ann.send("late")).rejects.toThrow(/closed/);
});

test("a lost connection is 1006 and nobody is answered", async () => {
  const room = make();
  const ann = await room.connect("https://room/?name=ann");
  await ann.drop();
  expect(await room.storage.get("close:ann")).toMatchObject({ code: 1006 });
  expect(ann.closed).toBeUndefined();
});

test("the server's close reaches the client, whose answer is an event", async () => {
  const room = make();
  const ann = await room.connect("https://room/?name=ann");
  const [socket] = room.getWebSockets();
  socket!.close(1008, "rules");
  expect([ann.closed, socket!.readyState]).toEqual([{ code: 1008, reason: "rules" }, 2]);
  await Promise.resolve();
  await room.settled();
  expect(await room.storage.get("close:ann")).toMatchObject({ code: 1008 });
  expect(() => socket!.send("late")).toThrow(/after close/);
});

test("cutting the sockets, as a deploy does, tells clients and leaves no socket", async () => {
  const first = make();
  const ann = await first.connect("https://room/?name=ann");
  const second = first.evict({ webSockets: "close" });
  expect([ann.closed, second.getWebSockets()]).toEqual([{ code: 1006, reason: "" }, []]);
});

test("nothing is evicted while an event is handled", async () => {
  const room = make();
  let finish = (): void => {};
  room.waitUntil(
    new Promise<void>((resolve) => {
      finish = resolve;
    }),
  );
  expect(() => room.evict()).toThrow(/busy/);
  finish();
  await room.settled();
  room.evict();
});

test("what workerd refuses is refused: large and uncloneable attachments, tags, close codes, a second accept", async () => {
  const room = make();
  await room.connect("https://room/?name=ann");
  const [socket] = room.getWebSockets();
  socket!.serializeAttachment("x".repeat(16_379));
  expect(() => socket!.serializeAttachment("x".repeat(16_380))).toThrow(/16384 bytes/);
  expect(() => socket!.serializeAttachment({ run: () => {} })).toThrow(DOMException);
  expect(socket!.deserializeAttachment()).toBe("x".repeat(16_379));
  expect(() => socket!.close(1006)).toThrow(DOMException);
  expect(() => socket!.close(1000, "é".repeat(62))).toThrow(DOMException);
  expect(() => room.acceptWebSocket(socket!)).toThrow(/accepted before/);
  const { server } = room.runtime.socketPair();
  expect(() => room.acceptWebSocket(server, Array.from({ length: 11 }, String))).toThrow(/10 tags/);
  expect(() => room.acceptWebSocket(server, ["x".repeat(257)])).toThrow(/256 characters/);
  expect(() => room.setWebSocketAutoResponse({ request: "x".repeat(2_049), response: "" })).toThrow(RangeError);
  await expect(room.connect(new Request("https://room/", { headers: { upgrade: "no" } }))).rejects.toThrow(/426/);
});

test("an object of the older sort has no storage.kv; the other one's is sorted and copies", () => {
  expect(() => make({ sqlite: false }).storage.kv).toThrow(/SQLite/);
  const { kv } = make().storage;
  const value = { n: 1 };
  kv.put("b:2", value);
  kv.put("b:1", 0);
  kv.put("a", 0);
  value.n = 2;
  expect([...kv.list({ prefix: "b:" })]).toEqual([
    ["b:1", 0],
    ["b:2", { n: 1 }],
  ]);
  expect([kv.delete("a"), kv.delete("a"), kv.get("a")]).toEqual([true, false, undefined]);
});

test("standard mode: events come by listener, binary frames as the socket asks", async () => {
  const got: unknown[] = [];
  const room = new FakeDurableState({
    wake: (state) => ({
      async fetch() {
        const { server, upgradeResponse } = state.runtime.socketPair();
        server.accept();
        server.binaryType = "arraybuffer";
        server.addEventListener("message", ({ data }) => got.push(data));
        server.addEventListener("close", ({ code, reason }) => got.push([code, reason]));
        return upgradeResponse();
      },
      webSocketMessage: async () => {},
      webSocketClose: async () => {},
    }),
  });
  const ann = await room.connect("https://room/");
  await ann.send("hi");
  await ann.send(new Uint8Array([1]).buffer);
  await ann.close(1000, "bye");
  expect(got).toEqual(["hi", new Uint8Array([1]).buffer, [1000, "bye"]]);
});
