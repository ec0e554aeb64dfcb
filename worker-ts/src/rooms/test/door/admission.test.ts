// Admissions that go on and that end (PROTOCOL.md section 9): refresh by ticket through the whole Worker, expiry by the room's
// clock. These tests are about security: every way in which a ticket may be no good is tried.
import { env } from "cloudflare:workers";
import { ERROR_CODE, ROLE } from "@ferrule/core";
import { expect, it, vi } from "vitest";
import {
  account,
  call,
  guest,
  join,
  openSocket,
  type Person,
  room,
} from "../../../../../tests/worker/support/http-client";
import {
  enter,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
  ring,
  roomOf,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";
import { fromBase64url, toBase64url } from "../../../platform";

const ADMISSION_MS = 900_000;
const GRACE_MS = 30_000;
const UNAUTHENTICATED = { error: ERROR_CODE.UNAUTHENTICATED, close: 4005 };

/** Sets a room's clock, and lets it call no socket dead for that. */
const setClock = (stub: RoomStub, now: number): Promise<void> =>
  tune(stub, { now: () => now, deadAfterMs: Number.MAX_SAFE_INTEGER });
const ticketOf = async (person: Person, id: string): Promise<string> =>
  (await call("POST", `/api/rooms/${id}/ticket`, { token: person.token })).body.ticket;

/** A member in a room of somebody else's, and its socket. */
async function member() {
  const owner = await account("Olga");
  const person = await account("Ann");
  const id = await room(owner);
  await join(person, id);
  return { owner, person, id, stub: roomOf(id), ...(await enter(person, id)) };
}

/** The same claims with another id, under the old signature: true in all but who made it. */
function withNewId(ticket: string): string {
  const [payload = "", signature = ""] = ticket.split(".");
  const claims = JSON.parse(new TextDecoder().decode(fromBase64url(payload) ?? new Uint8Array()));
  const forged = JSON.stringify({ ...claims, jti: toBase64url(crypto.getRandomValues(new Uint8Array(16))) });
  return `${toBase64url(new TextEncoder().encode(forged))}.${signature}`;
}

const present = (client: RoomClient, ticket: string, n = 1): void =>
  client.send({ kind: "AUTH_REFRESH", id: idOf(n), body: { ticket } });

/** The answer to AUTH_REFRESH, or a role told by the room. */
async function granted(client: RoomClient): Promise<{ id: Uint8Array | null; expiresAt: number; role: number }> {
  const { id, body } = await client.pick("AUTH_REFRESH");
  if (!("expiresAt" in body)) throw new Error("an AUTH_REFRESH down has an end");
  return { id, expiresAt: body.expiresAt, role: body.role };
}

it("R39 an admission that is not refreshed ends: EXPIRED, 4010, after the grace, over a sleep too", async () => {
  const stub = freshRoom("admission");
  const start = Date.now();
  const ann = await RoomClient.open(stub, "ann", { expiresAt: start + ADMISSION_MS });
  await ann.hello();
  const bob = await RoomClient.open(stub, "bob", { expiresAt: start + ADMISSION_MS + 60_000 });
  await bob.hello();
  await evict(stub);
  await setClock(stub, start + ADMISSION_MS + GRACE_MS - 1);
  await ring(stub);
  await ann.write(1, "within the grace");
  await evict(stub);
  await setClock(stub, start + ADMISSION_MS + GRACE_MS);
  await ring(stub);
  expect(await ann.end()).toEqual({ error: ERROR_CODE.EXPIRED, close: 4010 });
  await bob.write(2, "still here");
  expect(await query(stub, "SELECT at FROM due WHERE kind = 'expiry'")).toEqual([
    { at: start + ADMISSION_MS + 60_000 + GRACE_MS },
  ]);
});

it("R39 the alarm itself comes; and where it is late, an ended admission writes nothing", async () => {
  const stub = freshRoom("admission");
  await tune(stub, { admissionGraceMs: 50 });
  const ann = await RoomClient.open(stub, "ann", { expiresAt: Date.now() });
  await ann.hello();
  expect(await ann.end()).toEqual({ error: ERROR_CODE.EXPIRED, close: 4010 });
  const late = freshRoom("admission");
  const start = Date.now();
  const bob = await RoomClient.open(late, "bob", { expiresAt: start + ADMISSION_MS });
  await bob.hello();
  await setClock(late, start + ADMISSION_MS + GRACE_MS);
  bob.say(1, "too late");
  expect(await bob.end()).toEqual({ error: ERROR_CODE.EXPIRED, close: 4010 });
  expect((await late.stats()).headSeq).toBe(0);
});

it("R39 AUTH_REFRESH prolongs, over sleeps: the answer has the request's id, the new end and the role", async () => {
  const { person, id, stub, client, welcome } = await member();
  const first = welcome.body.expiresAt;
  expect(Math.abs(first - Date.now() - ADMISSION_MS)).toBeLessThan(30_000);
  const ticket = await ticketOf(person, id);
  await evict(stub);
  present(client, ticket, 7);
  const answer = await granted(client);
  expect(answer).toEqual({ id: idOf(7), expiresAt: expect.any(Number), role: ROLE.MEMBER });
  expect(answer.expiresAt).toBeGreaterThan(first);
  await evict(stub);
  await setClock(stub, first + GRACE_MS);
  await ring(stub);
  await client.write(1, "prolonged");
  await setClock(stub, answer.expiresAt + GRACE_MS);
  await ring(stub);
  expect(await client.end()).toEqual({ error: ERROR_CODE.EXPIRED, close: 4010 });
});

it("R39 the end follows the session, when that is earlier", async () => {
  const { person, id, stub, client } = await member();
  const over = Date.now() + 60_000;
  await env.DB.prepare("UPDATE session SET expires_at = ? WHERE user_id = ?").bind(over, person.id).run();
  present(client, await ticketOf(person, id));
  expect((await granted(client)).expiresAt).toBe(over);
  // and the room looks when it comes, though it meant to look later
  expect(await query(stub, "SELECT at FROM due WHERE kind = 'expiry'")).toEqual([{ at: over + GRACE_MS }]);
});

it("R38 a ticket refreshes once, and one that has opened a socket refreshes none", async () => {
  const { person, id, stub, client } = await member();
  const ticket = await ticketOf(person, id);
  present(client, ticket);
  await granted(client);
  await evict(stub);
  present(client, ticket, 2);
  expect(await client.end()).toEqual(UNAUTHENTICATED);

  const opening = await ticketOf(person, id);
  const opened = await openSocket(id, {}, `ferrule.v1, ferrule.ticket.${opening}`);
  const other = RoomClient.on(opened.webSocket!);
  await other.hello();
  present(other, opening);
  expect(await other.end()).toEqual(UNAUTHENTICATED);
  // and the other way round
  const { client: third } = await enter(person, id);
  const used = await ticketOf(person, id);
  present(third, used);
  await granted(third);
  expect((await openSocket(id, {}, `ferrule.v1, ferrule.ticket.${used}`)).status).toBe(401);
});

it("R38 two that show the same ticket at once: one is prolonged, one is closed", async () => {
  const { person, id, client } = await member();
  const { client: tab } = await enter(person, id);
  const ticket = await ticketOf(person, id);
  present(client, ticket);
  present(tab, ticket);
  await until(() => client.closed !== undefined || tab.closed !== undefined, "a close");
  const [out, kept] = client.closed === undefined ? [tab, client] : [client, tab];
  expect(await out.end()).toEqual(UNAUTHENTICATED);
  expect((await granted(kept)).id).toEqual(idOf(1));
  await kept.write(1, "still here");
});

it("R38 no other person's ticket refreshes, nor one for another room, nor one bit off, nor rubbish", async () => {
  const { owner, person, id, stub } = await member();
  const other = await room(owner);
  await join(person, other);
  const good = await ticketOf(person, id);
  const at = good.length >> 1;
  const bad = [
    await ticketOf(owner, id),
    await ticketOf(person, other),
    good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ 1) + good.slice(at + 1),
    withNewId(good),
    `${good}.`,
    "",
    "x",
    "x".repeat(1024),
  ];
  for (const ticket of bad) {
    const { client } = await enter(person, id);
    present(client, ticket);
    expect(await client.end()).toEqual(UNAUTHENTICATED);
  }
  // what was refused is not used up, where it is good for somebody
  const { client } = await enter(owner, id);
  present(client, bad[0]!);
  expect((await granted(client)).role).toBe(ROLE.OWNER);
  expect((await stub.stats()).headSeq).toBe(0);
});

it("R38 a ticket that is over, whose session is gone, or whose person is no member any more refreshes nothing", async () => {
  const late = await member();
  const ticket = await ticketOf(late.person, late.id);
  vi.useFakeTimers({ now: Date.now() + 60_001, toFake: ["Date"] });
  present(late.client, ticket);
  await vi.waitFor(() => expect(late.client.closed?.code).toBe(4005), { timeout: 60_000 });
  vi.useRealTimers();

  const out = await member();
  const held = await ticketOf(out.person, out.id);
  await env.DB.prepare("DELETE FROM session WHERE user_id = ?").bind(out.person.id).run();
  present(out.client, held);
  expect(await out.client.end()).toEqual(UNAUTHENTICATED);

  for (const change of ["DELETE FROM member", "UPDATE member SET role = 'banned'"]) {
    const gone = await member();
    const kept = await ticketOf(gone.person, gone.id);
    await env.DB.prepare(`${change} WHERE user_id = ?`).bind(gone.person.id).run();
    present(gone.client, kept);
    expect(await gone.client.end()).toEqual(UNAUTHENTICATED);
  }
});

it("a refresh tells a new role: to the one that asked with its id, to the person's other tabs without", async () => {
  const { person, id, stub, client } = await member();
  const { client: tab } = await enter(person, id);
  await env.DB.prepare("UPDATE member SET role = 'moderator' WHERE user_id = ?").bind(person.id).run();
  present(client, await ticketOf(person, id), 9);
  expect(await granted(client)).toMatchObject({ id: idOf(9), role: ROLE.MODERATOR });
  expect(await granted(tab)).toMatchObject({ id: null, role: ROLE.MODERATOR });
  await evict(stub);
  await env.DB.prepare("UPDATE member SET role = 'owner' WHERE user_id = ?").bind(person.id).run();
  // a new socket brings the newest role, too
  expect((await enter(person, id)).welcome.body.role).toBe(ROLE.OWNER);
  for (const each of [client, tab]) expect(await granted(each)).toMatchObject({ id: null, role: ROLE.OWNER });
});

it("a refresh that cannot be looked up is INTERNAL and not the end: the same ticket works afterwards", async () => {
  const { person, id, client } = await member();
  const ticket = await ticketOf(person, id);
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await env.DB.prepare("ALTER TABLE session RENAME TO broken").run();
  present(client, ticket, 3);
  const refused = await client.pick("ERROR");
  await env.DB.prepare("ALTER TABLE broken RENAME TO session").run();
  expect([refused.body.code, refused.id]).toEqual([ERROR_CODE.INTERNAL, idOf(3)]);
  const lines = logged.mock.calls.flat().map(String).join();
  logged.mockRestore();
  // the query, and not whom it asked for
  expect(lines).toMatch(/look up what a ticket is worth.*failed query/);
  expect(lines).not.toMatch(new RegExp(`params|${person.id}`));
  present(client, ticket, 4);
  expect((await granted(client)).id).toEqual(idOf(4));
});

it("what breaks behind the look-up ends this connection and no other: INTERNAL, 4013", async () => {
  const { owner, person, id, stub, client } = await member();
  const { client: other } = await enter(owner, id);
  const ticket = await ticketOf(person, id);
  await query(stub, "ALTER TABLE ticket RENAME TO broken");
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  present(client, ticket);
  expect(await client.end()).toEqual({ error: ERROR_CODE.INTERNAL, close: 4013 });
  logged.mockRestore();
  await other.write(1, "not disturbed");
});

it("frames behind AUTH_REFRESH are handled meanwhile, in order; a socket closed meanwhile stays closed", async () => {
  const { person, id, stub, client } = await member();
  present(client, await ticketOf(person, id));
  for (let n = 1; n <= 20; n++) client.say(n, `m${n}`);
  await granted(client);
  for (let n = 1; n <= 20; n++) expect((await client.pick("ACK")).body.seq).toBe(n);
  const unused = await ticketOf(person, id);
  present(client, unused, 2);
  await client.close();
  await stub.stats();
  const { client: again } = await enter(person, id);
  expect(again.closed).toBeUndefined();
});

it("a guest refreshes as anybody does", async () => {
  const person = await guest();
  const id = await room(person);
  const { client } = await enter(person, id);
  present(client, await ticketOf(person, id));
  expect((await granted(client)).role).toBe(ROLE.OWNER);
});
