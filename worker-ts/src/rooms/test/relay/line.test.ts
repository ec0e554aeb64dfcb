// The way between a room and its relays: calls that are lost, come twice or late, answers that never come, objects that end at each of
// their awaits. Nothing that was acknowledged is lost, nothing is doubled, and each client reads the log in order.
import { RESET_REASON } from "@ferrule/core";
import { expect, it } from "vitest";
import {
  evict,
  pause,
  RoomClient,
  type RoomStub,
  relayOf,
  until,
} from "../../../../../tests/worker/support/room-client";
import { Line } from "../../relay/room/line";
import { abort, bigRoom, checkLog, grow, Person, tuneRelay, wrapDown, wrapUp } from "./person";

/** Four people behind two relays of two. */
async function crowd(stub: RoomStub): Promise<Person[]> {
  const people = ["ann", "bob", "carl", "dora"].map((name) => new Person(name));
  for (const person of people) await person.come(stub);
  return people;
}

/** All have said something, and all read everything. */
async function agree(stub: RoomStub, people: readonly Person[], said: number, what: string): Promise<void> {
  for (const person of people) await person.settle(stub);
  const { headSeq } = await stub.stats();
  for (const person of people) await person.check(stub, headSeq, what);
  await checkLog(stub, people, said, what);
}

/** Has somebody say more behind the message `said`, one by one, until there were enough calls; answers what was said last. */
async function sayOn(stub: RoomStub, person: Person, said: number, isEnough: () => boolean): Promise<number> {
  await person.settle(stub);
  for (; !isEnough(); await person.settle(stub)) person.say(++said);
  return said;
}

const FAULTS: Record<string, (call: () => Promise<unknown>, n: number) => Promise<unknown>> = {
  "is lost": (call, n) => (n % 3 === 0 ? Promise.reject(new Error("lost")) : call()),
  "has its answer lost": (call, n) => (n % 3 === 0 ? call().then(() => Promise.reject(new Error("lost"))) : call()),
  "comes twice": (call) => call().then(call),
  "comes late": (call, n) => (n % 2 === 0 ? pause(80).then(call) : call()),
  "is never answered": (call, n) => (n === 2 ? new Promise(() => undefined) : call()),
};

for (const [fault, wrapped] of Object.entries(FAULTS)) {
  it(`RB04 RB05 a push that ${fault} costs nobody an entry, and nobody gets one twice`, async () => {
    const stub = await bigRoom();
    const people = await crowd(stub);
    let calls = 0;
    await wrapDown(stub, (call) => wrapped(call, ++calls));
    for (let n = 1; n <= 24; n++) {
      people[n % 4]!.say(n);
      if (n % 4 === 0) await pause(25);
    }
    const said = await sayOn(stub, people[0]!, 24, () => calls > 4);
    await agree(stub, people, said, fault);
  });

  it(`RB06 what goes up and ${fault} is stored once, and acknowledged`, async () => {
    const stub = await bigRoom();
    const people = await crowd(stub);
    let calls = 0;
    for (const n of [1, 2]) {
      await tuneRelay(relayOf(stub, n), { relayAnswerMs: 400 });
      await wrapUp(relayOf(stub, n), (call) => wrapped(call, ++calls));
    }
    const clients = people.map(({ client }) => client);
    for (let n = 1; n <= 24; n++) {
      people[n % 4]!.say(n);
      if (n % 4 === 0) await pause(25);
    }
    const said = await sayOn(stub, people[0]!, 24, () => calls > 4);
    await agree(stub, people, said, fault);
    // the relay asks again: no client has to come again for it
    for (const [at, { client }] of people.entries()) expect(client === clients[at], fault).toBe(true);
  });
}

it("RB04 what a relay has said of itself holds until it says something newer, whatever comes late", () => {
  const heard: (number | undefined)[] = [];
  const line = new Line(1, 0, {
    stub: () => ({ down: () => Promise.reject(new Error("not called")) }),
    push: () => expect.unreachable(),
    heard: ({ report }) => heard.push(report?.connections),
    failed: () => expect.unreachable(),
    inTime: (promise) => promise,
    now: () => 0,
  });
  const report = (order: number, connections: number) =>
    line.hear({ order, at: order, told: 0, sockets: connections, connections, people: connections });
  report(1, 5);
  report(3, 0);
  report(2, 6);
  report(3, 7);
  expect(line.report).toMatchObject({ order: 3, at: 3, connections: 0 });
  expect(line.hasConnections).toBe(false);
  expect(heard).toEqual([5, 0]);
});

it("RB05 a push that overtakes the one before it is put in order by a look into the log", async () => {
  const stub = await bigRoom({ relaySocketsMax: 10, relayAnswerMs: 50, relayRetryMs: 30 });
  const people = await crowd(stub);
  let calls = 0;
  await wrapDown(stub, (call) => (++calls % 2 === 1 ? pause(150).then(call) : call()));
  for (let n = 1; n <= 12; n++) {
    people[n % 4]!.say(n);
    await pause(20);
  }
  await agree(stub, people, 12, "overtaken");
});

/** Where the room ends: before it is called, or when it has done all and not been heard. */
const ENDS = ["before", "after"] as const;

for (const end of ENDS) {
  it(`RB06 the room ends ${end} a call that goes up: nothing acknowledged is lost, nothing doubled`, async () => {
    const stub = await bigRoom();
    const people = await crowd(stub);
    for (const n of [1, 2]) {
      let calls = 0;
      await wrapUp(relayOf(stub, n), async (call) => {
        const ends = ++calls === 2 || calls === 5;
        if (ends && end === "before") await abort(stub);
        const answer = await call();
        if (!ends || end === "before") return answer;
        await abort(stub);
        throw new Error("not heard");
      });
    }
    for (let n = 1; n <= 24; n++) {
      people[n % 4]!.say(n);
      if (n % 4 === 0) await pause(25);
    }
    await agree(stub, people, 24, `room ends ${end}`);
  });

  it(`RB07 a relay ends ${end} a push: its people come again, and nothing is lost or doubled`, async () => {
    const stub = await bigRoom();
    const people = await crowd(stub);
    let calls = 0;
    await wrapDown(stub, async (call, name) => {
      const ends = [2, 5, 6].includes(++calls);
      const relay = relayOf(stub, Number(name.split("/")[1]));
      if (ends && end === "before") await abort(relay);
      const answer = await call();
      if (ends && end === "after") await abort(relay);
      return answer;
    });
    for (let n = 1; n <= 24; n++) {
      people[n % 4]!.say(n);
      if (n % 4 === 0) await pause(25);
    }
    await agree(stub, people, 24, `relay ends ${end}`);
  });
}

it("RB06 the room ends between storing and telling: its relays hear of it without another message", async () => {
  const stub = await bigRoom();
  const people = await crowd(stub);
  // a relay that has something to report of itself would hear of it by that
  for (const n of [1, 2]) await tuneRelay(relayOf(stub, n), { presenceTotalsMs: 60_000 });
  await pause(1_100);
  let ended = false;
  await wrapDown(stub, async (call) => {
    if (ended) return call();
    ended = true;
    // by then it is stored
    await pause(30);
    await abort(stub);
    throw new Error("never left");
  });
  await wrapUp(relayOf(stub, 1), async (call, method) => {
    const answer = (await call()) as { push?: { bundles: unknown[]; head: number } };
    // nor does the answer tell of what was stored
    return method === "up" && answer.push ? { ...answer, push: { ...answer.push, bundles: [], head: 0 } } : answer;
  });
  people[0]!.say(1);
  await until(() => people.every((person) => person.last >= 1), "the entry of an ended room");
  expect(ended).toBe(true);
  await agree(stub, people, 1, "ended");
});

it("RB08 a relay that sleeps with its sockets goes on exactly where it was, three times in a row", async () => {
  const stub = await bigRoom();
  const people = await crowd(stub);
  for (let round = 1; round <= 3; round++) {
    people[round]!.say(round);
    await agree(stub, people, round, `round ${round}`);
    for (const n of [1, 2]) await evict(relayOf(stub, n));
    if (round === 2) {
      await evict(stub);
      await grow(stub);
    }
  }
  people[0]!.say(4);
  await agree(stub, people, 4, "after three sleeps");
  for (const person of people) expect(person.client.read).toEqual([]);
});

it("RB09 people come and go at relays while others write: each reads the log from where they came", async () => {
  const stub = await bigRoom({ relaySocketsMax: 4 });
  const writer = new Person("writer");
  await writer.come(stub);
  const guests = Array.from({ length: 8 }, (_, n) => new Person(`guest${n}`));
  let said = 0;
  const writing = (async () => {
    while (said < 60) {
      writer.say(++said);
      await pause(10);
    }
  })();
  for (let round = 0; round < 3; round++) {
    await Promise.all(guests.map((guest) => guest.come(stub)));
    await pause(40);
    await Promise.all(guests.filter((_, n) => n % 2 === round % 2).map((guest) => guest.leave()));
  }
  await writing;
  await agree(stub, [writer, ...guests], 60, "coming and going");
});

it("RB03 who is too far behind, ahead, or of another epoch is told RESET by a relay as by a room", async () => {
  const stub = await bigRoom({ replayEntriesMax: 3 });
  const ann = await RoomClient.open(stub, "ann");
  const { epoch } = (await ann.hello()).welcome.body;
  for (let n = 1; n <= 6; n++) await ann.write(n, `message ${n}`);
  const { TOO_FAR, AHEAD, EPOCH_CHANGED } = RESET_REASON;
  for (const [name, lastSeq, reason] of [
    ["far", 2, TOO_FAR],
    ["ahead", 7, AHEAD],
    ["other", 1, EPOCH_CHANGED],
  ] as const) {
    const cursor = { epoch: name === "other" ? new Uint8Array(8).fill(1) : Uint8Array.from(epoch), lastSeq };
    const { reset } = await (await RoomClient.open(stub, name)).hello(cursor);
    expect(reset?.body).toMatchObject({ reason, startSeq: 6 });
  }
});
