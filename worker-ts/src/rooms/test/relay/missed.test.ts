// What a relay has not heard of, because it slept, was not there or the call was lost: a ban, the end of the room, another log, an entry,
// how many there are. Nobody reads or writes on for it, and nobody waits for somebody else's next word.
import { runDurableObjectAlarm } from "cloudflare:test";
import { ERROR_CODE } from "@ferrule/core";
import { expect, it } from "vitest";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  LIVE,
  pause,
  query,
  RoomClient,
  type RoomStub,
  relayOf,
  roomOf,
  until,
} from "../../../../../tests/worker/support/room-client";
import type { RoleChange } from "../../operation";
import type { Entries, Push } from "../../relay/shapes";
import { abort, bigRoom, grow, insist, Person, tuneRelay, wrapDown, wrapUp } from "./person";

const lost = () => Promise.reject(new Error("lost"));

const post = (stub: RoomStub, n: number, text: string) =>
  stub.apply(actorOf("zoe"), { type: "post", id: idOf(n), text, replyTo: 0 });

const banned = (name: string): RoleChange => ({
  subject: { userId: `u_${name}`, name, guest: false },
  ...{ role: "banned", roleAt: 5, by: null, joined: false },
});

/** Whether a text has come to this client. */
const hasRead = ({ raw }: RoomClient, text: string) =>
  raw.some((message) => new TextDecoder().decode(message).includes(text));

/** Makes everything due at the first relay and runs its alarm. */
async function ring(stub: RoomStub): Promise<void> {
  const relay = relayOf(stub, 1);
  await query(relay as unknown as RoomStub, "UPDATE due SET at = 1 WHERE kind = 'sweep'");
  await runDurableObjectAlarm(relay);
}

it("RB24 who was banned while the relay heard nothing reads nothing that was written since", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.write(1, "for both");
  await until(() => bob.read.includes(1), "what is for both");
  let isDeaf = true;
  await wrapDown(stub, (down) => (isDeaf ? lost() : down()));
  await stub.setRole(banned("bob"));
  await post(stub, 2, "not for bob");
  await pause(40);
  isDeaf = false;
  expect(await bob.end()).toEqual({ error: ERROR_CODE.FORBIDDEN, close: 4006 });
  await until(() => hasRead(ann, "not for bob"), "what was written since");
  expect(hasRead(bob, "not for bob")).toBe(false);
});

it("RB25 what comes through a relay that has not heard of the room's end is not stored", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "before");
  await wrapDown(stub, lost);
  await stub.remove(false);
  ann.say(2, "behind the end");
  expect(await ann.end()).toEqual({ error: ERROR_CODE.GONE, close: 4015 });
  expect(await query(stub, "SELECT seq FROM log WHERE kind = 4")).toEqual([{ seq: 1 }]);
});

it("RB25 a relay that was not there when the room was purged hears of it without asking", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const ann = await RoomClient.join(stub, "ann");
  await tuneRelay(relayOf(stub, 1), { presenceTotalsMs: 600_000 });
  await ann.rest(60);
  let calls = 0;
  await wrapDown(stub, (down) => (++calls <= 3 ? lost() : down()));
  await stub.remove(true);
  expect(await ann.end()).toEqual({ error: ERROR_CODE.GONE, close: 4015 });
  expect(calls).toBeGreaterThanOrEqual(4);
  expect(await RoomClient.refused(stub, "ann")).toBe(404);
  // and that is all that is left to do
  for (let tries = 0; (await query(stub, "SELECT 1 FROM due WHERE kind = 'relays'")).length > 0; tries++) {
    expect(tries).toBeLessThan(400);
    await pause(50);
  }
});

it("RB26 a room that is not here any more sends those behind its relays away, of another try too", async () => {
  for (const isEmptied of [false, true]) {
    const stub = await bigRoom({ relaySocketsMax: 8 });
    const ann = await RoomClient.join(stub, "ann");
    await ann.write(1, "of the old room");
    await until(() => ann.read.includes(1), "the entry");
    if (isEmptied) await stub.emptied();
    await stub.clear();
    expect(await ann.end()).toEqual({ error: ERROR_CODE.GONE, close: 4015 });
    // somebody makes a room of this name
    const bob = new Person("bob");
    bob.say(1, "of the new one");
    await bob.settle(stub);
    expect(bob.acked.get(1)).toBe(1);
    expect(ann.read).toEqual([1]);
  }
});

it("RB26 a relay that heard nothing of the room's end asks by itself, before long", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const ann = await RoomClient.join(stub, "ann");
  let calls = 0;
  await wrapUp(relayOf(stub, 1), (call) => {
    calls++;
    return call();
  });
  await until(() => calls > 0, "the relay's word of its newcomer");
  // it has said how it is, and has nothing to say any more
  for (let before = 0; before < calls; await ann.rest(100)) before = calls;
  let isDeaf = true;
  await wrapDown(stub, (down) => (isDeaf ? lost() : down()));
  await stub.clear();
  await pause(60);
  expect(ann.closed).toBeUndefined();
  isDeaf = false;
  await evict(relayOf(stub, 1));
  await ring(stub);
  await until(() => ann.closed !== undefined, "the end of one in a room that is not here");
});

/** How many are behind relays, as it is written down. */
async function savedConnections(stub: RoomStub): Promise<number> {
  const [row] = await query<{ value: string }>(stub, "SELECT value FROM meta WHERE key = 'crowd'");
  const all = JSON.parse(row?.value ?? "[]") as [n: number, { connections: number }][];
  return all.reduce((sum, [, { connections }]) => sum + connections, 0);
}

it("RB27 how many are here is known at once when the room wakes, and told to whoever comes", async () => {
  const stub = await bigRoom({ socketsDirectMax: 1, totalsMs: 60 });
  const all: RoomClient[] = [];
  for (const name of ["ann", "bob", "carl", "dora"]) all.push(await RoomClient.join(stub, name));
  expect(await stub.stats()).toMatchObject({ online: 4 });
  // a relay says it at the end of a tick, and what it says is written down some seconds later
  await expect.poll(() => savedConnections(stub)).toBe(3);
  await evict(stub);
  expect(await stub.stats()).toMatchObject({ online: 4 });
  expect((await stub.watch()).relays.reduce((sum, { sockets }) => sum + sockets, 0)).toBe(3);
  await all[0]!.close();
  await evict(stub);
  await wrapDown(stub, lost);
  const eve = await RoomClient.open(stub, "eve");
  await eve.hello(undefined, LIVE);
  expect((await eve.pick("PRESENCE")).body).toMatchObject({ connections: 4, people: 4 });
});

it("RB27 of relays that a restored room does not know yet nothing is counted", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8, totalsMs: 60 });
  await RoomClient.join(stub, "ann");
  for (let tries = 0; (await query(stub, "SELECT 1 FROM meta WHERE key = 'crowd'")).length === 0; tries++) {
    expect(tries).toBeLessThan(400);
    await pause(20);
  }
  await wrapDown(stub, lost);
  await stub.restored([]);
  expect(await stub.stats()).toMatchObject({ online: 0 });
});

it("RB31 what was fetched of another log reaches nobody", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const ann = new Person("ann");
  await ann.come(stub);
  ann.say(1);
  await ann.settle(stub);
  let asked = 0;
  await wrapUp(relayOf(stub, 1), async (call, method) => {
    const answer = await call();
    if (method !== "entries" || ++asked > 1) return answer;
    // as if the room had been restored between what was pushed and what was asked
    const { frames, upTo } = answer as Entries;
    return { epoch: new Uint8Array(8).fill(7), frames, upTo } satisfies Entries;
  });
  const { client } = ann;
  let pushes = 0;
  const isOfEntry = ({ bundles }: Push) =>
    bundles.some(({ bytes }) => new TextDecoder().decode(bytes).includes("missing"));
  await wrapDown(stub, (call, _name, push) => (isOfEntry(push) && ++pushes === 1 ? lost() : call()));
  const before = client.raw.length;
  await post(stub, 2, "what is missing");
  await until(() => asked > 0, "the look into the log");
  const early = client.raw.slice(before).some((message) => new TextDecoder().decode(message).includes("missing"));
  expect(early).toBe(false);
  await ann.check(stub, 2, "asked again");
  expect(asked).toBeGreaterThan(1);
});

it("RB32 the room ends between storing what came by HTTP and telling: its relays hear of it by the alarm alone", async () => {
  const name = freshRoom("relayed").name ?? "";
  const room = () => roomOf(name);
  await grow(room(), { relaySocketsMax: 8 });
  // what a relay says of itself would be answered with what it has missed
  await tuneRelay(relayOf(room(), 1), { presenceTotalsMs: 600_000 });
  const ann = await RoomClient.join(room(), "ann");
  await ann.rest(100);
  await wrapDown(room(), async () => {
    await abort(room());
    throw new Error("never left");
  });
  await post(room(), 1, "stored");
  await until(() => ann.read.includes(1), "what was stored");
  expect(await insist(() => query(room(), "SELECT seq FROM log"))).toEqual([{ seq: 1 }]);
});

it("RB33 a newcomer who goes on knows who wrote what reached the relay before anybody was there", async () => {
  const stub = await bigRoom({ socketsDirectMax: 1, relaySocketsMax: 8 });
  const ann = await RoomClient.live(stub, "ann", LIVE);
  await ann.write(1, "first");
  const { epoch } = (await stub.stats()) && (await firstWelcome(stub));
  const bob = await RoomClient.open(stub, "bob");
  await ann.write(2, "while bob is at the door");
  await ann.rest(100);
  await bob.hello({ epoch, lastSeq: 1 });
  await until(() => bob.read.includes(2), "what was missed");
  expect(bob.strangers).toEqual([]);
});

/** The room's epoch. */
async function firstWelcome(stub: RoomStub): Promise<{ epoch: Uint8Array }> {
  const [row] = await query<{ value: ArrayBuffer }>(stub, "SELECT value FROM meta WHERE key = 'epoch'");
  return { epoch: new Uint8Array(row!.value) };
}
