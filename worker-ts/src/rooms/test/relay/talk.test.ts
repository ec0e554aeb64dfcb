// The conversation of a room through its relays: everything that works on a socket of the room's own works behind a relay, and nobody
// there can tell.
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { ACK_STATUS, ERROR_CODE, HISTORY_DIRECTION, TYPING_STATE, WELCOME_OUTCOME } from "@ferrule/core";
import { expect, it, vi } from "vitest";
import { edit, erase, react, unreact } from "../../../../../tests/worker/support/changes";
import { account, room } from "../../../../../tests/worker/support/http-client";
import {
  actorOf,
  enter,
  evict,
  freshRoom,
  idOf,
  LIVE,
  query,
  RoomClient,
  type RoomStub,
  relayOf,
  ring,
  roomOf,
  rowsRead,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";
import type { Push } from "../../relay/shapes";
import type { RelayObject } from "../../relay-object";
import type { RoomSettings } from "../../settings";
import { tuneRelay, wrapDown, wrapUp } from "./person";

/** A room that serves so many sockets itself; all others go to relays of `relaySocketsMax`. */
async function bigRoom(
  socketsDirectMax = 0,
  relaySocketsMax = 2,
  settings: Partial<RoomSettings> = {},
): Promise<RoomStub> {
  const stub = freshRoom("relayed");
  await tune(stub, { socketsDirectMax, relaySocketsMax, ...settings });
  return stub;
}

it("RB01 who is sent to a relay gets WELCOME, PEOPLE and totals, writes, and reads what others wrote elsewhere", async () => {
  const stub = await bigRoom(1);
  const ann = await RoomClient.live(stub, "ann", LIVE);
  const bob = await RoomClient.open(stub, "bob");
  const { welcome } = await bob.hello(undefined, LIVE);
  expect(welcome.body).toMatchObject({
    outcome: WELCOME_OUTCOME.FRESH,
    headSeq: 0,
    selfRef: 2,
    conn: 2,
    title: "Room",
  });
  const people = await bob.expect("PEOPLE");
  expect(people.body.list.map(({ userId }) => userId)).toEqual(["u_bob"]);
  expect((await bob.expect("PRESENCE")).body).toMatchObject({ connections: 2, people: 2 });
  await bob.expect("RECEIPT");
  expect((await bob.write(1, "from behind a relay")).body).toMatchObject({ status: ACK_STATUS.STORED, seq: 1 });
  for (const client of [ann, bob]) expect(await client.pick("MSG")).toMatchObject({ seq: 1, sender: 2 });
  expect((await ann.write(2, "from the room")).body.seq).toBe(2);
  for (const client of [ann, bob]) {
    expect(await client.pick("MSG")).toMatchObject({ seq: 2, sender: 1 });
    expect(client.strangers).toEqual([]);
  }
  expect(await stub.stats()).toMatchObject({ headSeq: 2, online: 2 });
});

it("RB01 edits, reactions, deletes, repeats and refusals are answered as at the room", async () => {
  const stub = await bigRoom();
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.write(1, "first");
  expect(await ann.ask(edit(2, 1, "second"))).toMatchObject({ status: ACK_STATUS.STORED, seq: 2 });
  expect(await bob.ask(edit(3, 1, "not mine"))).toMatchObject({ status: -ERROR_CODE.FORBIDDEN });
  expect(await bob.ask(react(4, 1, "👍"))).toMatchObject({ status: ACK_STATUS.STORED, seq: 3 });
  expect(await bob.ask(react(5, 1, "👍"))).toMatchObject({ status: ACK_STATUS.NO_CHANGE });
  expect(await bob.ask(unreact(6, 1, "👍"))).toMatchObject({ status: ACK_STATUS.STORED, seq: 4 });
  expect(await ann.ask(edit(2, 1, "second"))).toMatchObject({ status: ACK_STATUS.DUPLICATE, seq: 2 });
  expect(await ann.ask(edit(2, 1, "third"))).toMatchObject({ status: -ERROR_CODE.CONFLICT });
  expect(await ann.ask(erase(7, 1))).toMatchObject({ status: ACK_STATUS.STORED, seq: 5 });
  expect(await ann.ask(react(8, 9, "👍"))).toMatchObject({ status: -ERROR_CODE.NOT_FOUND });
  await stub.apply(actorOf("carl"), { type: "post", id: idOf(9), text: "by HTTP", replyTo: 0 });
  for (const client of [ann, bob]) {
    await until(() => client.read.length >= 6, "all entries");
    await client.rest();
    expect(client.read).toEqual([1, 2, 3, 4, 5, 6]);
    expect(client.strangers).toEqual([]);
  }
});

it("RB01 pages, people, typing, receipts and totals", async () => {
  const stub = await bigRoom(1);
  const ann = await RoomClient.live(stub, "ann", LIVE);
  const bob = await RoomClient.live(stub, "bob", LIVE);
  const carl = await RoomClient.live(stub, "carl", LIVE);
  await ann.write(1, "one");
  await bob.write(2, "two");
  await bob.ask(react(3, 1, "👍"));
  await Promise.all([ann, bob, carl].map((client) => client.rest()));
  carl.send({ kind: "HISTORY_REQ", id: idOf(7), body: { direction: HISTORY_DIRECTION.BEFORE, from: 0, limit: 10 } });
  const page = await carl.pick("HISTORY_PAGE");
  expect(page.body).toMatchObject({ asOf: 3, firstSeq: 1, lastSeq: 2 });
  carl.send({ kind: "PEOPLE_REQ", id: idOf(8), body: { refs: [1] } });
  expect((await carl.pick("PEOPLE")).body.list).toMatchObject([{ userId: "u_ann" }]);
  bob.send({ kind: "TYPING", body: { state: TYPING_STATE.TYPING } });
  for (const client of [ann, carl]) expect(await client.pick("TYPING")).toMatchObject({ sender: 2 });
  carl.send({ kind: "RECEIPT", body: { list: [{ ref: 0, upTo: 2 }] } });
  for (const client of [ann, bob]) expect((await client.pick("RECEIPT")).body.list).toEqual([{ ref: 3, upTo: 2 }]);
  expect(await bob.rest()).not.toContain("TYPING");
  for (const client of [ann, bob, carl]) {
    expect(client.here).toBeUndefined();
    expect(client.strangers).toEqual([]);
  }
});

it("RB02 who resumes at a relay gets what it missed out of the relay's memory, and what is older from the room", async () => {
  const stub = await bigRoom();
  const ann = await RoomClient.join(stub, "ann");
  const { welcome } = await (await RoomClient.open(stub, "bob")).hello();
  for (let n = 1; n <= 6; n++) await ann.write(n, `message ${n}`);
  await ann.rest();
  const cursor = { epoch: Uint8Array.from(welcome.body.epoch), lastSeq: 2 };
  const carl = await RoomClient.open(stub, "bob");
  expect((await carl.hello(cursor)).welcome.body).toMatchObject({ outcome: WELCOME_OUTCOME.RECOVERED, startSeq: 2 });
  await until(() => carl.read.length >= 4, "all entries");
  await carl.rest();
  expect(carl.read).toEqual([3, 4, 5, 6]);
  await evict(relayOf(stub, 1));
  const dora = await RoomClient.open(stub, "dora");
  await dora.hello({ ...cursor, lastSeq: 0 });
  await until(() => dora.read.length >= 6, "all entries");
  await dora.rest();
  expect(dora.read).toEqual([1, 2, 3, 4, 5, 6]);
  for (const client of [carl, dora]) expect(client.strangers).toEqual([]);
});

it("RB02 what was edited or erased since is replayed as it stands now, and the erased text is nowhere", async () => {
  const stub = await bigRoom(0, 4);
  const ann = await RoomClient.join(stub, "ann");
  const { epoch } = (await (await RoomClient.open(stub, "bob")).hello()).welcome.body;
  await ann.write(1, "the first secret");
  await ann.ask(edit(2, 1, "the second secret"));
  await ann.write(3, "kept");
  await ann.ask(edit(4, 3, "kept, and edited"));
  await ann.ask(erase(5, 1));
  await ann.write(6, "last");
  await ann.rest();
  const carl = await RoomClient.open(stub, "carl");
  await carl.hello({ epoch: Uint8Array.from(epoch), lastSeq: 0 });
  await until(() => carl.read.length >= 6, "all entries");
  await carl.rest();
  expect(carl.read).toEqual([1, 2, 3, 4, 5, 6]);
  expect(carl.raw.some((message) => new TextDecoder().decode(message).includes("secret"))).toBe(false);
});

it("RB16 who writes a command through a relay is answered by the bot, and all of it is counted", async () => {
  const person = await account("Ann");
  const id = await room(person);
  const stub = roomOf(id);
  await tune(stub, { socketsDirectMax: 0 });
  const { client } = await enter(person, id);
  await client.write(1, "/help");
  expect((await client.pick("MSG")).body.text).toBe("/help");
  expect((await client.pick("MSG")).body.text).toContain("/remind");
  expect(client.strangers).toEqual([]);
  for (let tries = 0; tries < 200; tries++) {
    await client.rest(20);
    await query(stub, "UPDATE due SET at = 1 WHERE kind = 'totals'");
    await runDurableObjectAlarm(stub);
    const [row] = await query<{ value: string }>(stub, "SELECT value FROM meta WHERE key = 'totals'");
    const { counts } = JSON.parse(row?.value ?? "{}") as { counts?: Record<string, number> };
    if ((counts?.["deliveries"] ?? 0) < 2) continue;
    expect(counts).toMatchObject({ messages: 2, opened: 1 });
    expect(counts?.["bytes"]).toBeGreaterThan(200);
    return;
  }
  throw new Error("nothing was counted");
});

it("RB19 a relay writes nothing for what comes down, and the room as much for a message as without relays", async () => {
  const stub = await bigRoom(0, 50);
  const people = await Promise.all(["ann", "bob", "carl"].map((name) => RoomClient.join(stub, name)));
  const ann = people[0]!;
  await ann.write(1, "first");
  const exec = await runInDurableObject(relayOf(stub, 1), (_relay: RelayObject, { storage }) =>
    vi.spyOn(storage.sql, "exec"),
  );
  // the relay writes down where it stands when nothing has come for a while: on a clock that stands still, something always has
  const now = Date.now();
  await tuneRelay(relayOf(stub, 1), { now: () => now });
  for (let n = 2; n <= 12; n++) await ann.write(n, `message ${n}`);
  for (const client of people) await until(() => client.read.at(-1) === 12, "the last message");
  const writes = exec.mock.calls.filter(([sql]) => /INSERT|UPDATE|DELETE/.test(String(sql)));
  exec.mockRestore();
  await tuneRelay(relayOf(stub, 1), { now: () => Date.now() });
  expect(writes.length).toBeLessThan(2);
  const few = await leastRead(stub, ann, 100);
  for (let n = 0; n < 20; n++) await RoomClient.join(stub, `more-${n}`);
  await ann.rest();
  expect(await leastRead(stub, ann, 200)).toBeLessThan(few + 10);
});

it("RB19 a message goes up and comes back in one call, and to each other relay in one; nothing is fetched", async () => {
  // the alarm comes when it is rung
  const stub = await bigRoom(0, 1, { relayRetryMs: 600_000 });
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.write(1, "first");
  await ann.rest(200);
  const calls: string[] = [];
  await wrapDown(stub, (call, name, push) => {
    calls.push(`${aboutOf(push)} to ${name.split("/")[1]}`);
    return call();
  });
  for (const n of [1, 2])
    await wrapUp(relayOf(stub, n), (call, method) => {
      calls.push(method);
      return call();
    });
  await ann.write(2, "second");
  await until(() => [ann, bob].every(({ read }) => read.at(-1) === 2), "the message");
  await ann.rest(60);
  const isOfEntries = (call: string) => !/^(?:up$|reads )/.test(call);
  expect(calls.filter(isOfEntries)).toEqual(["entries to 2"]);
  // nor does the alarm ask one that has just said that it has all
  await ring(stub);
  await ann.rest(60);
  expect(calls.filter((call) => isOfEntries(call) && !call.endsWith("to 1"))).toEqual(["entries to 2"]);
});

/** What a push is about. */
function aboutOf({ bundles }: Push): string {
  if (bundles.length === 0) return "nothing new";
  const text = bundles.map(({ bytes }) => new TextDecoder().decode(bytes)).join();
  return text.includes("second") ? "entries" : "reads";
}

/** The fewest rows that the room reads for one message: now and then its alarm reads, too. */
async function leastRead(stub: RoomStub, ann: RoomClient, from: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let n = from; n < from + 5; n++)
    least = Math.min(least, await rowsRead(stub, async () => void (await ann.write(n, "how many rows?"))));
  return least;
}
