// Who may be behind a relay, and how long: places, bans, roles, sign-out, the end of an admission and of the room. What the room knows
// holds, though a relay has not heard of it yet.
import { runDurableObjectAlarm } from "cloudflare:test";
import { ERROR_CODE, ROLE } from "@ferrule/core";
import { expect, it } from "vitest";
import { account, call, guest, join, openSocket, room } from "../../../../../tests/worker/support/http-client";
import { noise } from "../../../../../tests/worker/support/random";
import {
  actorOf,
  configOf,
  enter,
  evict,
  idOf,
  LIVE,
  query,
  RoomClient,
  type RoomStub,
  relayOf,
  roomOf,
  until,
} from "../../../../../tests/worker/support/room-client";
import type { RoleChange } from "../../operation";
import { ranked } from "../../relay/room/place";
import { roomSettings } from "../../settings";
import { bigRoom, grow, Person, tuneRelay, wrapDown } from "./person";

const role = (name: string, to: RoleChange["role"], roleAt: number): RoleChange => ({
  subject: { userId: `u_${name}`, name, guest: false },
  ...{ role: to, roleAt, by: null, joined: false },
});

const relays = (stub: RoomStub) =>
  query<{ n: number }>(stub, "SELECT n FROM relay").then((rows) => rows.map(({ n }) => n));

it("RB10 the room keeps its own, then fills relays; when all are full it says so, and does not burn a ticket", async () => {
  const stub = await bigRoom({ socketsDirectMax: 1, relaysMax: 2 });
  const all: RoomClient[] = [];
  for (const name of ["ann", "bob", "carl", "dora", "eve"]) all.push(await RoomClient.join(stub, name));
  expect(await relays(stub)).toEqual([1, 2]);
  const ticket = { id: "t1", expiresAt: Date.now() + 60_000 };
  expect(await RoomClient.refused(stub, "fred", { ticket })).toBe(503);
  expect(await stub.stats()).toMatchObject({ online: 5 });
  await all[4]!.close();
  await until(() => all[4]!.closed !== undefined, "the close");
  // the room hears of it with the relay's next word
  await all[0]!.write(1, "here");
  for (let tries = 0; (await stub.stats()).online > 4 && tries < 200; tries++) await all[0]!.rest(20);
  const fred = await RoomClient.open(stub, "fred", { ticket });
  expect(await RoomClient.refused(stub, "fred", { ticket })).not.toBe(101);
  await fred.hello();
  expect((await fred.write(2, "in")).body.seq).toBe(2);
});

it("RB10 a room that has forgotten how full its relays are is told by them", async () => {
  const stub = await bigRoom({ relaysMax: 2 });
  for (const name of ["ann", "bob", "carl"]) await RoomClient.join(stub, name);
  await evict(stub);
  await grow(stub, { relaysMax: 2 });
  for (const n of [1, 2]) await tuneRelay(relayOf(stub, n), { relaySocketsMax: 2 });
  const dora = await RoomClient.join(stub, "dora");
  expect((await dora.write(1, "in")).body.seq).toBe(1);
  expect(await RoomClient.refused(stub, "eve")).toBe(503);
});

it("RB10 all tabs of a user go to one relay while it has room, and one relay more moves few", () => {
  const users = Array.from({ length: 1_000 }, (_, n) => `user-${n}`);
  const four = users.map((user) => ranked(user, [1, 2, 3, 4])[0]!);
  const five = users.map((user) => ranked(user, [5, 4, 3, 2, 1])[0]!);
  for (const n of [1, 2, 3, 4]) expect(Math.abs(four.filter((each) => each === n).length - 250)).toBeLessThan(60);
  for (const [at, n] of five.entries()) expect([four[at], 5]).toContain(n);
});

it("RB11 a ban closes the socket behind a relay at once, and nobody else's", async () => {
  const stub = await bigRoom();
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await stub.setRole(role("bob", "banned", 5));
  expect(await bob.end()).toEqual({ error: ERROR_CODE.FORBIDDEN, close: 4006 });
  expect(await RoomClient.refused(stub, "bob")).toBe(403);
  expect((await ann.write(1, "on")).body.seq).toBe(2);
});

it("RB11 a relay that missed the ban cannot write for a banned person, and learns of it when it is back", async () => {
  const stub = await bigRoom();
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.live(stub, "bob", LIVE);
  let isDeaf = true;
  await wrapDown(stub, (down) => (isDeaf ? Promise.reject(new Error("not there")) : down()));
  await stub.setRole(role("bob", "banned", 5));
  bob.say(1, "as if nothing had been");
  expect(await bob.end()).toEqual({ error: ERROR_CODE.FORBIDDEN, close: 4006 });
  expect(await query(stub, "SELECT seq FROM log WHERE kind = 4")).toEqual([]);
  const carl = await RoomClient.join(stub, "carl");
  await stub.setRole(role("carl", null, 5));
  expect(carl.closed).toBeUndefined();
  isDeaf = false;
  expect(await carl.end()).toEqual({ error: ERROR_CODE.FORBIDDEN, close: 4006 });
  await ann.rest();
  for (let tries = 0; (await query(stub, "SELECT id FROM relay_event")).length > 0 && tries < 200; tries++)
    await ann.rest(20);
  expect(await query(stub, "SELECT id FROM relay_event")).toEqual([]);
});

it("RB11 what was raised before somebody came does not concern them, however late a relay hears of it", async () => {
  const stub = await bigRoom();
  await RoomClient.join(stub, "ann");
  let isDeaf = true;
  await wrapDown(stub, (down) => (isDeaf ? Promise.reject(new Error("not there")) : down()));
  await stub.setRole(role("ann", "banned", 5));
  await stub.setRole(role("ann", "member", 6));
  const again = await RoomClient.open(stub, "ann", { roleAt: 6 });
  await again.hello();
  isDeaf = false;
  await stub.rename("u_ann", "Anna");
  await again.pick("PEOPLE");
  await again.rest(200);
  expect(again.closed).toBeUndefined();
  expect((await again.write(1, "here to stay")).body.status).toBe(0);
});

it("RB11 a new role reaches the socket, and holds for what it writes", async () => {
  const stub = await bigRoom();
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.write(1, "ann's");
  expect((await bob.ask({ kind: "DELETE", id: idOf(2), body: { target: 1 } })).status).toBe(-ERROR_CODE.FORBIDDEN);
  await stub.setRole(role("bob", "moderator", 5));
  expect((await bob.pick("AUTH_REFRESH")).body).toMatchObject({ role: ROLE.MODERATOR });
  expect((await bob.ask({ kind: "DELETE", id: idOf(3), body: { target: 1 } })).status).toBe(0);
});

it("RB11 through the whole Worker: in, heard by HTTP, refreshed by a ticket, signed out", async () => {
  const person = await account("Ann");
  const id = await room(person);
  await grow(roomOf(id));
  const other = await guest();
  await join(other, id);
  const { client } = await enter(person, id);
  const { client: guestClient } = await enter(other, id);
  expect(await query(roomOf(id), "SELECT n FROM relay")).toHaveLength(1);
  await call("POST", `/api/rooms/${id}/messages`, { token: other.token, body: { text: "by HTTP" } });
  expect((await client.pick("MSG")).body.text).toBe("by HTTP");
  const { body } = await call("POST", `/api/rooms/${id}/ticket`, { token: person.token });
  client.send({ kind: "AUTH_REFRESH", id: idOf(1), body: { ticket: body.ticket } });
  expect((await client.pick("AUTH_REFRESH")).body).toMatchObject({ role: ROLE.OWNER });
  client.send({ kind: "AUTH_REFRESH", id: idOf(2), body: { ticket: "no.ticket" } });
  expect(await client.end()).toMatchObject({ error: ERROR_CODE.UNAUTHENTICATED });
  const { client: again } = await enter(person, id);
  await call("POST", "/api/auth/sign-out", { token: person.token, body: {} });
  expect(await again.end()).toEqual({ error: ERROR_CODE.UNAUTHENTICATED, close: 4005 });
  expect(guestClient.closed).toBeUndefined();
  expect((await openSocket(id, { token: person.token })).status).toBe(401);
});

it("RB12 a room that closes refuses what is written, one with another title says so, one that is deleted ends", async () => {
  const stub = await bigRoom();
  const ann = await RoomClient.join(stub, "ann");
  await RoomClient.join(stub, "bob");
  const carl = await RoomClient.join(stub, "carl");
  await stub.configure(configOf(2, { title: "Other", closed: true }));
  for (const client of [ann, carl]) expect((await client.pick("SYSTEM")).body.text).toBe("Other");
  expect((await carl.ask({ kind: "MSG", id: idOf(1), body: { replyTo: 0, text: "x" } })).status).toBe(
    -ERROR_CODE.FORBIDDEN,
  );
  await stub.rename("u_carl", "Carla");
  expect((await ann.pick("PEOPLE")).body.list).toMatchObject([{ name: "Carla" }]);
  await stub.remove(true);
  for (const client of [ann, carl]) expect(await client.end()).toEqual({ error: ERROR_CODE.GONE, close: 4015 });
  expect(await RoomClient.refused(stub, "ann")).toBe(404);
});

it("RB13 slow mode, the person's bucket for all doors together, the socket's own, and tabs above the most", async () => {
  const stub = await bigRoom({ relaySocketsMax: 20, connectionsPerUserMax: 2 });
  await RoomClient.join(stub, "ann");
  await tuneRelay(relayOf(stub, 1), { relaySocketsMax: 20, connectionsPerUserMax: 2 });
  const first = await RoomClient.join(stub, "bob");
  const second = await RoomClient.join(stub, "bob");
  const third = await RoomClient.join(stub, "bob");
  expect(await first.end()).toEqual({ error: ERROR_CODE.REPLACED, close: 4017 });
  await stub.configure(configOf(2, { slowModeMs: 60_000 }));
  await third.pick("SYSTEM");
  await second.write(1, "one");
  third.say(2, "two");
  const refused = (await third.pick("ERROR")).body;
  expect(refused).toMatchObject({ code: ERROR_CODE.RATE_LIMITED });
  expect(refused.retryAfterMs).toBeGreaterThan(50_000);
  await stub.configure(configOf(3));
  await third.pick("SYSTEM");
  const { rates } = roomSettings({}, () => 0);
  // 7 and 5 are more than 10, however long they take: nothing fills again
  await grow(stub, { rates: { ...rates, write: { ...rates.write, perSecond: 0.001 } } });
  for (let n = 10; n < 17; n++) await stub.apply(actorOf("bob"), { type: "post", id: idOf(n), text: "x", replyTo: 0 });
  for (let n = 20; n < 25; n++) second.say(n, "y");
  expect((await second.pick("ERROR")).body.code).toBe(ERROR_CODE.RATE_LIMITED);
});

it("RB14 who does not credit loses what may be dropped, then the socket; resuming at a relay loses nothing", async () => {
  const stub = await bigRoom({ windowSoftBytes: 6_000, windowHardBytes: 24_000, relaySocketsMax: 4 });
  await RoomClient.join(stub, "ann");
  await tuneRelay(relayOf(stub, 1), { windowSoftBytes: 6_000, windowHardBytes: 24_000, relaySocketsMax: 4 });
  const slow = new Person("slow");
  await slow.come(stub);
  for (let n = 1; n <= 20; n++) {
    await stub.apply(actorOf("eve"), { type: "post", id: idOf(n), text: noise(n, 1_500), replyTo: 0 });
    // so that they do not leave all in one
    if (n % 4 === 0) await until(() => slow.last >= n || !slow.here, "what was sent");
  }
  await until(() => !slow.here, "the end of the slow one");
  expect(slow.client.closed?.code).toBe(4011);
  expect(slow.last).toBeLessThan(20);
  await slow.come(stub);
  while (slow.last < 20) {
    slow.client.credit();
    await slow.client.rest(20);
  }
  await slow.check(stub, 20, "slow");
});

it("RB15 an admission that ends, a socket that never says HELLO, and one that is dead are closed by the relay", async () => {
  const stub = await bigRoom({ relaySocketsMax: 4 });
  const brief = await RoomClient.open(stub, "brief", { expiresAt: Date.now() + 60_000 });
  await brief.hello();
  const relay = relayOf(stub, 1);
  await tuneRelay(relay, { relaySocketsMax: 4 });
  const mute = await RoomClient.open(stub, "mute");
  const dead = await RoomClient.join(stub, "dead");
  const start = Date.now();
  await tuneRelay(relay, { now: () => start + 95_000 });
  await ring(stub);
  expect(await brief.end()).toEqual({ error: ERROR_CODE.EXPIRED, close: 4010 });
  expect(await mute.end()).toEqual({ error: ERROR_CODE.BAD_STATE, close: 4014 });
  expect(dead.closed).toBeUndefined();
  await tuneRelay(relay, { now: () => start + 160_000 });
  await ring(stub);
  expect(await dead.end()).toEqual({ error: ERROR_CODE.IDLE, close: 4016 });
});

/** Makes everything due at the first relay and runs its alarm. */
async function ring(stub: RoomStub): Promise<void> {
  const relay = relayOf(stub, 1);
  await query(relay as unknown as RoomStub, "UPDATE due SET at = 1");
  await runDurableObjectAlarm(relay);
}

it("RB18 a room that was restored has everybody behind its relays begin anew", async () => {
  const stub = await bigRoom({ relaySocketsMax: 4 });
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.write(1, "of the old log");
  for (const client of [ann, bob]) await client.rest();
  await stub.restored([]);
  for (const client of [ann, bob]) {
    expect((await client.pick("RESET")).body).toMatchObject({ startSeq: 1 });
    await client.rest();
  }
  expect((await bob.write(2, "of the new one")).body.seq).toBe(2);
  for (const client of [ann, bob]) expect((await client.pick("MSG")).body.text).toBe("of the new one");
});
