// Read marks by HTTP, and the way from a mark to a smaller unread count: through the room, the queue and D1.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { account, call, guest, join, type Person, refusal, room } from "../../../../tests/worker/support/http-client";
import { pause, query, type RoomStub, ring } from "../../../../tests/worker/support/room-client";

const stubOf = (id: string) => env.ROOM.getByName(id) as RoomStub;

const read = (person: Person, id: string, body: unknown) =>
  call("PUT", `/api/rooms/${id}/read`, { token: person.token, body });

/** The room's own marks by user. */
async function marks(id: string): Promise<Record<string, number>> {
  const rows = await query<{ user: string; seq: number }>(
    stubOf(id),
    "SELECT user_id AS user, read_seq AS seq FROM person",
  );
  return Object.fromEntries(rows.map(({ user, seq }) => [user, seq]));
}

/** Waits until the list of rooms tells this person so many unread messages. */
async function unread(person: Person, id: string, expected: number): Promise<void> {
  let last: number | null | undefined;
  for (let turn = 0; turn < 200; turn++, await pause(50)) {
    await ring(stubOf(id));
    const { body } = await call("GET", "/api/rooms?mine=1&limit=100", { token: person.token });
    last = body.rooms.find((entry) => entry.id === id)?.unread;
    if (last === expected) return;
  }
  throw new Error(`${last} unread, not ${expected}`);
}

it("takes a mark of members; it is clamped to the head and never falls", async () => {
  const [ann, bob] = [await account("Ann"), await guest()];
  const id = await room(ann);
  await join(bob, id);
  for (const text of ["one", "two", "three"])
    await call("POST", `/api/rooms/${id}/messages`, { token: ann.token, body: { text } });
  const { status, body } = await read(bob, id, { seq: 2 });
  expect([status, body]).toEqual([204, null]);
  expect(await marks(id)).toEqual({ [ann.id]: 0, [bob.id]: 2 });
  for (const [seq, mark] of [
    [1, 2],
    [2, 2],
    [Number.MAX_SAFE_INTEGER, 3],
  ]) {
    expect((await read(bob, id, { seq })).status).toBe(204);
    expect((await marks(id))[bob.id]).toBe(mark);
  }
});

it("refuses what is no seq, and who is no member", async () => {
  const [ann, bob] = [await account("Ann"), await account("Bob")];
  const [open, secret] = [await room(ann), await room(ann, "private")];
  for (const body of [{}, { seq: 0 }, { seq: -1 }, { seq: 1.5 }, { seq: "1" }, { seq: 2 ** 53 }, [], null, "seq"])
    expect([body, ...refusal(await read(ann, open, body))]).toEqual([body, 400, "bad_request"]);
  expect(refusal(await read(bob, open, { seq: 1 }))).toEqual([403, "forbidden"]);
  expect(refusal(await read(bob, secret, { seq: 1 }))).toEqual([404, "not_found"]);
  expect(refusal(await read(bob, "no-such-room", { seq: 1 }))).toEqual([404, "not_found"]);
  await join(bob, open);
  await env.DB.prepare("UPDATE member SET role = 'banned' WHERE user_id = ?").bind(bob.id).run();
  expect(refusal(await read(bob, open, { seq: 1 }))).toEqual([403, "banned"]);
  expect(refusal(await call("PUT", `/api/rooms/${open}/read`, { body: { seq: 1 } }))).toEqual([401, "unauthenticated"]);
  expect(await marks(open)).not.toHaveProperty(bob.id);
});

it("lets the unread count fall, when the archive has the mark; one's own messages never counted", async () => {
  const [ann, bob] = [await account("Ann"), await account("Bob")];
  const id = await room(ann, "private");
  await env.DB.prepare("INSERT INTO member SELECT ?, ?, 'member', 1, 0, 1").bind(id, bob.id).run();
  const post = (person: Person, text: string) =>
    call("POST", `/api/rooms/${id}/messages`, { token: person.token, body: { text } });
  for (const text of ["one", "two", "three"]) await post(ann, text);
  await post(bob, "four");
  await unread(bob, id, 3);
  await unread(ann, id, 1);
  expect((await read(bob, id, { seq: 2 })).status).toBe(204);
  await unread(bob, id, 1);
  await post(ann, "five");
  await unread(bob, id, 2);
  expect((await read(bob, id, { seq: 5 })).status).toBe(204);
  await unread(bob, id, 0);
  await unread(ann, id, 1);
});
