// R67: a client written from PROTOCOL.md alone passes a full talk with a live room, through the Worker's own door.
import { expect, test } from "vitest";
import { Cursor as Bytes, unhex } from "../oracle/cursor.ts";
import type { Decoded } from "../oracle/wire-reader.ts";
import { str, varint } from "../oracle/wire-writer.ts";
import { call, guest, join, openSocket, type Person, room } from "./support/http-client";
import { noise } from "./support/random";
import { pause } from "./support/room-client";
import { type Cursor, WANTS, WireClient } from "./support/wire-client";

const ALL = WANTS.PRESENCE | WANTS.TYPING | WANTS.RECEIPTS;
const STORED = 0;
const DUPLICATE = 1;
const NO_CHANGE = 2;
const FORBIDDEN = 6;
const NOT_FOUND = 8;
const EDITED = 2;
const ERASED = 4;
const BEFORE = 0;
/** Longer than LZ4_RAW_BYTES_MIN and easily compressed, so that pages and batches of it come compressed. */
const LONG = "the same words again and again, ".repeat(40);

/** A person's line into the room, joined; with WELCOME taken. */
async function enter(person: Person, id: string, cursor?: Cursor) {
  const { webSocket } = await openSocket(id, { token: person.token });
  if (webSocket === null) throw new Error("no socket");
  const client = new WireClient(webSocket, cursor);
  client.hello(ALL);
  return { client, welcome: await client.next("WELCOME") };
}

/** The next frame of a kind whose body is as wanted; those of the kind before it are thrown away. */
async function nextLike(
  client: WireClient,
  kind: string,
  wanted: (body: Decoded["body"]) => boolean,
): Promise<Decoded> {
  for (;;) {
    const frame = await client.next(kind);
    if (wanted(frame.body)) return frame;
  }
}

const refsOf = (list: unknown) => (list as readonly { ref: number }[]).map(({ ref }) => ref);

test("R67: join, write, presence, typing, receipt, page, people, cut, resume, refresh: by the page alone", async () => {
  const ada = await guest();
  const bob = await guest();
  const id = await room(ada);
  await join(bob, id);

  const { client: a, welcome } = await enter(ada, id);
  expect(welcome.body).toMatchObject({
    outcome: 0,
    startSeq: welcome.body["headSeq"],
    role: 3,
    roomId: id,
    features: ALL,
  });
  const selfRef = Number(welcome.body["selfRef"]);
  const people = await a.next("PEOPLE");
  expect(people.body["list"]).toEqual([{ ref: selfRef, flags: 1, userId: ada.id, name: ada.name }]);
  expect((await a.next("PRESENCE")).body).toMatchObject({ op: 0, connections: 1, people: 1 });

  const first = a.say("hello");
  const { body: stored } = await a.next("ACK", first);
  expect(stored["status"]).toBe(STORED);
  expect(await a.next("MSG", first)).toMatchObject({ seq: stored["seq"], ts: stored["ts"], sender: selfRef });
  a.say("hello", first);
  expect((await a.next("ACK", first)).body).toEqual({ ...stored, status: DUPLICATE });

  const { client: b, welcome: hers } = await enter(bob, id);
  const bobRef = Number(hers.body["selfRef"]);
  expect(refsOf((await b.next("PEOPLE")).body["list"])).toEqual([selfRef, bobRef]);
  expect((await b.next("PRESENCE")).body).toMatchObject({ op: 0, connections: 2, people: 2 });
  expect((await nextLike(a, "PRESENCE", ({ connections }) => connections === 2)).body).toMatchObject({
    op: 1,
    people: 2,
  });
  b.send("PRESENCE", [2, 2]);
  const away = { conn: hers.body["conn"], ref: bobRef, state: 2 };
  const isAway = ({ list }: Decoded["body"]) => JSON.stringify(list) === JSON.stringify([away]);
  expect((await nextLike(a, "PRESENCE", isAway)).body).toMatchObject({ op: 1, connections: 2, people: 2 });

  b.send("TYPING", [1]);
  expect(await a.next("TYPING")).toMatchObject({ sender: bobRef, body: { state: 1 } });
  const answer = b.say(LONG, WireClient.id(), Number(stored["seq"]));
  const told = await a.next("MSG", answer);
  expect(told.body).toEqual({ replyTo: stored["seq"], text: LONG });
  a.send("RECEIPT", [1, 0, ...varint(told.seq)]);
  const hasRead = ({ list }: Decoded["body"]) =>
    (list as readonly { ref: number; upTo: number }[]).some(({ ref, upTo }) => ref === selfRef && upTo === told.seq);
  for (const one of [a, b]) await nextLike(one, "RECEIPT", hasRead);

  const asked = WireClient.id();
  a.send("HISTORY_REQ", [BEFORE, ...varint(0), ...varint(50)], asked);
  const page = await a.next("HISTORY_PAGE", asked);
  expect(page.body).toMatchObject({ asOf: told.seq, firstSeq: stored["seq"], lastSeq: told.seq });
  const [introduced, ...entries] = page.body["list"] as readonly { kind: string; body: Record<string, unknown> }[];
  expect(refsOf(introduced!.body["list"])).toEqual([selfRef, bobRef]);
  expect(entries.map(({ kind, body }) => [kind, body["text"]])).toEqual([
    ["MSG", "hello"],
    ["MSG", LONG],
  ]);
  expect(a.compressed, "something came compressed").toBeGreaterThan(0);
  const who = WireClient.id();
  a.send("PEOPLE_REQ", [2, ...varint(bobRef), ...varint(999)], who);
  expect((await a.next("PEOPLE", who)).body["list"]).toEqual([
    { ref: bobRef, flags: 1, userId: bob.id, name: bob.name },
  ]);

  const cursor = b.cut();
  expect((await nextLike(a, "PRESENCE", ({ connections }) => connections === 1)).body).toMatchObject({
    op: 1,
    people: 1,
  });
  const missed: string[] = [];
  for (let n = 0; n < 3; n++) missed.push(a.say(`missed ${n}`));
  for (const one of missed) await a.next("ACK", one);
  const { client: back, welcome: recovered } = await enter(bob, id, cursor);
  expect(recovered.body).toMatchObject({ outcome: 1, startSeq: cursor.seq, selfRef: bobRef });
  for (const [n, one] of missed.entries()) expect((await back.next("MSG", one)).body["text"]).toBe(`missed ${n}`);
  // a replay does not wait for the tick that the broadcast waits for
  for (const one of missed) await a.next("MSG", one);
  expect(back.cursor).toEqual(a.cursor);
  const live = a.say("live again");
  expect(await back.next("MSG", live)).toMatchObject({ seq: a.cursor.seq, sender: selfRef });

  const { body: issued } = await call("POST", `/api/rooms/${id}/ticket`, { token: ada.token });
  const refresh = WireClient.id();
  a.send("AUTH_REFRESH", str(issued.ticket), refresh);
  const { body: prolonged } = await a.next("AUTH_REFRESH", refresh);
  expect(prolonged["role"]).toBe(3);
  expect(Number(prolonged["expiresAt"])).toBeGreaterThanOrEqual(Number(welcome.body["expiresAt"]));

  for (const one of [a, b, back]) expect(one.faults).toEqual([]);
  for (const one of [a, back]) expect(one.closed).toBeUndefined();
});

/** What an extension of a frame begins with, read as varints. */
function ext(frame: Decoded, type: number, count: number): number[] | undefined {
  const found = (frame.ext as readonly { type: number; bytes: string }[]).find((one) => one.type === type);
  if (found === undefined) return undefined;
  const cursor = new Bytes(unhex(found.bytes), "bad_ext");
  return Array.from({ length: count }, () => cursor.varint());
}

/** Two people in a room, ada its owner, and what both of them are called there. */
async function pair() {
  const [ada, bob] = [await guest(), await guest()];
  const id = await room(ada);
  await join(bob, id);
  const [a, b] = [await enter(ada, id), await enter(bob, id)];
  const refs = { ada: Number(a.welcome.body["selfRef"]), bob: Number(b.welcome.body["selfRef"]) };
  return { id, ada, bob, a: a.client, b: b.client, refs };
}

/** Sends a frame that is answered by an ACK; its status and its seq. */
async function ask(client: WireClient, kind: Parameters<WireClient["send"]>[0], body: number[], id = WireClient.id()) {
  client.send(kind, body, id);
  const { body: answer } = await client.next("ACK", id);
  return { id, status: answer["status"], seq: Number(answer["seq"]) };
}

/** Sends a frame that is refused; the code. */
async function refused(client: WireClient, kind: Parameters<WireClient["send"]>[0], body: number[]) {
  const id = WireClient.id();
  client.send(kind, body, id);
  return (await client.next("ERROR", id)).body["code"];
}

async function page(client: WireClient): Promise<Decoded> {
  const id = WireClient.id();
  client.send("HISTORY_REQ", [BEFORE, ...varint(0), ...varint(50)], id);
  return client.next("HISTORY_PAGE", id);
}

test("R67: edit, delete, react, unreact and the page that tells of them: by the page alone", async () => {
  const { a, b, refs } = await pair();
  const { seq: one } = await ask(b, "MSG", [...varint(0), ...str("first draft")]);
  const { seq: two } = await ask(b, "MSG", [...varint(one), ...str("to be erased")]);

  const text = [...varint(one), ...str("second draft")];
  const edit = await ask(b, "EDIT", text);
  expect(edit).toMatchObject({ status: STORED, seq: two + 1 });
  expect(await ask(b, "EDIT", text, edit.id)).toEqual({ ...edit, status: DUPLICATE });
  expect(await a.next("EDIT", edit.id)).toMatchObject({
    ...{ seq: edit.seq, sender: refs.bob },
    body: { target: one, text: "second draft" },
  });
  expect(await refused(a, "EDIT", text), "a moderator edits nobody's text").toBe(FORBIDDEN);

  const thumb = [...varint(one), ...str("👍🏽")];
  const mine = await ask(a, "REACT", thumb);
  expect((await ask(a, "REACT", thumb)).status).toBe(NO_CHANGE);
  await ask(b, "REACT", thumb);
  await ask(b, "REACT", [...varint(one), ...str(":ship:")]);
  const gone = await ask(b, "UNREACT", [...varint(one), ...str(":ship:")]);
  expect(await a.next("REACT", mine.id)).toMatchObject({ sender: refs.ada, body: { target: one, emoji: "👍🏽" } });
  expect(await a.next("UNREACT", gone.id)).toMatchObject({ sender: refs.bob, body: { target: one, emoji: ":ship:" } });

  const erase = await ask(a, "DELETE", varint(two));
  expect(await b.next("DELETE", erase.id)).toMatchObject({ seq: erase.seq, sender: refs.ada, body: { target: two } });
  expect((await ask(a, "DELETE", varint(two))).status).toBe(NO_CHANGE);
  expect(await refused(b, "REACT", [...varint(two), ...str("👍🏽")])).toBe(NOT_FOUND);
  expect(await refused(b, "MSG", [...varint(two), ...str("an answer")])).toBe(NOT_FOUND);

  for (const [client, first] of [
    [a, refs.ada],
    [b, refs.bob],
  ] as const) {
    const { body } = await page(client);
    expect(body).toMatchObject({ asOf: erase.seq, firstSeq: one, lastSeq: two });
    const [, edited, tally, erased] = body["list"] as unknown as readonly Decoded[];
    expect(edited).toMatchObject({ seq: one, body: { replyTo: 0, text: "second draft" } });
    expect(ext(edited!, EDITED, 1)).toEqual([edit.seq]);
    expect(tally!.body).toMatchObject({ target: one, asOf: erase.seq });
    const [row, ...others] = tally!.body["list"] as readonly { emoji: string; total: number; refs: number[] }[];
    expect([row!.emoji, row!.total, row!.refs[0], row!.refs.length, others]).toEqual(["👍🏽", 2, first, 2, []]);
    expect(erased).toMatchObject({ seq: two, body: { replyTo: one, text: "" } });
    expect(ext(erased!, ERASED, 3)).toMatchObject([erase.seq, expect.any(Number), refs.ada]);
  }
  for (const client of [a, b]) expect(client.faults).toEqual([]);
});

test("R67: a resume brings what was edited and erased meanwhile as it stands now: by the page alone", async () => {
  const { id, bob, a, b } = await pair();
  const { seq: held } = await ask(a, "MSG", [...varint(0), ...str("held")]);
  await b.next("MSG");
  const cursor = b.cut();
  expect(cursor.seq).toBe(held);
  const { seq: edited } = await ask(a, "MSG", [...varint(0), ...str("missed")]);
  const { seq: erased } = await ask(a, "MSG", [...varint(0), ...str("secret")]);
  const changes = [
    await ask(a, "EDIT", [...varint(held), ...str("held, anew")]),
    await ask(a, "EDIT", [...varint(edited), ...str("missed, anew")]),
    await ask(a, "EDIT", [...varint(erased), ...str("secret, anew")]),
    await ask(a, "REACT", [...varint(held), ...str(":ship:")]),
    await ask(a, "DELETE", varint(erased)),
  ];

  const { client: back, welcome } = await enter(bob, id, cursor);
  expect(welcome.body).toMatchObject({ outcome: 1, startSeq: held });
  const replayed: Decoded[] = [];
  for (const kind of ["MSG", "MSG", "EDIT", "EDIT", "EDIT", "REACT", "DELETE"]) replayed.push(await back.next(kind));
  expect(replayed.map(({ seq, body }) => [seq, body["target"] ?? null, body["text"] ?? null])).toEqual([
    [edited, null, "missed, anew"],
    [erased, null, ""],
    [changes[0]!.seq, held, "held, anew"],
    [changes[1]!.seq, edited, "missed, anew"],
    [changes[2]!.seq, erased, ""],
    [changes[3]!.seq, held, null],
    [changes[4]!.seq, erased, null],
  ]);
  // an EDIT is applied only above the editSeq that the message shows already: here the one EDIT of it shows nothing new
  expect(ext(replayed[0]!, EDITED, 1)).toEqual([changes[1]!.seq]);
  expect(ext(replayed[1]!, ERASED, 1)).toEqual([changes[4]!.seq]);
  expect(back.cursor).toEqual({ ...a.cursor, seq: changes[4]!.seq });
  expect(back.faults).toEqual([]);
});

test("R67: a page waits while the window is full, and comes with the CREDIT: by the page alone", async () => {
  const { a, b } = await pair();
  b.credits = false;
  const asked = WireClient.id();
  // above windowSoft, far below windowHard: broadcasts still come, a page does not
  for (let n = 0; n < 18; n++) await ask(a, "MSG", [...varint(0), ...str(noise(n, 16_000))]);
  for (let n = 0; n < 18; n++) await b.next("MSG");
  b.send("HISTORY_REQ", [BEFORE, ...varint(0), ...varint(1)], asked);
  await pause(200);
  expect(b.has("HISTORY_PAGE")).toBe(false);
  b.credit();
  expect((await b.next("HISTORY_PAGE", asked)).body).toMatchObject({ lastSeq: b.cursor.seq });
  for (const client of [a, b]) expect([client.faults, client.closed]).toEqual([[], undefined]);
});
