// R67: a client written from PROTOCOL.md alone passes a full talk with a live room, through the Worker's own door.
import { expect, test } from "vitest";
import type { Decoded } from "../oracle/wire-reader.ts";
import { str, varint } from "../oracle/wire-writer.ts";
import { call, guest, join, openSocket, type Person, room } from "./http-client";
import { type Cursor, WANTS, WireClient } from "./wire-client";

const ALL = WANTS.PRESENCE | WANTS.TYPING | WANTS.RECEIPTS;
const STORED = 0;
const DUPLICATE = 1;
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
