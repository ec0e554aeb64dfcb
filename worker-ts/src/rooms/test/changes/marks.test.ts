// What hangs on a message: reactions with their limits and tallies, and pins.
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { ACK_STATUS, ERROR_CODE, type FrameOf, HISTORY_DIRECTION, LIMIT, PAGE_FLAG, SYSTEM_EVENT } from "@ferrule/core";
import { expect, it } from "vitest";
import { erase, Fold, react, shownOf, unreact } from "../../../../../tests/worker/support/changes";
import { noise } from "../../../../../tests/worker/support/random";
import {
  actorOf,
  configOf,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";
import { PINS_MAX } from "../../log/marks/pins";
import type { Actor, Outcome } from "../../operation";
import type { RoomObject } from "../../room-object";

const { STORED, NO_CHANGE } = ACK_STATUS;
const FAST = { perSecond: 1e6, burst: 1e6 };

async function room(name: string): Promise<RoomStub> {
  const stub = freshRoom(name);
  await tune(stub, { rates: { write: FAST, react: FAST, soft: FAST, read: FAST, control: FAST, bytes: FAST } });
  return stub;
}

async function page(client: RoomClient, from = 0, limit = 50): Promise<FrameOf<"HISTORY_PAGE">["body"]> {
  const body = { direction: HISTORY_DIRECTION.BEFORE, from, limit };
  client.send({ kind: "HISTORY_REQ", id: idOf(9_000), body });
  return (await client.pick("HISTORY_PAGE")).body;
}

const tallies = ({ list }: FrameOf<"HISTORY_PAGE">["body"]) =>
  list.flatMap((frame) => ("skip" in frame || frame.kind !== "TALLY" ? [] : [frame.body]));

const EMOJIS = Array.from({ length: 40 }, (_, n) => `:e${n}:`);

it("R32 a reaction twice is NO_CHANGE, taken away twice as well; the 33rd emoji is TOO_LARGE, but not the 32nd again", async () => {
  const stub = await room("react");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.write(1, "one");
  let n = 10;
  expect(await ann.ask(react(n++, 1, "👍"))).toMatchObject({ status: STORED, seq: 2 });
  expect(await ann.ask(react(n++, 1, "👍"))).toMatchObject({ status: NO_CHANGE, seq: 0, ts: 0 });
  // byte by byte: with a skin tone it is another one
  expect(await ann.ask(react(n++, 1, "👍🏽"))).toMatchObject({ status: STORED });
  for (const emoji of ["👍", "👍🏽"]) expect((await ann.ask(unreact(n++, 1, emoji))).status).toBe(STORED);
  expect(await ann.ask(unreact(n++, 1, "👍"))).toMatchObject({ status: NO_CHANGE });
  expect((await stub.stats()).headSeq).toBe(5);
  const most = LIMIT.REACTION_EMOJIS_PER_MESSAGE_MAX;
  for (const emoji of EMOJIS.slice(0, most)) expect((await ann.ask(react(n++, 1, emoji))).status).toBe(STORED);
  expect(await ann.ask(react(n++, 1, EMOJIS[most]!))).toMatchObject({ status: -ERROR_CODE.TOO_LARGE });
  expect(await bob.ask(react(n++, 1, EMOJIS[most]!))).toMatchObject({ status: -ERROR_CODE.TOO_LARGE });
  expect(await bob.ask(react(n++, 1, EMOJIS[most - 1]!))).toMatchObject({ status: STORED });
  expect((await ann.ask(unreact(n++, 1, EMOJIS[0]!))).status).toBe(STORED);
  expect(await bob.ask(react(n++, 1, EMOJIS[most]!))).toMatchObject({ status: STORED });
  expect(await query(stub, "SELECT count(DISTINCT emoji) AS n FROM reaction")).toEqual([{ n: most }]);
});

it("R33 a page's TALLY and the REACT that comes after it make one: asOf says which are in it", async () => {
  const stub = await room("react");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.write(1, "one");
  await ann.ask(react(2, 1, "👍"));
  const { seq } = await ann.ask(react(3, 1, "🎉"));
  await until(() => bob.read.at(-1) === seq, "the reactions");
  await bob.rest();
  const before = await page(bob);
  const late = await ann.ask(unreact(4, 1, "👍"));
  await bob.ask(react(5, 1, "🎉"));
  const after = await page(bob);
  expect(tallies(before)).toMatchObject([
    {
      target: 1,
      asOf: 3,
      list: [
        { emoji: "👍", total: 1 },
        { emoji: "🎉", total: 1, refs: [1] },
      ],
    },
  ]);
  expect(tallies(after)).toMatchObject([{ target: 1, asOf: 5, list: [{ emoji: "🎉", total: 2, refs: [2, 1] }] }]);
  expect(late.seq).toBeGreaterThan(tallies(before)[0]!.asOf);
  // the same twice over: the older page with what came after its asOf, and the newer page alone
  const fold = new Fold();
  fold.page(before.list);
  for (const frame of [await bob.pick("UNREACT"), await bob.pick("REACT")])
    if (frame.seq > tallies(before)[0]!.asOf) fold.take(frame);
  const again = new Fold();
  again.page(after.list);
  expect(fold.shown).toEqual(again.shown);
  expect(again.shown).toEqual(shownOf((await stub.page({ limit: 5, reader: null })).messages));
});

it("a TALLY names at most TALLY_REFS_MAX people over all emojis, the asking one first, and counts them all", async () => {
  const stub = await room("react");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "popular");
  const people = LIMIT.TALLY_REFS_MAX + 30;
  await runInDurableObject(stub, (object: RoomObject) => {
    for (let n = 0; n < people; n++) {
      const actor = actorOf(`p${n}`);
      object.apply(actor, { type: "react", id: idOf(1), target: 1, emoji: "👍", on: true });
      if (n % 40 === 0) object.apply(actor, { type: "react", id: idOf(2), target: 1, emoji: "🎉", on: true });
    }
  });
  const last = await RoomClient.join(stub, `p${people - 1}`);
  const [tally] = tallies(await page(last));
  expect(tally!.list.map(({ emoji, total, refs }) => [emoji, total, refs.length])).toEqual([
    ["👍", people, LIMIT.TALLY_REFS_MAX - 4],
    ["🎉", 4, 4],
  ]);
  expect(tally!.list[0]!.refs[0]).toBe(people + 1);
  const [shown] = (await stub.page({ limit: 1, reader: "u_p40" })).messages;
  expect(shown!.reactions).toEqual([
    { emoji: "👍", count: people, mine: true },
    { emoji: "🎉", count: 4, mine: true },
  ]);
  expect((await stub.page({ limit: 1, reader: "u_ann" })).messages[0]!.reactions.some(({ mine }) => mine)).toBe(false);
});

it("pages with reactions stay within PAGE_BYTES_MAX, and together hold every message with its tally once", async () => {
  const stub = await room("react");
  const ann = await RoomClient.join(stub, "ann");
  const count = 60;
  let n = 1_000;
  for (let seq = 1; seq <= count; seq++) await ann.write(seq, "x".repeat(200));
  // nothing that compression would hide
  const long = (at: number) => noise(at, LIMIT.EMOJI_BYTES_MAX);
  await runInDurableObject(stub, (object: RoomObject) => {
    for (let target = 1; target <= count; target++)
      for (let at = 0; at < 32; at++)
        object.apply(actorOf("bob"), { type: "react", id: idOf(n++), target, emoji: long(32 * target + at), on: true });
  });
  await ann.rest();
  ann.credit();
  const seen: number[] = [];
  for (let from = 0, pages = 0; pages < 20; pages++) {
    const before = ann.bytes;
    const body = await page(ann, from, 256);
    expect(ann.bytes - before).toBeLessThanOrEqual(LIMIT.PAGE_BYTES_MAX + 64);
    for (const { list } of tallies(body)) expect(list).toHaveLength(32);
    seen.unshift(...tallies(body).map(({ target }) => target));
    from = body.firstSeq;
    ann.credit();
    if ((body.flags & PAGE_FLAG.MORE) === 0) break;
  }
  expect(seen).toEqual(Array.from({ length: count }, (_, at) => at + 1));
});

it("the totals count edits, deletes and reactions, and what changes nothing not at all", async () => {
  const stub = await room("react");
  await tune(stub, { totalsMs: 0 });
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await ann.ask(react(2, 1, "👍"));
  await ann.ask(react(3, 1, "👍"));
  await ann.ask(unreact(4, 1, "👍"));
  await stub.apply(actorOf("ann"), { type: "edit", id: idOf(5), target: 1, text: "two" });
  await ann.ask(erase(6, 1));
  await ann.ask(erase(7, 1));
  await query(stub, "UPDATE due SET at = 1");
  await runDurableObjectAlarm(stub);
  const [row] = await query<{ value: string }>(stub, "SELECT value FROM meta WHERE key = 'totals'");
  expect(JSON.parse(row!.value).counts).toMatchObject({ messages: 1, reactions: 2, edits: 1, deletes: 1 });
});

const moderator: Actor = { ...actorOf("mod"), role: "moderator" };
const result = (outcome: Outcome) => (outcome.ok ? outcome.status : outcome.code);

it("a pin is an entry of the room and a mark on its message, for moderators; done twice it changes nothing", async () => {
  const stub = await room("pin");
  const ann = await RoomClient.join(stub, "ann");
  for (const n of [1, 2, 3]) await ann.write(n, `m${n}`);
  await ann.rest();
  const pin = async (target: number, on: boolean, actor = moderator) =>
    result(await stub.apply(actor, { type: "pin", target, on }));
  expect(await pin(1, true, actorOf("ann"))).toBe("forbidden");
  expect(await pin(9, true)).toBe("not_found");
  expect(await pin(2, false)).toBe("no_change");
  expect([await pin(2, true), await pin(2, true), await pin(1, true)]).toEqual(["stored", "no_change", "stored"]);
  const told = [await ann.pick("SYSTEM"), await ann.pick("SYSTEM")];
  expect(told.map(({ seq, sender, body }) => [seq, sender, body.event, body.text])).toEqual([
    [4, 2, SYSTEM_EVENT.PINNED, "2"],
    [5, 2, SYSTEM_EVENT.PINNED, "1"],
  ]);
  expect(ann.strangers).toEqual([]);
  await evict(stub);
  const pinned = async (limit = 50) =>
    (await stub.page({ limit, pinned: true, reader: null })).messages.map(({ seq, pinned: is }) => [seq, is]);
  expect(await pinned()).toEqual([
    [1, true],
    [2, true],
  ]);
  expect(await stub.page({ limit: 1, pinned: true, reader: null })).toMatchObject({
    more: true,
    messages: [{ seq: 2 }],
  });
  expect((await stub.page({ limit: 9, reader: null })).messages.map(({ pinned: is }) => is)).toEqual([
    true,
    true,
    false,
  ]);
  expect(await stub.apply(moderator, { type: "pin", target: 2, on: false })).toMatchObject({
    ...{ ok: true, status: "stored", message: { seq: 2, pinned: false } },
  });
  expect((await ann.pick("SYSTEM")).body).toMatchObject({ event: SYSTEM_EVENT.UNPINNED, text: "2" });
  expect(await pinned()).toEqual([[1, true]]);
  await stub.configure(configOf(2, { closed: true }));
  expect([await pin(1, false), await pin(3, true)]).toEqual(["room_closed", "room_closed"]);
});

it("an erased message is pinned no more, and the room is told; it cannot be pinned again", async () => {
  const stub = await room("pin");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "pinned");
  await stub.apply(moderator, { type: "pin", target: 1, on: true });
  await ann.ask(erase(2, 1));
  expect((await ann.pick("DELETE")).seq).toBe(3);
  await ann.pick("SYSTEM");
  expect(await ann.pick("SYSTEM")).toMatchObject({
    seq: 4,
    sender: 1,
    body: { event: SYSTEM_EVENT.UNPINNED, text: "1" },
  });
  expect((await stub.page({ limit: 9, reader: null })).messages).toMatchObject([{ seq: 1, pinned: false }]);
  expect(await query(stub, "SELECT * FROM pin")).toEqual([]);
  expect(result(await stub.apply(moderator, { type: "pin", target: 1, on: true }))).toBe("not_found");
  expect(result(await stub.apply(moderator, { type: "pin", target: 1, on: false }))).toBe("no_change");
  expect(await ann.ask(erase(2, 1))).toMatchObject({ status: ACK_STATUS.DUPLICATE, seq: 3 });
  expect((await stub.stats()).headSeq).toBe(4);
  expect(ann.read).toEqual([1, 2, 3, 4]);
});

it("a room has at most PINS_MAX pins", async () => {
  const stub = await room("pin");
  const ann = await RoomClient.join(stub, "ann");
  const outcomes: string[] = [];
  for (let n = 1; n <= PINS_MAX + 1; n++) {
    await ann.write(n, `m${n}`);
    ann.credit();
  }
  for (const { seq } of (await stub.page({ limit: 100, reader: null })).messages)
    outcomes.push(result(await stub.apply(moderator, { type: "pin", target: seq, on: true })));
  expect(outcomes).toEqual([...Array<string>(PINS_MAX).fill("stored"), "too_many_pins"]);
  await stub.apply(moderator, { type: "pin", target: 1, on: false });
  expect(result(await stub.apply(moderator, { type: "pin", target: PINS_MAX + 1, on: true }))).toBe("stored");
});
