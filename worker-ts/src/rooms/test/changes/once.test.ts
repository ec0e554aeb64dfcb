// Once only, for every kind that changes something: a resend is known whatever has become of the room, and an id means one thing.
import { ACK_STATUS, ERROR_CODE, type FrameInit, LIMIT } from "@ferrule/core";
import { expect, it } from "vitest";
import { edit, erase, react, unreact } from "../../../../../tests/worker/support/changes";
import {
  actorOf,
  configOf,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
  ring,
  tune,
} from "../../../../../tests/worker/support/room-client";
import type { Operation } from "../../operation";

const { STORED, DUPLICATE, NO_CHANGE } = ACK_STATUS;
const CONFLICT = -ERROR_CODE.CONFLICT;

const msg = (n: number, text: string, replyTo = 0): FrameInit => ({
  kind: "MSG",
  id: idOf(n),
  body: { replyTo, text },
});
const count = async (stub: RoomStub) => (await query<{ n: number }>(stub, "SELECT count(*) AS n FROM log"))[0]!.n;

/** Tests of rules write more than a person may. */
const FAST = { perSecond: 1e6, burst: 1e6 };
async function room(): Promise<{ stub: RoomStub; ann: RoomClient }> {
  const stub = freshRoom("once");
  await tune(stub, { rates: { ...{ write: FAST, react: FAST, soft: FAST, read: FAST, control: FAST, bytes: FAST } } });
  return { stub, ann: await RoomClient.join(stub, "ann") };
}

it("R17 each kind again: DUPLICATE with the first seq and ts, one row, one broadcast, over an eviction too", async () => {
  const { stub, ann } = await room();
  await ann.write(1, "one");
  const frames = [edit(2, 1, "two"), react(3, 1, "👍"), unreact(4, 1, "👍"), erase(5, 1)];
  for (const frame of frames) {
    const first = await ann.ask(frame);
    expect(first.status).toBe(STORED);
    for (let n = 0; n < 2; n++) expect(await ann.ask(frame)).toEqual({ ...first, status: DUPLICATE });
  }
  await ann.rest();
  await evict(stub);
  for (const [at, frame] of frames.entries())
    expect(await ann.ask(frame)).toMatchObject({ status: DUPLICATE, seq: at + 2 });
  expect(await count(stub)).toBe(5);
  expect(ann.read).toEqual([1, 2, 3, 4, 5]);
});

it("R17 a MSG that was edited is the same as it was sent; erased, any body is, and so are its EDITs", async () => {
  const { ann } = await room();
  await ann.write(1, "first words");
  await ann.ask(edit(2, 1, "other words"));
  expect(await ann.ask(msg(1, "first words"))).toMatchObject({ status: DUPLICATE, seq: 1 });
  expect(await ann.ask(msg(1, "other words"))).toMatchObject({ status: CONFLICT });
  await ann.ask(erase(3, 1));
  for (const text of ["first words", "other words", "any words"]) {
    expect(await ann.ask(msg(1, text))).toMatchObject({ status: DUPLICATE, seq: 1 });
    expect(await ann.ask(edit(2, 1, text))).toMatchObject({ status: DUPLICATE, seq: 2 });
  }
  expect(await ann.ask(react(1, 1, "👍"))).toMatchObject({ status: CONFLICT });
});

it("R17 an id that changed nothing is answered so again, though it would change something by now", async () => {
  const { stub, ann } = await room();
  await ann.write(1, "one");
  await ann.ask(react(2, 1, "👍"));
  expect(await ann.ask(react(3, 1, "👍"))).toMatchObject({ status: NO_CHANGE, seq: 0 });
  await ann.ask(unreact(4, 1, "👍"));
  await evict(stub);
  expect(await ann.ask(react(3, 1, "👍"))).toMatchObject({ status: NO_CHANGE });
  expect((await stub.page({ limit: 1, reader: null })).messages[0]!.reactions).toEqual([]);
  await stub.configure(configOf(2, { closed: true }));
  expect(await ann.ask(react(3, 1, "👍"))).toMatchObject({ status: NO_CHANGE });
  for (const other of [react(3, 1, "🎉"), unreact(3, 1, "👍"), edit(3, 1, "x"), msg(3, "x")])
    expect(await ann.ask(other)).toMatchObject({ status: CONFLICT });
  await stub.configure(configOf(3));
  expect(await ann.ask(msg(3, "x"))).toMatchObject({ status: CONFLICT });
  // ids are each user's own
  const bob = await RoomClient.join(stub, "bob");
  expect((await bob.ask(msg(3, "x"))).status).toBe(STORED);
});

it("R17 ids that changed nothing are kept DEDUPE_MS and forgotten after it, even where nothing is archived", async () => {
  const { stub, ann } = await room();
  await ann.write(1, "one");
  await ann.ask(unreact(2, 1, "👍"));
  const due = async () =>
    (await query<{ at: number }>(stub, "SELECT at FROM due WHERE kind = 'noop'")).map(({ at }) => at);
  const [at] = await due();
  expect(Math.abs(at! - Date.now() - LIMIT.DEDUPE_MS)).toBeLessThan(60_000);
  await query(stub, `UPDATE noop SET ts = ts - ${LIMIT.DEDUPE_MS - 60_000}`);
  await ring(stub);
  expect(await ann.ask(unreact(2, 1, "👍"))).toMatchObject({ status: NO_CHANGE });
  expect(await due()).toHaveLength(1);
  await query(stub, "UPDATE noop SET ts = ts - 60000");
  await ring(stub);
  expect(await query(stub, "SELECT * FROM noop")).toEqual([]);
  expect(await due()).toEqual([]);
  // The same life of the room: what it remembers of ids must not outlive them.
  expect(await ann.ask(react(2, 1, "👍"))).toMatchObject({ status: STORED });
});

it("R18 the same id for another kind, target, text or emoji is CONFLICT, and the socket stays", async () => {
  const { stub, ann } = await room();
  await ann.write(1, "one");
  await ann.write(2, "two");
  const first = [edit(3, 1, "x"), react(4, 1, "👍"), erase(5, 2)];
  for (const frame of first) expect((await ann.ask(frame)).status).toBe(STORED);
  const others = [
    ...[edit(3, 1, "y"), edit(3, 2, "x"), react(3, 1, "x"), erase(3, 1), msg(3, "x", 1)],
    ...[react(4, 1, "🎉"), react(4, 2, "👍"), unreact(4, 1, "👍"), edit(4, 1, "👍")],
    ...[erase(5, 1), edit(5, 2, "x"), edit(1, 1, "one"), erase(1, 1)],
  ];
  for (const frame of others) expect(await ann.ask(frame), JSON.stringify(frame)).toMatchObject({ status: CONFLICT });
  expect(await count(stub)).toBe(5);
  expect(ann.closed).toBeUndefined();
});

it("R20 every change by HTTP and by socket is one: either way round, refused alike", async () => {
  const { stub, ann } = await room();
  const apply = (operation: Operation) => stub.apply(actorOf("ann"), operation);
  await ann.write(1, "one");
  await ann.write(2, "two");
  const long = "The quick brown fox jumps over the lazy dog. ".repeat(20);
  const pairs: [Operation, FrameInit][] = [
    [{ type: "edit", id: idOf(3), target: 1, text: long }, edit(3, 1, long)],
    [{ type: "react", id: idOf(4), target: 1, emoji: "👍", on: true }, react(4, 1, "👍")],
    [{ type: "react", id: idOf(5), target: 1, emoji: "👍", on: false }, unreact(5, 1, "👍")],
    [{ type: "delete", id: idOf(6), target: 1 }, erase(6, 1)],
  ];
  for (const [operation, frame] of pairs) {
    const outcome = await apply(operation);
    expect(outcome).toMatchObject({ ok: true, status: "stored", message: { seq: 1 }, trimmed: null });
    expect((await ann.ask(frame)).status).toBe(DUPLICATE);
    expect(await apply(operation)).toMatchObject({ ok: true, status: "duplicate", message: { seq: 1 } });
  }
  const back: [Operation, FrameInit][] = [
    [{ type: "edit", id: idOf(13), target: 2, text: long }, edit(13, 2, long)],
    [{ type: "react", id: idOf(14), target: 2, emoji: "👍", on: false }, unreact(14, 2, "👍")],
    [{ type: "delete", id: idOf(16), target: 2 }, erase(16, 2)],
  ];
  for (const [operation, frame] of back) {
    const noop = (await ann.ask(frame)).status === NO_CHANGE;
    const status = noop ? "no_change" : "duplicate";
    expect(await apply(operation)).toMatchObject({ ok: true, status, message: { seq: 2 } });
  }
  expect(await apply({ type: "delete", id: idOf(13), target: 2 })).toMatchObject({ ok: false, code: "conflict" });
});

it("R20 the id of an EDIT whose message was erased shows that message, whatever a repeat by HTTP names", async () => {
  const { stub, ann } = await room();
  await ann.write(1, "one");
  await ann.ask(edit(2, 1, "two"));
  await ann.ask(erase(3, 1));
  for (const target of [1, 2, 999])
    expect(await stub.apply(actorOf("ann"), { type: "edit", id: idOf(2), target, text: "other" })).toMatchObject({
      ok: true,
      status: "duplicate",
      message: { seq: 1, text: "" },
    });
});

it("R20 a change by HTTP shows the message as it stands then, for who asked", async () => {
  const { stub, ann } = await room();
  await ann.write(1, "one");
  await ann.ask(react(2, 1, "👍"));
  const bob = actorOf("bob");
  const reacted = await stub.apply(bob, { type: "react", id: idOf(1), target: 1, emoji: "👍", on: true });
  expect(reacted).toMatchObject({ message: { text: "one", reactions: [{ emoji: "👍", count: 2, mine: true }] } });
  const edited = await stub.apply(actorOf("ann"), { type: "edit", id: idOf(3), target: 1, text: "two" });
  expect(edited).toMatchObject({ ok: true, status: "stored", message: { text: "two", deletedAt: null } });
  expect(edited.ok && edited.message!.editedAt).toBeGreaterThan(0);
  const refused: [Operation, string][] = [
    [{ type: "edit", id: idOf(4), target: 1, text: "" }, "bad_request"],
    [{ type: "edit", id: idOf(4), target: 1, text: "x".repeat(LIMIT.TEXT_BYTES_MAX + 1) }, "too_large"],
    [{ type: "edit", id: idOf(4), target: 9, text: "x" }, "not_found"],
    [{ type: "react", id: idOf(4), target: 1, emoji: "a b", on: true }, "bad_request"],
    [{ type: "react", id: idOf(4), target: 1, emoji: "", on: true }, "bad_request"],
    [{ type: "react", id: idOf(4), target: 1, emoji: "x".repeat(65), on: true }, "too_large"],
    [{ type: "delete", id: idOf(4), target: 0 }, "not_found"],
  ];
  for (const [operation, code] of refused)
    expect(await stub.apply(actorOf("ann"), operation), JSON.stringify(operation)).toMatchObject({ ok: false, code });
  expect(await stub.apply(bob, { type: "edit", id: idOf(4), target: 1, text: "x" })).toMatchObject({
    code: "forbidden",
  });
});

it("R42 writes and reactions by HTTP have the buckets of their kinds, those of the user's sockets", async () => {
  const { stub, ann } = await room();
  await ann.write(1, "one");
  await tune(stub, {
    rates: {
      ...{ soft: FAST, read: FAST, control: FAST, bytes: FAST },
      ...{ write: { perSecond: 0.001, burst: 2 }, react: { perSecond: 0.001, burst: 3 } },
    },
  });
  const bob = actorOf("bob");
  const reactions = Array.from({ length: 4 }, (_, n) => ({
    ...({ type: "react", id: idOf(n), target: 1, emoji: "👍", on: n % 2 === 0 } as const),
  }));
  const outcomes = [];
  for (const operation of reactions) outcomes.push(await stub.apply(bob, operation));
  expect(outcomes.map((outcome) => (outcome.ok ? outcome.status : outcome.code))).toEqual([
    ...["stored", "stored", "stored", "rate_limited"],
  ]);
  const posts = [];
  for (let n = 10; n < 13; n++) posts.push(await stub.apply(bob, { type: "post", id: idOf(n), text: "x", replyTo: 0 }));
  expect(posts.map(({ ok }) => ok)).toEqual([true, true, false]);
});
