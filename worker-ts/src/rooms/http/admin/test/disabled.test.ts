// What becomes of somebody who is disabled: sessions, sockets, tickets, signing in; and of a disabling that breaks half way.
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { ask, disable } from "../../../../../../tests/worker/support/admin";
import { account, call, join, openSocket, refusal, room } from "../../../../../../tests/worker/support/http-client";
import { RoomClient, until } from "../../../../../../tests/worker/support/room-client";

/** The socket is closed as one whose session is over. */
async function closed(client: RoomClient): Promise<void> {
  await until(() => client.closed !== undefined, "the close");
  expect(client.closed!.code).toBe(4005);
}

describe("somebody who is disabled", () => {
  it("has no session and no socket, and gets none; enabled again they sign in as before", async () => {
    const [owner, person] = [await account(), await account()];
    const rooms = [await room(owner), await room(owner)];
    const clients = await Promise.all(
      rooms.map(async (id) => {
        await join(person, id);
        return RoomClient.on((await openSocket(id, { token: person.token })).webSocket!);
      }),
    );
    const stays = RoomClient.on((await openSocket(rooms[0]!, { token: owner.token })).webSocket!);
    for (const client of [...clients, stays]) await client.hello();
    const ticket = (await call("POST", `/api/rooms/${rooms[0]}/ticket`, { token: person.token })).body.ticket;
    const answer = await disable(person.id);
    expect([answer.status, answer.body]).toEqual([
      200,
      expect.objectContaining({ id: person.id, disabledAt: expect.any(Number) }),
    ]);
    for (const client of clients) await closed(client);
    expect(stays.closed).toBeUndefined();
    expect(refusal(await call("GET", "/api/users/me", { token: person.token }))).toEqual([401, "unauthenticated"]);
    expect(refusal(await call("GET", "/api/users/me", { cookie: person.cookie }))).toEqual([401, "unauthenticated"]);
    const withTicket = await openSocket(rooms[0]!, {}, `ferrule.v1, ferrule.ticket.${ticket}`);
    expect(refusal(withTicket)).toEqual([401, "unauthenticated"]);
    const { email, password } = person;
    const signIn = () => call("POST", "/api/auth/sign-in/email", { body: { email, password } });
    expect(refusal(await signIn())).toEqual([403, "forbidden"]);
    expect(
      refusal(await call("POST", "/api/auth/sign-in/email", { body: { email, password: "another one" } })),
    ).toEqual([401, "unauthenticated"]);
    expect((await disable(person.id, false)).body).toMatchObject({ disabledAt: null });
    expect((await signIn()).status).toBe(200);
    expect(refusal(await call("GET", "/api/users/me", { token: person.token }))).toEqual([401, "unauthenticated"]);
  });

  it("is nobody though a session of theirs is left or comes late", async () => {
    const person = await account();
    await env.DB.prepare("UPDATE user SET disabled_at = 1 WHERE id = ?1").bind(person.id).run();
    expect(refusal(await call("GET", "/api/users/me", { token: person.token }))).toEqual([401, "unauthenticated"]);
    expect(refusal(await call("POST", "/api/rooms", { token: person.token, body: { title: "T" } }))).toEqual([
      401,
      "unauthenticated",
    ]);
  });

  it("is asked for again when a room could not be told: the sessions and leases are still there to find it", async () => {
    const person = await account();
    const id = await room(person);
    const client = RoomClient.on((await openSocket(id, { token: person.token })).webSocket!);
    await client.hello();
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const failing = { getByName: () => ({ revoke: () => Promise.reject(new Error("the room is gone")) }) };
    expect(refusal(await disable(person.id, true, { vars: { ROOM: failing } }))).toEqual([500, "internal"]);
    log.mockRestore();
    expect(refusal(await call("GET", "/api/users/me", { token: person.token }))).toEqual([401, "unauthenticated"]);
    const since = (await disable(person.id)).body as unknown as { disabledAt: number };
    await closed(client);
    const sessions = env.DB.prepare("SELECT count(*) AS n FROM session WHERE user_id = ?1").bind(person.id);
    expect(await sessions.first("n")).toBe(0);
    expect((await disable(person.id)).body).toMatchObject({ disabledAt: since.disabledAt });
  });

  it("is the owner too, for the token lets nobody in then; but nobody disables themselves", async () => {
    const signIn = () => call("POST", "/api/auth/sign-in/admin", { body: { token: env.ADMIN_TOKEN } });
    const owner = await signIn();
    const session = owner.headers.get("set-auth-token")!;
    expect(refusal(await disable(owner.body.user.id, true, { token: session }))).toEqual([403, "forbidden"]);
    expect((await disable(owner.body.user.id)).status).toBe(200);
    expect(refusal(await signIn())).toEqual([403, "forbidden"]);
    expect(refusal(await ask("GET", "overview", { token: session }))).toEqual([401, "unauthenticated"]);
    expect((await disable(owner.body.user.id, false)).status).toBe(200);
    expect((await signIn()).status).toBe(200);
  });

  it("must exist, and the change must be one", async () => {
    expect(refusal(await disable("nobody"))).toEqual([404, "not_found"]);
    for (const body of [{}, { disabled: "yes" }, { disabled: true, role: "admin" }, null])
      expect([body, ...refusal(await ask("PATCH", "users/nobody", { body }))]).toEqual([body, 400, "bad_request"]);
  });
});
