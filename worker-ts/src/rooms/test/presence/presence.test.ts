// Who is here, per connection (PROTOCOL.md section 7, PRESENCE): snapshot, merged deltas, totals, and every way to leave.
import { runInDurableObject } from "cloudflare:test";
import { encode, FEATURE, PRESENCE_OP, PRESENCE_STATE } from "@ferrule/core";
import { expect, it } from "vitest";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  LIVE,
  quiet,
  RoomClient,
  type RoomStub,
  ring,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";
import type { RoomObject } from "../../room-object";

const away = (client: RoomClient) =>
  client.send({ kind: "PRESENCE", body: { op: PRESENCE_OP.SELF, state: PRESENCE_STATE.AWAY } });
const back = (client: RoomClient) =>
  client.send({ kind: "PRESENCE", body: { op: PRESENCE_OP.SELF, state: PRESENCE_STATE.HERE } });

/** Waits until what this client knows is `state` by connection, as `ref:state`. */
const knows = (client: RoomClient, state: Record<number, string>) =>
  until(
    () => JSON.stringify(Object.fromEntries(client.here ?? [])) === JSON.stringify(state),
    `presence to be ${JSON.stringify(state)}`,
  ).catch((error) => expect(client.here && Object.fromEntries(client.here), String(error)).toEqual(state));

/** Three people of whom the third has two tabs, with all that came read. */
async function four(stub: RoomStub): Promise<RoomClient[]> {
  const clients: RoomClient[] = [];
  for (const name of ["ann", "bob", "carl", "carl"]) clients.push(await RoomClient.live(stub, name));
  await until(() => clients.every(({ crowd }) => crowd.connections === 4 && crowd.people === 3), "all to know of all");
  await quiet(clients, 60);
  for (const client of clients) await client.rest(0);
  return clients;
}

it("R08 a HELLO that wants everything gets WELCOME, people, presence, receipts; DICT is never granted", async () => {
  const stub = freshRoom("presence");
  const ann = await RoomClient.live(stub, "ann");
  expect(await ann.gather(4)).toEqual(["PEOPLE", "PRESENCE", "RECEIPT", "PRESENCE"]);
  const bob = await RoomClient.open(stub, "bob");
  const { welcome } = await bob.hello(undefined, 0xffff);
  expect(welcome.body.features).toBe(FEATURE.PRESENCE | FEATURE.TYPING | FEATURE.RECEIPTS);
  expect((await bob.expect("PEOPLE")).body.list.map(({ ref }) => ref)).toEqual([1, 2]);
  expect((await bob.expect("PRESENCE")).body).toEqual({
    op: PRESENCE_OP.SNAPSHOT,
    connections: 2,
    people: 2,
    list: [
      { conn: 1, ref: 1, state: PRESENCE_STATE.HERE },
      { conn: 2, ref: 2, state: PRESENCE_STATE.HERE },
    ],
  });
  expect((await bob.expect("RECEIPT")).body.list).toEqual([]);
  // The others are told who it is before they are told that he is here.
  expect((await ann.expect("PEOPLE")).body.list).toMatchObject([{ ref: 2, userId: "u_bob" }]);
  expect((await ann.expect("PRESENCE")).body).toEqual({
    op: PRESENCE_OP.DELTA,
    connections: 2,
    people: 2,
    list: [{ conn: 2, ref: 2, state: PRESENCE_STATE.HERE }],
  });
});

it("R08 a reset gets WELCOME, RESET, people, presence, receipts; a recovering one its replay behind them", async () => {
  const stub = freshRoom("presence");
  const ann = await RoomClient.open(stub, "ann");
  const { welcome } = await ann.hello();
  await ann.write(1, "one");
  const { epoch } = welcome.body;
  const bob = await RoomClient.live(stub, "bob", LIVE, { epoch, lastSeq: 9 });
  expect((await bob.gather(3)).slice(0, 3)).toEqual(["PEOPLE", "PRESENCE", "RECEIPT"]);
  const carl = await RoomClient.live(stub, "carl", LIVE, { epoch, lastSeq: 0 });
  expect((await carl.gather(5)).slice(0, 5)).toEqual(["PEOPLE", "PRESENCE", "RECEIPT", "PEOPLE", "MSG"]);
});

it("sends nothing of a feature that was not granted, and takes what such a connection says of itself", async () => {
  const stub = freshRoom("presence");
  const ann = await RoomClient.live(stub, "ann");
  const features = { none: 0, presence: FEATURE.PRESENCE, typing: FEATURE.TYPING, receipts: FEATURE.RECEIPTS };
  const clients = new Map<string, RoomClient>();
  for (const [name, bits] of Object.entries(features)) clients.set(name, await RoomClient.live(stub, name, bits));
  await until(() => clients.get("presence")!.crowd.connections === 5, "all to be here");
  await quiet(clients.values(), 60);
  const start = new Map([...clients].map(([name, client]) => [name, client.rest(0)]));
  for (const rest of start.values()) await rest;
  await ann.write(1, "hello");
  ann.send({ kind: "TYPING", body: { state: 1 } });
  ann.send({ kind: "RECEIPT", body: { list: [{ ref: 0, upTo: 1 }] } });
  away(ann);
  const got = Object.fromEntries(
    await Promise.all(
      [...clients].map(async ([name, client]) => [name, (await client.gather(name === "none" ? 1 : 2)).sort()]),
    ),
  );
  expect(got).toEqual({
    none: ["MSG"],
    presence: ["MSG", "PRESENCE"],
    typing: ["MSG", "TYPING"],
    receipts: ["MSG", "RECEIPT"],
  });
  away(clients.get("none")!);
  await until(() => ann.here?.get(clients.get("none")!.conn) === "2:2", "the silent one to be away");
});

it("R27 two tabs of one user: one person, two connections; closing one keeps the person", async () => {
  const stub = freshRoom("presence");
  const [ann, bob, carl, carlToo] = await four(stub);
  await knows(ann!, { 1: "1:1", 2: "2:1", 3: "3:1", 4: "3:1" });
  expect(ann!.crowd).toEqual({ connections: 4, people: 3 });
  expect((await stub.stats()).online).toBe(3);
  away(carlToo!);
  await knows(carl!, { 1: "1:1", 2: "2:1", 3: "3:1", 4: "3:2" });
  await carl!.close();
  await knows(ann!, { 1: "1:1", 2: "2:1", 4: "3:2" });
  expect(ann!.crowd).toEqual({ connections: 3, people: 3 });
  expect((await stub.stats()).online).toBe(3);
  await carlToo!.close();
  await knows(bob!, { 1: "1:1", 2: "2:1" });
  expect(bob!.crowd).toEqual({ connections: 2, people: 2 });
  // Two tabs closed in one: the second one's end is no news of the first.
  const bobToo = await RoomClient.live(stub, "bob");
  expect(bobToo.strangers).toEqual([]);
  await knows(ann!, { 1: "1:1", 2: "2:1", 5: "2:1" });
});

it("merges what happens within a tick: one frame, and none for what comes to nothing", async () => {
  const stub = freshRoom("presence");
  const ann = await RoomClient.live(stub, "ann");
  await ann.gather(4);
  await tune(stub, { coalesceMs: 4_000 });
  const bob = await RoomClient.live(stub, "bob");
  away(bob);
  back(bob);
  away(bob);
  const carl = await RoomClient.live(stub, "carl");
  const came = (await ann.pick("PRESENCE")).body;
  expect(came).toMatchObject({ op: PRESENCE_OP.DELTA, connections: 3, people: 3 });
  expect(ann.here && Object.fromEntries(ann.here)).toEqual({ 1: "1:1", 2: "2:2", 3: "3:1" });
  await quiet([ann, bob, carl], 5_000);
  await ann.rest(0);
  away(carl);
  back(carl);
  // Dora has come and gone: nobody else has been told anything in between.
  const dora = await RoomClient.live(stub, "dora");
  await dora.close();
  expect((await ann.rest(5_000)).filter((kind) => kind === "PRESENCE").length).toBeLessThanOrEqual(1);
  expect([...ann.here!.keys()]).toEqual([1, 2, 3]);
  expect(carl.here && Object.fromEntries(carl.here)).toEqual({ 1: "1:1", 2: "2:2", 3: "3:1" });
});

it("a leave and a return within a tick do not leave a newcomer of that tick with the wrong state", async () => {
  const stub = freshRoom("presence");
  const ann = await RoomClient.live(stub, "ann");
  await ann.gather(4);
  await tune(stub, { coalesceMs: 1_000 });
  away(ann);
  await until(() => ann.here?.get(1) === "1:2", "ann to be away");
  back(ann);
  // What bob is shown is undone before the tick ends.
  const bob = await RoomClient.live(stub, "bob");
  away(ann);
  await quiet([ann, bob], 1_500);
  expect(bob.here && Object.fromEntries(bob.here)).toEqual({ 1: "1:2", 2: "2:1" });
  expect([...ann.strangers, ...bob.strangers]).toEqual([]);
});

it("one who leaves in the tick in which another comes is no stranger to the newcomer", async () => {
  const stub = freshRoom("presence");
  const ann = await RoomClient.live(stub, "ann");
  const bob = await RoomClient.live(stub, "bob");
  await quiet([ann, bob], 60);
  await tune(stub, { coalesceMs: 1_000 });
  await bob.close();
  const carl = await RoomClient.live(stub, "carl");
  await quiet([ann, carl], 1_500);
  expect(carl.strangers).toEqual([]);
  for (const client of [ann, carl]) expect([...client.here!.keys()]).toEqual([1, 3]);
});

it("R21 R22 presence is intact over evictions, one or three in a row", async () => {
  const stub = freshRoom("presence");
  const [ann, bob, carl, carlToo] = await four(stub);
  away(carl!);
  const state = { 1: "1:1", 2: "2:1", 3: "3:2", 4: "3:1" };
  await knows(ann!, state);
  await quiet([ann!], 60);
  for (let round = 1; round <= 3; round++) {
    await evict(stub);
    await stub.stats();
  }
  await evict(stub);
  const dora = await RoomClient.live(stub, "dora");
  await knows(dora, { ...state, 5: "4:1" });
  expect((await dora.pick("PEOPLE")).body.list.map(({ userId }) => userId)).toEqual([
    "u_ann",
    "u_bob",
    "u_carl",
    "u_dora",
  ]);
  for (const client of [ann!, bob!, carl!, carlToo!]) await knows(client, { ...state, 5: "4:1" });
  await quiet([ann!], 60);
  await evict(stub);
  back(carl!);
  await knows(ann!, { ...state, 3: "3:1", 5: "4:1" });
});

it("R23 a close that wakes the object: presence leaves, for tabs and people, and once", async () => {
  const stub = freshRoom("presence");
  const [ann, bob, carl, carlToo] = await four(stub);
  await evict(stub);
  await carl!.close(4321);
  expect(carl!.closed?.code).toBe(4321);
  await knows(ann!, { 1: "1:1", 2: "2:1", 4: "3:1" });
  expect(ann!.crowd).toEqual({ connections: 3, people: 3 });
  expect(await ann!.gather(1)).toEqual(["PRESENCE"]);
  await evict(stub);
  await carlToo!.close();
  await knows(ann!, { 1: "1:1", 2: "2:1" });
  expect(ann!.crowd).toEqual({ connections: 2, people: 2 });
  await ann!.gather(1);
  await runInDurableObject(stub, (room: RoomObject, state) => {
    for (const socket of state.getWebSockets("u:u_bob")) {
      room.webSocketError(socket);
      room.webSocketClose(socket, 1006);
      room.webSocketClose(socket, 1000);
    }
  });
  expect(await ann!.gather(1)).toEqual(["PRESENCE"]);
  await knows(ann!, { 1: "1:1" });
  await until(() => bob!.closed !== undefined, "bob's close");
});

it("R23 several closes of one sleep all leave", async () => {
  const stub = freshRoom("presence");
  const [ann, ...others] = await four(stub);
  await evict(stub);
  for (const client of others) client.socket.close(1000, "all at once");
  await knows(ann!, { 1: "1:1" });
  expect(ann!.crowd).toEqual({ connections: 1, people: 1 });
});

it("R23 one who was closing when the object woke is no stranger to a newcomer of before its close event", async () => {
  const stub = freshRoom("presence");
  const [ann, bob] = await four(stub);
  const dora = await RoomClient.open(stub, "dora");
  await quiet([ann!], 60);
  await evict(stub);
  const hello = encode({
    kind: "HELLO",
    body: { epoch: new Uint8Array(8), lastSeq: 0, features: LIVE, maxFrame: 65_536, client: "test/1" },
  });
  await runInDurableObject(stub, (room: RoomObject, state) => {
    const [bobs, doras] = ["bob", "dora"].map((name) => state.getWebSockets(`u:u_${name}`)[0]!);
    bobs!.close(4000, "closing");
    void room.webSocketMessage(doras!, hello.slice().buffer);
    room.webSocketClose(bobs!, 1006);
  });
  const state = { 1: "1:1", 3: "3:1", 4: "3:1", 5: "4:1" };
  for (const client of [ann!, dora]) await knows(client, state);
  expect(dora.strangers).toEqual([]);
  await until(() => bob!.closed !== undefined, "bob's close");
});

it("who is swept or refused for good leaves at once, without a close event", async () => {
  const stub = freshRoom("presence");
  const [ann, bob, carl, carlToo] = await four(stub);
  bob!.send("no ping");
  await knows(ann!, { 1: "1:1", 3: "3:1", 4: "3:1" });
  const start = Date.now();
  await tune(stub, { now: () => start + 149_000 });
  await ann!.write(1, "alive");
  await tune(stub, { now: () => start + 152_000, deadAfterMs: 151_000 });
  await ring(stub);
  await knows(ann!, { 1: "1:1" });
  await until(() => carl!.closed !== undefined && carlToo!.closed !== undefined, "the closes");
  expect(ann!.crowd).toEqual({ connections: 1, people: 1 });
});

it("who is refused for good is gone in the same moment, whether its client ever answers the close or not", async () => {
  const stub = freshRoom("presence");
  const [ann] = await four(stub);
  await runInDurableObject(stub, (room: RoomObject, state) => {
    for (const socket of state.getWebSockets("u:u_carl")) void room.webSocketMessage(socket, "no ping");
    expect(room.stats().online).toBe(2);
  });
  await knows(ann!, { 1: "1:1", 2: "2:1" });
});

it("R25 a socket without attachment is not here, and does not disturb", async () => {
  const stub = freshRoom("presence");
  const [ann, bob] = await four(stub);
  await runInDurableObject(stub, (_room: RoomObject, state) => {
    for (const socket of state.getWebSockets("u:u_carl")) socket.serializeAttachment(null);
  });
  await evict(stub);
  const dora = await RoomClient.live(stub, "dora");
  expect((await dora.pick("PRESENCE")).body).toMatchObject({ connections: 3, people: 3 });
  away(bob!);
  await until(() => ann!.here?.get(bob!.conn) === "2:2", "bob to be away");
});

it("tells only totals above PRESENCE_LIST_MAX, and the list again below it; senders are introduced each time", async () => {
  const stub = freshRoom("presence");
  await tune(stub, { presenceListMax: 3, presenceTotalsMs: 0 });
  const [ann, bob, carl, carlToo] = await four(stub);
  for (const client of [ann!, bob!, carl!, carlToo!]) {
    expect(client.here).toBeUndefined();
    expect(client.crowd).toEqual({ connections: 4, people: 3 });
  }
  const dora = await RoomClient.live(stub, "dora");
  // A newcomer to a crowd learns nobody but itself.
  expect((await dora.expect("PEOPLE")).body.list.map(({ userId }) => userId)).toEqual(["u_dora"]);
  expect((await dora.expect("PRESENCE")).body).toEqual({ op: PRESENCE_OP.TOTALS, connections: 5, people: 4 });
  await until(() => ann!.crowd.connections === 5, "the totals");
  await quiet([ann!, dora], 60);
  for (const client of [ann!, dora]) await client.rest(0);
  for (const round of [1, 2]) {
    await ann!.write(round, "I am ann");
    expect(await dora.gather(2)).toEqual(["PEOPLE", "MSG"]);
    await ann!.rest(0);
  }
  ann!.send({ kind: "TYPING", body: { state: 1 } });
  expect(await dora.gather(2)).toEqual(["PEOPLE", "TYPING"]);
  ann!.send({ kind: "RECEIPT", body: { list: [{ ref: 0, upTo: 2 }] } });
  expect(await dora.gather(2)).toEqual(["PEOPLE", "RECEIPT"]);
  away(bob!);
  expect(await dora.rest()).toEqual([]);

  await carlToo!.close();
  await until(() => dora.crowd.connections === 4, "the totals");
  expect(dora.here).toBeUndefined();
  await carl!.close();
  await knows(dora, { 1: "1:1", 2: "2:2", 5: "4:1" });
  await knows(ann!, { 1: "1:1", 2: "2:2", 5: "4:1" });
  const { seq } = (await ann!.write(3, "known again")).body;
  await until(() => dora.read.at(-1) === seq, "the message");
  expect((await dora.rest()).slice(-1)).toEqual(["MSG"]);
  expect([ann!, bob!, carl!, carlToo!, dora].flatMap((client) => client.strangers)).toEqual([]);
});

it("tells totals at most once in PRESENCE_TOTALS_MS, whoever comes and goes", async () => {
  const stub = freshRoom("presence");
  await tune(stub, { presenceListMax: 3, presenceTotalsMs: 1_000 });
  const [ann, , , carlToo] = await four(stub);
  // The turn to totals is told at once, what comes after it together.
  expect(ann!.crowd).toEqual({ connections: 4, people: 3 });
  const start = Date.now();
  const before = ann!.raw.length;
  for (let n = 1; n <= 5; n++) await RoomClient.live(stub, `p${n}`);
  await carlToo!.close();
  await until(() => ann!.crowd.connections === 8 && ann!.crowd.people === 8, "the totals");
  expect(ann!.raw.length - before).toBeLessThanOrEqual(2 + Math.floor((Date.now() - start) / 1_000));
  expect(ann!.crowd).toEqual({ connections: 8, people: 8 });
});

it("a crowd stays one over an eviction, also when the close that ends it wakes the object", async () => {
  const stub = freshRoom("presence");
  await tune(stub, { presenceListMax: 3, presenceTotalsMs: 0 });
  const [ann, bob, carl, carlToo] = await four(stub);
  await evict(stub);
  await tune(stub, { presenceListMax: 3, presenceTotalsMs: 0 });
  await bob!.write(1, "hello");
  expect(await ann!.gather(2)).toEqual(["PEOPLE", "MSG"]);
  await evict(stub);
  await carlToo!.close();
  await knows(ann!, { 1: "1:1", 2: "2:1", 3: "3:1" });
  await knows(carl!, { 1: "1:1", 2: "2:1", 3: "3:1" });
  // One who is alone in the room is no crowd, whatever the room was told last.
  for (const client of [bob!, carl!, ann!]) await client.close();
  const dora = await RoomClient.live(stub, "dora");
  expect((await dora.pick("PRESENCE")).body).toMatchObject({ op: PRESENCE_OP.SNAPSHOT, connections: 1 });
});

it("a writer who is not here is introduced, also to those who came meanwhile", async () => {
  const stub = freshRoom("presence");
  const ann = await RoomClient.live(stub, "ann");
  await ann.gather(4);
  for (const n of [1, 2]) {
    await stub.apply(actorOf("eve"), { type: "post", id: idOf(n), text: "by HTTP", replyTo: 0 });
    expect(await ann.gather(2)).toEqual(["PEOPLE", "MSG"]);
  }
  const eve = await RoomClient.live(stub, "eve");
  await until(() => [ann, eve].every(({ crowd }) => crowd.connections === 2), "both to be here");
  await quiet([ann, eve], 60);
  for (const client of [ann, eve]) await client.rest(0);
  await stub.apply(actorOf("eve"), { type: "post", id: idOf(3), text: "by HTTP", replyTo: 0 });
  expect(await ann.gather(1)).toEqual(["MSG"]);
});

it("a join costs each socket one frame, whether ten are here or a hundred", async () => {
  const costs: number[] = [];
  for (const count of [10, 100]) {
    const stub = freshRoom("presence");
    const clients: RoomClient[] = [];
    for (let n = 0; n < count; n++) clients.push(await RoomClient.live(stub, `p${n}`));
    await quiet(clients, 80);
    const before = clients.map((client) => client.raw.length);
    const newcomer = await RoomClient.live(stub, "newcomer");
    await quiet([newcomer, ...clients], 80);
    const frames = clients.map((client, at) => client.raw.length - before[at]!);
    // The PEOPLE entry on an idle line, the merged delta behind it.
    expect(Math.max(...frames)).toBeLessThanOrEqual(2);
    expect(newcomer.raw.length).toBeLessThanOrEqual(5);
    expect(newcomer.here?.size).toBe(count + 1);
    costs.push(frames.reduce((sum, n) => sum + n, 0) + newcomer.raw.length);
  }
  expect(costs[1]!).toBeLessThanOrEqual(2 * 100 + 5);
  expect(costs[0]!).toBeLessThanOrEqual(2 * 10 + 5);
});
