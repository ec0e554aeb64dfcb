// Pages of history and requests for people (PROTOCOL.md section 7), and the same pages for HTTP.
import { ERROR_CODE, type FrameOf, LIMIT, PAGE_FLAG } from "@ferrule/core";
import { expect, it } from "vitest";
import {
  actorOf,
  configOf,
  freshRoom,
  idOf,
  quiet,
  RoomClient,
  type RoomStub,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";

const BEFORE = 0;
const AFTER = 1;

async function written(count: number, text = (n: number) => `m${n}`): Promise<{ stub: RoomStub; ann: RoomClient }> {
  const stub = freshRoom("page");
  const ann = await RoomClient.join(stub, "ann");
  for (let n = 1; n <= count; n++) {
    await ann.write(n, text(n));
    ann.credit();
  }
  await ann.rest();
  return { stub, ann };
}

function ask(client: RoomClient, direction: number, from: number, limit: number): Promise<FrameOf<"HISTORY_PAGE">> {
  client.send({ kind: "HISTORY_REQ", id: idOf(9_000), body: { direction, from, limit } });
  return client.pick("HISTORY_PAGE");
}

const entries = (page: FrameOf<"HISTORY_PAGE">) =>
  page.body.list.flatMap((frame) => ("skip" in frame || frame.kind === "PEOPLE" ? [] : [frame.seq]));

it("answers a page with its people first, the newest or those around a seq, and says whether there are more", async () => {
  const { stub, ann } = await written(10);
  await stub.apply(actorOf("bob"), { type: "post", id: idOf(11), text: "by bob", replyTo: 3 });
  await stub.configure(configOf(2, { title: "New name" }));
  const newest = await ask(ann, BEFORE, 0, 4);
  expect(newest.id).toEqual(idOf(9_000));
  expect(newest.body).toMatchObject({ flags: PAGE_FLAG.MORE, asOf: 12, firstSeq: 9, lastSeq: 12 });
  const [people, ...rest] = newest.body.list;
  expect(people).toMatchObject({ kind: "PEOPLE" });
  expect((people as FrameOf<"PEOPLE">).body.list.map((person) => person.name)).toEqual(["ann", "bob"]);
  expect(rest.map((frame) => ("skip" in frame ? "skip" : frame.kind))).toEqual(["MSG", "MSG", "MSG", "SYSTEM"]);
  expect((rest[2] as FrameOf<"MSG">).body).toMatchObject({ replyTo: 3, text: "by bob" });

  expect(entries(await ask(ann, BEFORE, 4, 50))).toEqual([1, 2, 3]);
  expect((await ask(ann, BEFORE, 4, 3)).body.flags).toBe(0);
  expect((await ask(ann, BEFORE, 5, 3)).body).toMatchObject({ flags: PAGE_FLAG.MORE, firstSeq: 2, lastSeq: 4 });
  expect(entries(await ask(ann, AFTER, 9, 2))).toEqual([10, 11]);
  expect((await ask(ann, AFTER, 10, 2)).body.flags).toBe(0);
  expect((await ask(ann, AFTER, 12, 5)).body).toMatchObject({ flags: 0, asOf: 12, firstSeq: 0, lastSeq: 0, list: [] });
});

it("a page is at most PAGE_BYTES_MAX raw, 65,536 on the wire, and pages together miss nothing", async () => {
  const { ann } = await written(30, (n) => String.fromCharCode(97 + (n % 26)).repeat(100) + "x".repeat(15_000));
  const found: number[] = [];
  let from = 0;
  for (let pages = 0; pages < 30; pages++) {
    const size = ann.raw.length;
    const page = await ask(ann, BEFORE, from, 256);
    expect(Math.max(...ann.raw.slice(size).map((frame) => frame.length))).toBeLessThanOrEqual(65_536);
    found.unshift(...entries(page));
    from = page.body.firstSeq;
    if ((page.body.flags & PAGE_FLAG.MORE) === 0) break;
  }
  expect(found).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
});

it("flushes waiting broadcasts to the asking socket first, and to no other, so that asOf is true", async () => {
  const { stub, ann } = await written(1);
  const bob = await RoomClient.join(stub, "bob");
  const carl = await RoomClient.join(stub, "carl");
  // Both newcomers' entries; then the line is idle.
  await ann.gather(2, 300);
  await tune(stub, { coalesceMs: 5_000 });
  for (const n of [2, 3, 4]) await ann.write(n, `m${n}`);
  // The first has left; the other two wait.
  expect((await ask(bob, BEFORE, 0, 10)).body.asOf).toBe(4);
  expect([bob.read, carl.read]).toEqual([[2, 3, 4], [2]]);
  await until(() => carl.read.length === 3, "the other two");
  await quiet([bob, carl], 300);
  expect([bob.read, carl.read]).toEqual([
    [2, 3, 4],
    [2, 3, 4],
  ]);
});

it("holds pages back while the window is full, and refuses the fifth", async () => {
  const { stub, ann } = await written(40, (n) =>
    `${n}`.padEnd(16_000, "0123456789abcdefghijklmnopqrstuvwxyz".slice(n % 30)),
  );
  const bob = await RoomClient.join(stub, "bob");
  let n = 100;
  while (bob.bytes <= LIMIT.WINDOW_SOFT_BYTES) {
    await ann.write(n, randomText(n));
    n++;
    ann.credit();
    await bob.rest(1);
  }
  for (let at = 0; at < 5; at++)
    bob.send({ kind: "HISTORY_REQ", id: idOf(at), body: { direction: BEFORE, from: 0, limit: 1 } });
  const refused = await bob.pick("ERROR");
  expect(refused.id).toEqual(idOf(4));
  expect(refused.body).toMatchObject({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 1000 });
  expect(await bob.rest()).not.toContain("HISTORY_PAGE");
  const { body } = await ann.write(n, "written after the question");
  bob.credit();
  for (let at = 0; at < 4; at++) {
    const page = await bob.pick("HISTORY_PAGE");
    expect(page.id).toEqual(idOf(at));
    expect(page.body.asOf).toBe(body.seq);
  }
});

it("answers PEOPLE_REQ with those it knows", async () => {
  const { stub, ann } = await written(1);
  await stub.apply(actorOf("bob"), { type: "post", id: idOf(11), text: "x", replyTo: 0 });
  await ann.rest();
  ann.send({ kind: "PEOPLE_REQ", id: idOf(5), body: { refs: [2, 77, 1] } });
  const answer = await ann.expect("PEOPLE");
  expect(answer.id).toEqual(idOf(5));
  expect(answer.body.list.map((person) => person.userId)).toEqual(["u_ann", "u_bob"]);
  ann.send({ kind: "PEOPLE_REQ", id: idOf(6), body: { refs: [77] } });
  expect((await ann.expect("PEOPLE")).body.list).toEqual([]);
});

it("gives HTTP messages alone, by rising seq, with more and head", async () => {
  const { stub } = await written(5);
  await stub.configure(configOf(2, { title: "New name" }));
  const page = await stub.page({ limit: 3, reader: null });
  expect(page).toMatchObject({ head: 6, more: true });
  expect(page.messages.map((message) => [message.seq, message.text, message.author.name])).toEqual([
    [3, "m3", "ann"],
    [4, "m4", "ann"],
    [5, "m5", "ann"],
  ]);
  expect((await stub.page({ before: 3, limit: 3, reader: null })).messages.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(await stub.page({ after: 3, limit: 3, reader: null })).toMatchObject({ more: false });
  expect((await stub.page({ after: 3, limit: 3, reader: null })).messages.map(({ seq }) => seq)).toEqual([4, 5]);
});

function randomText(seed: number): string {
  let text = "";
  for (let state = seed; text.length < 16_000; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += (state >>> 8).toString(36);
  }
  return text.slice(0, 16_000);
}
