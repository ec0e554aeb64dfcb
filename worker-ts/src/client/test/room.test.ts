// A room against a simulated server: what each answer and each failure does.
import { type ErrorName, encode, type Frame, uuidText } from "@ferrule/core";
import { expect, test } from "vitest";
import type { Peer } from "../testing/peer";
import { NO_FAULTS } from "../testing/server";
import { World } from "../testing/world";

/** Kinds that came up on all connections, in order. */
const kinds = (peers: readonly Peer[]) =>
  peers.flatMap(({ heard }) => heard.map((frame) => (typeof frame === "string" ? frame : frame.kind)));

test("two people talk; each hears everyone, and knows its own", async () => {
  const world = new World();
  const [ada, bob] = [await world.open("ada"), await world.open("bob")];
  const sent = ada.room.send("hello", { replyTo: 0 });
  expect(ada.room.unsent).toBe(1);
  await world.clock.pass(500);
  await expect(sent.done).resolves.toEqual({ seq: 1, ts: 1 });
  bob.room.send("hi", { replyTo: 1 });
  await world.clock.pass(500);
  for (const client of [ada, bob]) expect(client.texts()).toEqual(["hello", "hi"]);
  const told = bob.events.flatMap((event) => (event.type === "message" ? [event.message] : []));
  expect(told[0]).toMatchObject({ clientId: sent.id, mine: false, author: { id: "ada", name: "ADA" }, replyTo: null });
  expect(told[1]).toMatchObject({ mine: true, author: { id: "bob" }, replyTo: 1 });
  expect(ada.room).toMatchObject({ state: "open", role: "member", title: "Sim", unsent: 0 });
  expect(ada.room.self).toMatchObject({ id: "ada", ref: 1 });
  expect(ada.room.cursor).toEqual({ epoch: "f3a1b2c4d5e60718", seq: 2 });
});

test("a ticket is taken for every connection, and travels in the subprotocol only", async () => {
  const world = new World();
  const seen: [string, string[]][] = [];
  const base = world.server.platform("ada");
  class Spy extends base.WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      seen.push([url, protocols]);
    }
  }
  await world.open("ada", { platform: { WebSocket: Spy } });
  world.server.open[0]!.socket.cut();
  await world.clock.pass(5_000);
  expect(seen).toEqual(Array(2).fill(["wss://sim/socket", ["ferrule.v1", "ferrule.ticket.t.t"]]));
  expect(world.server.requests).toEqual(Array(2).fill("POST /api/rooms/sim/ticket"));
});

test("a bearer goes with HTTP and leaves the cookie out", async () => {
  const world = new World();
  const inits: RequestInit[] = [];
  const base = world.server.platform("ada");
  const fetch: typeof base.fetch = (url, init) => {
    inits.push(init);
    return base.fetch(url, init);
  };
  await world.open("ada", { token: async () => "secret", platform: { fetch } });
  await world.open("ada", { platform: { fetch } });
  expect(inits[0]).toMatchObject({ method: "POST", headers: { authorization: "Bearer secret" }, credentials: "omit" });
  expect(inits[1]).toMatchObject({ credentials: "include" });
});

test("50 messages missed while offline come once, in order", async () => {
  const world = new World();
  const [ada, bob] = [await world.open("ada"), await world.open("bob")];
  world.server.door = { status: 503, code: "room_full" };
  for (const peer of world.server.open) if (peer.user === "bob") peer.socket.cut();
  const texts = Array.from({ length: 50 }, (_, n) => `n ${n}`);
  for (const text of texts) ada.room.send(text);
  await world.clock.pass(60_000);
  expect(bob.texts()).toEqual([]);
  expect(bob.room).toMatchObject({ state: "waiting", error: { code: "room_full" } });
  world.server.door = undefined;
  bob.room.retryNow();
  await world.clock.pass(1_000);
  expect(bob.texts()).toEqual(texts);
});

test("RATE_LIMITED: everything waits, then leaves in order, and no frame comes inside the wait", async () => {
  const world = new World();
  const ada = await world.open("ada");
  let tokens = 3;
  let refusedUntil = 0;
  let strikes = 0;
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "MSG") return false;
    if (world.clock.now() < refusedUntil) strikes++;
    if (tokens-- > 0) return false;
    world.server.refuse(peer, "RATE_LIMITED", frame.id, 200);
    refusedUntil = world.clock.now() + 200;
    tokens = 1;
    return true;
  };
  const texts = Array.from({ length: 12 }, (_, n) => `n ${n}`);
  const sent = texts.map((text) => ada.room.send(text));
  await world.clock.pass(30_000);
  expect(ada.texts()).toEqual(texts);
  expect(strikes).toBe(0);
  expect(ada.events.filter(({ type }) => type === "error")).toEqual([]);
  await Promise.all(sent.map(({ done }) => done));
});

test.each<[ErrorName, boolean]>([
  ["BAD_FRAME", true],
  ["UNSUPPORTED", true],
  ["TOO_LARGE", true],
  ["FORBIDDEN", true],
  ["NOT_FOUND", true],
  ["CONFLICT", true],
  ["INTERNAL", false],
])("%s for a message: final is %s", async (name, final) => {
  const world = new World();
  const ada = await world.open("ada");
  let refusals = 0;
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "MSG" || frame.body.text !== "one" || refusals++ > 0) return false;
    world.server.refuse(peer, name, frame.id);
    return true;
  };
  const first = ada.room.send("one");
  ada.room.send("two");
  await world.clock.pass(5_000);
  const code = name.toLowerCase();
  if (final) await expect(first.done).rejects.toMatchObject({ name: "RoomError", code });
  else await expect(first.done).resolves.toMatchObject({ seq: 1 });
  expect(ada.texts()).toEqual(final ? ["two"] : ["one", "two"]);
  const failed = ada.events.filter((event) => event.type === "outbox" && event.status === "failed");
  expect(failed).toHaveLength(final ? 1 : 0);
  expect(ada.room.unsent).toBe(0);
});

test("a message that makes the room hang up is given up, not sent for ever", async () => {
  const world = new World();
  const ada = await world.open("ada");
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "MSG" || frame.body.text !== "poison") return false;
    world.server.refuse(peer, "TOO_LARGE", frame.id, 0, true);
    return true;
  };
  const poison = ada.room.send("poison");
  ada.room.send("good");
  await world.clock.pass(20_000);
  await expect(poison.done).rejects.toMatchObject({ code: "too_large" });
  expect(ada.texts()).toEqual(["good"]);
});

test("what cannot be a message is refused here, and the next one leaves", async () => {
  const world = new World();
  const ada = await world.open("ada");
  const bad = [ada.room.send(""), ada.room.send("x".repeat(16_385)), ada.room.send("x", { id: "no uuid" })];
  ada.room.send("good");
  await world.clock.pass(1_000);
  const codes = await Promise.all(bad.map(({ done }) => done.catch(({ code }) => code)));
  expect(codes).toEqual(["bad_request", "too_large", "bad_request"]);
  expect(ada.texts()).toEqual(["good"]);
  expect(kinds(world.server.peers)).toEqual(["HELLO", "MSG"]);
});

test.each([
  ["FORBIDDEN", "closed"],
  ["UNSUPPORTED", "closed"],
  ["GONE", "closed"],
  ["REPLACED", "closed"],
  ["EXPIRED", "open"],
  ["LAGGING", "open"],
  ["IDLE", "open"],
  ["INTERNAL", "open"],
  ["UNAUTHENTICATED", "closed"],
  ["RATE_LIMITED", "open"],
] as const)("closed by the room with %s: half a minute later it is %s", async (name, state) => {
  const world = new World();
  const ada = await world.open("ada");
  world.server.refuse(world.server.open[0]!, name, null, 0, true);
  await world.clock.pass(30_000);
  expect(ada.room.state).toBe(state);
  expect(world.server.peers).toHaveLength(state === "open" ? 2 : 1);
  const ended = ada.events.find((event) => event.type === "state" && event.error !== undefined);
  expect(ended).toMatchObject({ error: { code: name.toLowerCase(), fatal: true } });
  ada.room.retryNow();
  await world.clock.pass(1_000);
  expect(ada.room.state).toBe("open");
});

test.each([
  [401, "unauthenticated", "closed"],
  [403, "banned", "closed"],
  [404, "not_found", "closed"],
  [429, "rate_limited", "waiting"],
  [503, "room_full", "waiting"],
] as const)("ticket refused with %i %s: %s", async (status, code, state) => {
  const world = new World();
  world.server.door = { status, code };
  const ada = await world.open("ada");
  await world.clock.pass(30_000);
  expect(["connecting", state]).toContain(ada.room.state);
  expect(ada.room.error).toMatchObject({ code, fatal: state === "closed" });
  expect(world.server.requests.length === 1).toBe(state === "closed");
  world.server.door = undefined;
  ada.room.retryNow();
  await world.clock.pass(1_000);
  expect(ada.room.state).toBe("open");
});

test("a reset comes before the first entry after the gap", async () => {
  const world = new World();
  const ada = await world.open("ada");
  world.server.post("bob", "1");
  await world.clock.pass(500);
  world.server.door = { status: 503, code: "room_full" };
  world.server.open[0]!.socket.cut();
  for (const text of ["2", "3", "4"]) world.server.post("bob", text);
  world.server.oldest = 4;
  world.server.door = undefined;
  ada.room.retryNow();
  await world.clock.pass(500);
  world.server.post("bob", "5");
  await world.clock.pass(500);
  const told = ada.events.flatMap((event) => (event.type === "message" || event.type === "reset" ? [event] : []));
  expect(told).toMatchObject([
    { message: { text: "1" } },
    { type: "reset", reason: "trimmed", drop: false, gap: { from: 2, to: 4 } },
    { message: { text: "5" } },
  ]);
});

test("history: pages of the room, then of the archive, in one shape", async () => {
  const world = new World();
  for (let n = 1; n <= 10; n++) world.server.post(n % 2 ? "ada" : "bob", `n ${n}`);
  world.server.oldest = 6;
  const ada = await world.open("ada");
  const texts = async (query: { before?: number; after?: number; limit?: number }) => {
    const page = ada.room.history(query);
    await world.clock.pass(500);
    const { messages, covers, more, asOf } = await page;
    return { texts: messages.map(({ text }) => text), covers, more, asOf, mine: messages.map(({ mine }) => mine) };
  };
  expect(await texts({ limit: 3 })).toMatchObject({
    texts: ["n 8", "n 9", "n 10"],
    covers: { from: 8, to: 10 },
    more: true,
  });
  expect(await texts({ before: 8, limit: 3 })).toMatchObject({
    texts: ["n 6", "n 7"],
    covers: { from: 6, to: 7 },
    more: true,
  });
  expect(world.server.requests).toHaveLength(1);
  const old = await texts({ before: 6, limit: 3 });
  expect(old).toMatchObject({ texts: ["n 3", "n 4", "n 5"], covers: { from: 3, to: 5 }, more: true, asOf: 10 });
  expect(old.mine).toEqual([true, false, true]);
  expect(world.server.requests.at(-1)).toBe("GET /api/rooms/sim/messages?before=6&limit=3");
  expect(await texts({ before: 3, limit: 3 })).toMatchObject({
    texts: ["n 1", "n 2"],
    covers: { from: 1, to: 2 },
    more: false,
  });
  expect(await texts({ after: 8 })).toMatchObject({ texts: ["n 9", "n 10"], covers: { from: 9, to: 10 }, more: false });
  await expect(ada.room.history({ before: 3, after: 1 })).rejects.toMatchObject({ code: "bad_request" });
});

test("history asked for while offline, or cut off, is answered by the next connection", async () => {
  const world = new World();
  world.server.post("bob", "one");
  const ada = await world.open("ada");
  let cuts = 0;
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "HISTORY_REQ" || cuts++ > 0) return false;
    peer.socket.cut();
    return true;
  };
  const page = ada.room.history();
  await world.clock.pass(10_000);
  expect((await page).messages).toHaveLength(1);
  expect(cuts).toBe(2);
});

test("a stranger is shown without a name, asked for once, and told when known", async () => {
  const world = new World();
  const ada = await world.open("ada");
  const frame = encode({
    kind: "MSG",
    seq: 1,
    ts: 1,
    sender: 9,
    id: new Uint8Array(16),
    body: { replyTo: 0, text: "?" },
  });
  world.server.intercept = (asked, peer) => {
    if (asked.kind !== "PEOPLE_REQ") return false;
    const list = asked.body.refs.map((ref) => ({ ref, flags: 1, userId: "eve", name: "Eve" }));
    peer.socket.deliver(encode({ kind: "PEOPLE", id: asked.id, body: { list } }));
    return true;
  };
  world.server.open[0]!.socket.deliver(frame);
  await world.clock.pass(500);
  expect(ada.events.find(({ type }) => type === "message")).toMatchObject({
    message: { author: { id: "", name: "…" } },
  });
  expect(ada.room.person(9)).toEqual({ ref: 9, id: "eve", name: "Eve", guest: true, bot: false, gone: false });
  expect(kinds(world.server.peers).filter((kind) => kind === "PEOPLE_REQ")).toHaveLength(1);
});

test("credits wait for async handlers: a slow application holds the room back", async () => {
  const world = new World();
  const ada = await world.open("ada");
  let free: () => void = () => {};
  ada.room.on("message", () => new Promise((resolve) => (free = resolve)));
  // Not compressible, so that it costs what it says.
  const long = Array.from({ length: 8_000 }, () => String.fromCharCode(256 + world.random() * 1_500)).join("");
  for (let n = 0; n < 5; n++) world.server.post("bob", `${n} ${long}`);
  await world.clock.pass(1_000);
  const credits = () => kinds(world.server.peers).filter((kind) => kind === "CREDIT").length;
  expect([ada.texts().length, credits(), ada.room.cursor?.seq]).toEqual([1, 0, 0]);
  for (let n = 0; n < 5; n++) {
    free();
    await world.clock.pass(100);
  }
  expect([ada.texts().length, ada.room.cursor?.seq]).toEqual([5, 5]);
  expect(credits()).toBeGreaterThanOrEqual(1);
});

test("`for await` reads every event once, holds the room back while it is busy, and ends at close", async () => {
  const world = new World();
  const ada = world.connect("ada");
  const iterator = ada.room.events();
  const read: string[] = [];
  const reading = (async () => {
    for await (const event of iterator) read.push(event.type === "message" ? event.message.text : event.type);
  })();
  await world.clock.pass(1_000);
  for (const text of ["1", "2", "3"]) world.server.post("bob", text);
  await world.clock.pass(1_000);
  await ada.room.close();
  await reading;
  expect(read.filter((item) => /\d/.test(item))).toEqual(["1", "2", "3"]);
  expect(read.at(-1)).toBe("state");
});

test("a slow `for await` holds credit back, and the room with it", async () => {
  const world = new World();
  const ada = await world.open("ada");
  const reader = ada.room.events();
  const long = Array.from({ length: 8_000 }, () => String.fromCharCode(256 + world.random() * 1_500)).join("");
  for (let n = 0; n < 5; n++) world.server.post("bob", `${n} ${long}`);
  await world.clock.pass(1_000);
  const credits = () => kinds(world.server.peers).filter((kind) => kind === "CREDIT").length;
  expect(credits()).toBe(0);
  for (let n = 0; n < 1 + 5; n++) await reader.next();
  await world.clock.pass(100);
  // Who bob is, and his five messages; the last one is not handled before the next is asked for.
  expect([credits() > 0, ada.room.cursor?.seq]).toEqual([true, 4]);
});

test("close: nothing more is sent, nobody waits for ever, no timer is left", async () => {
  const world = new World();
  const ada = await world.open("ada");
  world.server.intercept = (frame) => frame.kind === "MSG" || frame.kind === "HISTORY_REQ";
  const [sent, page] = [ada.room.send("never"), ada.room.history()];
  const failed = Promise.all([sent.done, page].map((promise) => promise.catch(({ code }) => code)));
  await world.clock.pass(100);
  const before = kinds(world.server.peers).length;
  await ada.room.close();
  expect(await failed).toEqual(["closed", "closed"]);
  await expect(ada.room.send("late").done).rejects.toMatchObject({ code: "closed" });
  await expect(ada.room.history()).rejects.toMatchObject({ code: "closed" });
  ada.room.retryNow();
  await world.clock.pass(120_000);
  expect(ada.room.state).toBe("closed");
  expect(kinds(world.server.peers)).toHaveLength(before);
  expect(world.server.open).toEqual([]);
  expect(world.clock.pending).toBe(0);
});

test("an own entry in the log is as good as its ACK", async () => {
  const world = new World();
  const ada = await world.open("ada");
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "MSG") return false;
    const { id, body } = frame as Extract<Frame, { kind: "MSG" }>;
    peer.socket.deliver(encode({ kind: "MSG", seq: 1, ts: 5, sender: 1, id, body }));
    return true;
  };
  const sent = ada.room.send("hello");
  await world.clock.pass(500);
  await expect(sent.done).resolves.toEqual({ seq: 1, ts: 5 });
  expect(uuidText((world.server.peers[0]!.heard.at(-1) as Frame).id!)).toBe(sent.id);
  expect(world.server.faults).toBe(NO_FAULTS);
});

test("history is refused, and never left without an answer, when the room is closed or the question is none", async () => {
  const world = new World();
  const ada = await world.open("ada");
  for (const query of [{ limit: Number.NaN }, { before: -1 }, { after: 1.5 }])
    await expect(ada.room.history(query)).rejects.toMatchObject({ name: "RoomError", code: "bad_request" });
  const asked = ada.room.history();
  await ada.room.close();
  await expect(asked).rejects.toMatchObject({ code: "closed" });
});
