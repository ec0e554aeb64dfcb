// OP06-OP09: rooms as an admin sees and mends them: which are asked, what a dead one does to the others, and each repair twice.
import { env } from "cloudflare:workers";
import { expect, it, onTestFinished, vi } from "vitest";
import { ask, entries, ownerSession } from "../../../../../../tests/worker/support/admin";
import { account, call, openSocket, refusal, room } from "../../../../../../tests/worker/support/http-client";
import { RoomClient, roomOf, until } from "../../../../../../tests/worker/support/room-client";
import { ACTIVE_MS, ACTIVE_ROWS_MAX, listActiveRooms } from "../../../directory/active-rooms";

/** What the audit of a room tells, the newest first. */
async function told(id: string) {
  return entries(await ask("GET", `audit?room=${id}`)).map(({ action, actorId, subject, detail }) => ({
    action,
    actorId,
    subject,
    detail,
  }));
}

const change = (id: string, closed: unknown, token?: string) =>
  ask("PATCH", `rooms/${id}`, { body: { closed }, ...(token && { token }) });

it("OP06 rooms in which something goes on are asked, and one that is dead or slow holds nobody up", async () => {
  const owner = await account();
  const [live, quiet, dead, slow] = [await room(owner), await room(owner), await room(owner), await room(owner)];
  const client = RoomClient.on((await openSocket(live, { token: owner.token })).webSocket!);
  await client.hello();
  const now = Date.now();
  const at = env.DB.prepare("UPDATE room SET last_at = ?2 WHERE id = ?1");
  await env.DB.batch([at.bind(dead, now), at.bind(slow, now - 1), at.bind(quiet, now - ACTIVE_MS - 1)]);
  vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => void vi.restoreAllMocks());
  const broken = { watch: () => Promise.reject(new Error("the object is gone")) };
  const hanging = { watch: () => new Promise(() => {}) };
  const ROOM = { getByName: (id: string) => (id === dead ? broken : id === slow ? hanging : env.ROOM.getByName(id)) };
  const found = new Map(
    entries(await ask("GET", "rooms/live?limit=25", { vars: { ROOM } })).map((one) => [one["id"], one]),
  );
  expect(found.get(live)).toMatchObject({ silent: null, watch: { sockets: 1, online: 1 } });
  expect(found.get(dead)).toMatchObject({ silent: "failed", watch: null });
  expect(found.get(slow)).toMatchObject({ silent: "late", watch: null });
  expect(found.has(quiet)).toBe(false);
  expect((await ask("GET", `rooms/${slow}`, { vars: { ROOM } })).body).toMatchObject({
    silent: "late",
    room: { id: slow },
  });
  await client.close();
});

it("OP06 the list of active rooms goes page by page, and what is read has a limit however many there are", async () => {
  const owner = await account();
  const ids = [await room(owner), await room(owner), await room(owner)];
  const far = Date.now() + 2 * ACTIVE_MS;
  const add = env.DB.prepare(
    "INSERT INTO socket_lease(session_id, room_id, user_id, expires_at) VALUES(?1, ?2, 'u', ?3)",
  );
  await env.DB.batch(ids.map((id, n) => add.bind(`s-${id}`, id, far + n)));
  const first = await listActiveRooms(env.DB, far - 10, 0, 2);
  const second = await listActiveRooms(env.DB, far - 10, 2, 2);
  expect([...first.rooms, ...second.rooms].map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect([first.next, second.next]).toEqual([2, null]);
  // one room more than are looked at: the one whose lease ends first is not among them
  const many = Array.from({ length: ACTIVE_ROWS_MAX }, (_, n) => add.bind(`many-${n}`, ids[0], far + 100 + n));
  await env.DB.batch(many);
  const all = await listActiveRooms(env.DB, far - 10, 0, 25);
  expect(all.rooms.map(({ id }) => id)).toEqual([ids[0]]);
  for (const query of ["limit=26", "limit=0", "cursor=x"])
    expect(refusal(await ask("GET", `rooms/live?${query}`))).toEqual([400, "bad_request"]);
  await env.DB.prepare("DELETE FROM socket_lease WHERE expires_at >= ?1").bind(far).run();
});

it("OP07 an admin closes a room and opens it again; done twice it is done and noted once", async () => {
  const owner = await account();
  const id = await room(owner);
  const say = () => call("POST", `/api/rooms/${id}/messages`, { token: owner.token, body: { text: "x" } });
  expect((await say()).status).toBe(201);
  const session = await ownerSession();
  const admin = (await call("GET", "/api/users/me", { token: session })).body.id;
  const both = await Promise.all([change(id, true, session), change(id, true)]);
  expect(both.map(({ status }) => status)).toEqual([200, 200]);
  const since = (both[0].body as unknown as { closedAt: number }).closedAt;
  expect((await change(id, true)).body).toMatchObject({ closedAt: since });
  expect(refusal(await say())).toEqual([403, "room_closed"]);
  expect((await change(id, false, session)).body).toMatchObject({ closedAt: null });
  expect((await change(id, false)).status).toBe(200);
  expect((await say()).status).toBe(201);
  const [opened, closed, ...more] = await told(id);
  expect(more).toEqual([]);
  expect(opened).toEqual({ action: "change_room", actorId: admin, subject: null, detail: { closed: false } });
  expect(closed).toMatchObject({ action: "change_room", detail: { closed: true } });
  for (const body of [{}, { closed: "yes" }, { closed: true, title: "mine" }])
    expect(refusal(await ask("PATCH", `rooms/${id}`, { body }))).toEqual([400, "bad_request"]);
  await env.DB.prepare("UPDATE room SET deleted_at = 1 WHERE id = ?1").bind(id).run();
  for (const gone of [id, "no-such-room"]) expect(refusal(await change(gone, true))).toEqual([404, "not_found"]);
  expect((await ask("GET", `rooms/${id}`)).body).toMatchObject({ room: { deletedAt: 1 } });
  expect(refusal(await ask("GET", "rooms/no-such-room"))).toEqual([404, "not_found"]);
});

it("OP08 what a room has not in the archive goes again; two who ask at once are one in the audit", async () => {
  const id = await room(await account());
  const both = await Promise.all([ask("POST", `rooms/${id}/resend`), ask("POST", `rooms/${id}/resend`)]);
  expect(both.map(({ status }) => status)).toEqual([202, 202]);
  expect(both[0].body).toEqual({ batches: 0 });
  expect((await told(id)).map(({ action }) => action)).toEqual(["resend_archive"]);
  expect(refusal(await ask("POST", "rooms/no-such-room/resend"))).toEqual([404, "not_found"]);
});

it("OP09 a connection is closed once, and the audit says whose it was", async () => {
  const owner = await account();
  const id = await room(owner);
  const client = RoomClient.on((await openSocket(id, { token: owner.token })).webSocket!);
  const { conn } = (await client.hello()).welcome.body;
  const close = (body: unknown) => ask("POST", `rooms/${id}/disconnect`, { body });
  expect((await close({ conn: conn + 1 })).body).toEqual({ closed: false });
  const both = await Promise.all([close({ conn }), close({ conn })]);
  expect(both.map(({ body }) => (body as unknown as { closed: boolean }).closed).sort()).toEqual([false, true]);
  await until(() => client.closed !== undefined, "the close");
  expect(client.closed!.code).toBe(4011);
  expect(await told(id)).toEqual([{ action: "disconnect", actorId: null, subject: owner.id, detail: { conn } }]);
  expect((await roomOf(id).watch()).sockets).toBe(0);
  for (const body of [{}, { conn: 0 }, { conn: "1" }]) expect(refusal(await close(body))).toEqual([400, "bad_request"]);
});
