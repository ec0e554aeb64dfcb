// OP15, OP16: a user is shown with sessions and rooms, signed out, and deleted, by an admin; each twice.
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { ask, entries, ownerSession } from "../../../../../../tests/worker/support/admin";
import { account, call, guest, openSocket, refusal, room } from "../../../../../../tests/worker/support/http-client";
import { RoomClient, until } from "../../../../../../tests/worker/support/room-client";

/** What the audit tells of a user. */
async function told(id: string): Promise<unknown[]> {
  const all = entries(await ask("GET", "audit?limit=100"));
  return all.filter((one) => one["subject"] === id).map(({ action, detail }) => [action, detail]);
}

it("OP15 somebody is signed out everywhere, once; they sign in again as before", async () => {
  const person = await account();
  const id = await room(person);
  const client = RoomClient.on((await openSocket(id, { token: person.token })).webSocket!);
  await client.hello();
  const shown = await ask("GET", `users/${person.id}`);
  expect(shown.body).toMatchObject({ user: { id: person.id, email: person.email }, rooms: [id] });
  expect((shown.body as unknown as { sessions: unknown[] }).sessions).toHaveLength(1);
  const out = () => ask("DELETE", `users/${person.id}/sessions`);
  const failing = { getByName: () => ({ revoke: () => Promise.reject(new Error("the room is gone")) }) };
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  expect(refusal(await ask("DELETE", `users/${person.id}/sessions`, { vars: { ROOM: failing } }))).toEqual([
    500,
    "internal",
  ]);
  log.mockRestore();
  // the sessions count for nothing, and are still there to find the socket by
  expect(refusal(await call("GET", "/api/users/me", { token: person.token }))).toEqual([401, "unauthenticated"]);
  expect((await out()).body).toEqual({ ended: 0 });
  await until(() => client.closed !== undefined, "the close");
  expect(client.closed!.code).toBe(4005);
  expect((await out()).body).toEqual({ ended: 0 });
  expect(await told(person.id)).toEqual([["sign_out_user", {}]]);
  const { email, password } = person;
  expect((await call("POST", "/api/auth/sign-in/email", { body: { email, password } })).status).toBe(200);
  expect((await out()).body).toEqual({ ended: 1 });
  for (const method of ["GET", "DELETE"])
    expect(refusal(await ask(method, method === "GET" ? "users/nobody" : "users/nobody/sessions"))).toEqual([
      404,
      "not_found",
    ]);
});

it("OP16 an account is deleted once, however often that is asked; not one's own, not the last owner of a room", async () => {
  const person = await guest();
  const remove = (id: string, query = "") => ask("DELETE", `users/${id}${query}`);
  const both = await Promise.all([remove(person.id, "?messages=erase"), remove(person.id, "?messages=erase")]);
  expect(both.map(({ status }) => status)).toEqual([202, 202]);
  expect(refusal(await call("GET", "/api/users/me", { token: person.token }))).toEqual([401, "unauthenticated"]);
  expect(await told(person.id)).toEqual([["delete_user", { messages: true }]]);
  const isDone = async () =>
    (await env.DB.prepare("SELECT 1 FROM chore WHERE id = ?1").bind(`erase-user:${person.id}`).first()) === null;
  await expect.poll(isDone).toBe(true);
  expect(refusal(await remove(person.id))).toEqual([404, "not_found"]);
  expect(refusal(await remove("nobody"))).toEqual([404, "not_found"]);

  const owner = await account();
  await room(owner);
  expect(refusal(await remove(owner.id))).toEqual([409, "last_owner"]);
  expect((await call("GET", "/api/users/me", { token: owner.token })).status).toBe(200);
  expect(await told(owner.id)).toEqual([]);

  const session = await ownerSession();
  const admin = (await call("GET", "/api/users/me", { token: session })).body.id;
  expect(refusal(await ask("DELETE", `users/${admin}`, { token: session }))).toEqual([403, "forbidden"]);
});
