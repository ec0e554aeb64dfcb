// The law of relays: whatever is written, cut, put to sleep or ended, at the room and at its relays, each client's entries are the log,
// and what was acknowledged stands in it once. Seeded; a failing seed names itself.
import { expect, it } from "vitest";
import { dice } from "../../../../../tests/worker/support/random";
import {
  actorOf,
  evict,
  idOf,
  pause,
  type RoomStub,
  relayOf,
  roomOf,
} from "../../../../../tests/worker/support/room-client";
import { abort, bigRoom, checkLog, grow, insist, Person } from "./person";

const NAMES = ["ann", "bob", "carl", "dora", "eve", "fred", "gina", "hugo"];

/** Some at the room itself, the others in relays of three. */
const SIZES = { socketsDirectMax: 2, relaySocketsMax: 3 };

async function live(seed: number): Promise<void> {
  const what = `seed ${seed}`;
  const { name = "" } = await bigRoom(SIZES);
  // anew for each call: one whose object has ended stays broken
  const room = () => roomOf(name);
  const roll = dice(seed);
  const people = NAMES.map((name) => new Person(name));
  let said = 0;
  for (let step = 0; step < 120; step++) {
    const person = people[roll(people.length)]!;
    const act = roll(100);
    if (act < 35) person.say(++said, "lorem ipsum ".repeat(1 + roll(30)));
    else if (act < 40) await post(room, ++said);
    else if (act < 65) await person.come(room()).catch(() => undefined);
    else if (act < 75) await person.leave();
    else if (act < 80) person.credit();
    else if (act < 92) await pause(roll(40));
    else if (act < 94) await abort(relayOf(room(), 1 + roll(2)));
    else if (act < 95) await abort(room()).then(() => insist(() => grow(room(), SIZES)));
    else if (act < 97) await sleep(room, roll(3));
  }
  for (const person of people) await person.settle(room());
  const { headSeq } = await insist(() => room().stats());
  for (const person of people) await person.check(room(), headSeq, what);
  await insist(() => checkLog(room(), people, said, what));
}

const post = (room: () => RoomStub, n: number) =>
  insist(async () => {
    await room().apply(actorOf("zoe"), { type: "post", id: idOf(n), text: "by HTTP", replyTo: 0 });
  });

/** Puts the room or one of its relays to sleep; one that does not run sleeps already. */
async function sleep(room: () => RoomStub, n: number): Promise<void> {
  await pause(60);
  await evict(n === 0 ? room() : relayOf(room(), n)).catch(() => undefined);
  if (n === 0) await insist(() => grow(room(), SIZES));
}

it("RB17 whatever happens to a room and its relays, each client's entries are the log", async () => {
  const seeds = Array.from({ length: 12 }, (_, n) => 9_000 + n);
  for (let at = 0; at < seeds.length; at += 6) await Promise.all(seeds.slice(at, at + 6).map(live));
  expect(seeds).toHaveLength(12);
}, 240_000);
