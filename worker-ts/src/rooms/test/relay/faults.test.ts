// What seldom happens between a room and its relays: the room is away for long, a relay does not answer while much is said, an entry
// overtakes a page, the log is replaced while something is on its way. Nobody gets another one's name, and nobody waits for ever.
import { ERROR_CODE, type FrameInit, HISTORY_DIRECTION } from "@ferrule/core";
import { expect, it } from "vitest";
import { noise } from "../../../../../tests/worker/support/random";
import {
  actorOf,
  configOf,
  idOf,
  pause,
  query,
  RoomClient,
  type RoomStub,
  relayOf,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";
import { ADMISSION_HEADER, encodeAdmission } from "../../admission";
import type { RoleChange } from "../../operation";
import { PLACE_HEADER } from "../../relay/enter";
import type { Place } from "../../relay/shapes";
import { bigRoom, checkLog, Person, tuneRelay, wrapDown, wrapUp } from "./person";

const nobodyThere = () => Promise.reject(new Error("not there"));

const pageOf = (n: number): FrameInit => ({
  kind: "HISTORY_REQ",
  id: idOf(900 + n),
  body: { direction: HISTORY_DIRECTION.BEFORE, from: 0, limit: 5 },
});

const post = (stub: RoomStub, n: number, text: string) =>
  stub.apply(actorOf("zoe"), { type: "post", id: idOf(n), text, replyTo: 0 });

it("RB20 a page comes while everybody writes, and once they have stopped", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await tuneRelay(relayOf(stub, 1), { relaySocketsMax: 8, coalesceMs: 60 });
  ann.send(pageOf(1));
  let isHere = false;
  const page = ann.pick("HISTORY_PAGE").then(() => {
    isHere = true;
  });
  // in each call that goes up there is one behind the question
  let n = 0;
  for (; !isHere && n < 1_000; await pause(10)) bob.say(++n, `message ${n}`);
  expect(n).toBeLessThan(1_000);
  await page;
});

it("RB20 a page that an entry has overtaken is another one when it comes", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "first");
  await ann.rest();
  let isSlow = true;
  await wrapUp(relayOf(stub, 1), async (call) => {
    const answer = await call();
    if (isSlow) await until(() => ann.read.includes(2), "the entry that overtakes");
    return answer;
  });
  ann.send(pageOf(1));
  await pause(60);
  await post(stub, 2, "faster");
  await until(() => ann.read.includes(2), "the entry");
  isSlow = false;
  expect((await ann.pick("HISTORY_PAGE")).body).toMatchObject({ asOf: 2, lastSeq: 2 });
});

it("RB21 a room that cannot be reached for long: who waits for it is sent away and comes again, who reads stays", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const ann = new Person("ann");
  await ann.come(stub);
  const bob = await RoomClient.join(stub, "bob");
  await tuneRelay(relayOf(stub, 1), { relaySocketsMax: 8, relayGiveUpMs: 200 });
  let isAway = true;
  await wrapUp(relayOf(stub, 1), (call) => (isAway ? nobodyThere() : call()));
  ann.say(1, "into the dark");
  await until(() => !ann.here, "the end of one who waits");
  expect(ann.client.closed?.code).toBe(4000 + ERROR_CODE.INTERNAL);
  expect(bob.closed).toBeUndefined();
  isAway = false;
  await ann.settle(stub);
  await checkLog(stub, [ann], 1, "given up");
  expect((await bob.pick("MSG")).body.text).toBe("into the dark");
  expect(bob.closed).toBeUndefined();
});

it("RB22 for a relay that does not answer no more than a mebibyte is kept: it reads the log when it is back", async () => {
  const settings = { relaySocketsMax: 8, relayAnswerMs: 120_000, windowHardBytes: 16_777_216 };
  const stub = await bigRoom(settings);
  const ann = new Person("ann");
  await ann.come(stub);
  await tuneRelay(relayOf(stub, 1), settings);
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let calls = 0;
  await wrapDown(stub, (call) => (calls++ === 0 ? answered.then(call) : call()));
  let fetches = 0;
  await wrapUp(relayOf(stub, 1), (call, method) => {
    if (method === "entries") fetches++;
    return call();
  });
  for (let n = 1; n <= 100; n++) {
    await post(stub, n, noise(n, 15_000));
    if (n % 10 === 0) await pause(40);
  }
  expect(calls).toBe(1);
  answer();
  await ann.check(stub, 100, "behind");
  expect(fetches).toBeGreaterThan(0);
});

it("RB23 the log is replaced while something is on its way: nobody's message becomes another's", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await bob.write(1, "of the old log");
  await Promise.all([ann, bob].map((client) => client.rest()));
  let isAway = true;
  let answered = 0;
  await wrapUp(relayOf(stub, 1), async (call) => {
    if (isAway) return nobodyThere();
    const answer = await call();
    answered++;
    return answer;
  });
  bob.say(2, "to the old log");
  await pause(60);
  bob.say(3, "to the old log, too");
  await stub.emptied();
  await stub.restored([]);
  await tune(stub, { socketsDirectMax: 1 });
  // they have the refs now that ann and bob had
  for (const name of ["carl", "dora"])
    await stub.apply(actorOf(name), { type: "post", id: idOf(100), text: name, replyTo: 0 });
  // what waited is dropped as soon as the relay hears of it; until the room has looked whose ref it is, ann says nothing by hers
  await until(() => bob.closed !== undefined, "the end of one who waits");
  ann.say(4, "between the logs");
  await pause(60);
  isAway = false;
  await until(() => ann.closed !== undefined, "the end of one who is somebody else now");
  await until(() => answered > 1, "what was on its way, and what waited");
  const again = await RoomClient.join(stub, "bob");
  expect((await again.write(2, "said again")).body.status).toBe(0);
  const wrote = await query<{ user: string }>(
    stub,
    "SELECT (SELECT user_id FROM person WHERE ref = log.ref) AS user FROM log WHERE kind = 4 ORDER BY seq",
  );
  expect(wrote.map(({ user }) => user)).toEqual(["u_carl", "u_dora", "u_bob"]);
});

it("RB23 sockets from before a restore have lower numbers than those after it: a ban reaches them", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  const clients: RoomClient[] = [];
  for (const name of ["ann", "bob", "carl"]) clients.push(await RoomClient.join(stub, name));
  await stub.emptied();
  for (const [at, name] of ["ann", "bob", "carl"].entries())
    await query(stub, `INSERT INTO person(ref, user_id, name, flags) VALUES(${at + 1}, 'u_${name}', '${name}', 0)`);
  await stub.restored([]);
  for (const client of clients) await client.pick("RESET");
  // longer than any timer of the room that was
  await pause(1_300);
  for (const client of clients) expect(client.closed).toBeUndefined();
  const subject = { userId: "u_carl", name: "carl", guest: false };
  const change: RoleChange = { subject, role: "banned", roleAt: 5, by: null, joined: false };
  await stub.setRole(change);
  expect(await clients[2]!.end()).toEqual({ error: ERROR_CODE.FORBIDDEN, close: 4006 });
  for (const client of clients.slice(0, 2)) expect(client.closed).toBeUndefined();
});

it("RB23 a relay opens no socket by a place in another log, and asks which of the two holds", async () => {
  const stub = await bigRoom({ relaySocketsMax: 8 });
  await RoomClient.join(stub, "ann");
  const place: Place = { n: 1, conn: 9, ref: 1, role: "member", epoch: [1, 2, 3, 4, 5, 6, 7, 8], tabs: 0 };
  const admission = { ...actorOf("eve"), sessionId: "s_eve", expiresAt: 4_102_444_800_000, room: configOf(1) };
  const headers = {
    upgrade: "websocket",
    [ADMISSION_HEADER]: encodeAdmission(admission),
    [PLACE_HEADER]: JSON.stringify(place),
  };
  const answer = await relayOf(stub, 1).fetch("http://room/socket", { headers });
  await answer.text();
  expect(answer.status).toBe(500);
  expect(answer.webSocket).toBeNull();
});
