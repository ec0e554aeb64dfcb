// What the end of a session does to its sockets, through the whole Worker: D1 first, then each leased room. These tests are
// about security: nobody keeps a socket whose session is gone, and nobody loses one whose session is not.
import { env } from "cloudflare:workers";
import { ERROR_CODE } from "@ferrule/core";
import { describe, expect, it, vi } from "vitest";
import {
  account,
  call,
  guest,
  join,
  openSocket,
  type Person,
  personOf,
  room,
} from "../../../../../tests/worker/support/http-client";
import { enter, evict, idOf, RoomClient, ring, roomOf, tune } from "../../../../../tests/worker/support/room-client";
import { scheduled } from "../../../app";

const SIGNED_OUT = { error: ERROR_CODE.UNAUTHENTICATED, close: 4005 };

const signOut = ({ token }: Pick<Person, "token">, vars = {}) =>
  call("POST", "/api/auth/sign-out", { token, body: {}, vars });
const signInAgain = async ({ email, password }: { email: string; password: string }): Promise<Person> =>
  personOf(await call("POST", "/api/auth/sign-in/email", { body: { email, password } }));
const leases = async (userId: string) =>
  (
    await env.DB.prepare("SELECT room_id, expires_at FROM socket_lease WHERE user_id = ? ORDER BY room_id")
      .bind(userId)
      .all<{ room_id: string; expires_at: number }>()
  ).results;

/** Calls to rooms that never arrive, as `vars` of a request. */
const deaf = {
  ROOM: { getByName: () => ({ revoke: () => Promise.reject(new Error("lost")) }) },
};

describe("signing out", () => {
  it("R35 closes the sockets of that session, in all its rooms and asleep, and of no other", async () => {
    const first = await account("Ann");
    const second = await signInAgain(first);
    const [one, two] = [await room(first), await room(first)];
    const bystander = await guest();
    await join(bystander, one);
    const { client: other } = await enter(bystander, one);
    const mine = [(await enter(first, one)).client, (await enter(first, one)).client, (await enter(first, two)).client];
    const theirs = [(await enter(second, one)).client, (await enter(second, two)).client];
    for (const id of [one, two]) await evict(roomOf(id));
    expect((await signOut(first)).status).toBe(200);
    for (const client of mine) expect(await client.end()).toEqual(SIGNED_OUT);
    for (const client of [...theirs, other]) expect(client.closed).toBeUndefined();
    await theirs[0]!.write(1, "still signed in");
    await other.write(2, "not concerned");
    expect((await openSocket(one, { token: first.token })).status).toBe(401);
    expect((await openSocket(one, { token: second.token })).status).toBe(101);
    expect(await leases(first.id)).toHaveLength(2);
    expect((await signOut(second)).status).toBe(200);
    for (const client of theirs) expect(await client.end()).toEqual(SIGNED_OUT);
    expect(await leases(first.id)).toEqual([]);
  });

  it("R35 follows a socket to the session that its refresh rests on", async () => {
    const first = await account("Ann");
    const second = await signInAgain(first);
    const id = await room(first);
    const { client } = await enter(first, id);
    const { body } = await call("POST", `/api/rooms/${id}/ticket`, { token: second.token });
    client.send({ kind: "AUTH_REFRESH", id: idOf(1), body: { ticket: body.ticket } });
    await client.pick("AUTH_REFRESH");
    await signOut(first);
    await client.write(1, "the second session is still there");
    await signOut(second);
    expect(await client.end()).toEqual(SIGNED_OUT);
  });

  it("R35 succeeds when the call to a room is lost: the line says so, and the admission ends by itself", async () => {
    const person = await account("Ann");
    const id = await room(person);
    const { client, welcome } = await enter(person, id);
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect((await signOut(person, deaf)).status).toBe(200);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining("close the sockets of a session that has ended"));
    logged.mockRestore();
    expect(client.closed).toBeUndefined();
    const end = welcome.body.expiresAt + 30_000;
    await tune(roomOf(id), { now: () => end, deadAfterMs: Number.MAX_SAFE_INTEGER });
    await ring(roomOf(id));
    expect(await client.end()).toEqual({ error: ERROR_CODE.EXPIRED, close: 4010 });
  });

  it("R35 succeeds when the leases cannot be read", async () => {
    const person = await account("Ann");
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await env.DB.prepare("ALTER TABLE socket_lease RENAME TO broken").run();
    const { status } = await signOut(person);
    await env.DB.prepare("ALTER TABLE broken RENAME TO socket_lease").run();
    expect(status).toBe(200);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining("follow the end of a session"));
    logged.mockRestore();
    expect((await call("GET", "/api/users/me", { token: person.token })).status).toBe(401);
  });

  it("R35 reaches a socket that opens at the same moment", async () => {
    const person = await account("Ann");
    const id = await room(person);
    // the session ends when it has been looked up and the room has not been called yet
    const between = {
      ROOM: {
        getByName: () => ({
          fetch: async (request: Request) => {
            await signOut(person, { ROOM: { getByName: () => ({ revoke: () => Promise.resolve() }) } });
            return roomOf(id).fetch(request);
          },
          revoke: (revocation: Parameters<ReturnType<typeof roomOf>["revoke"]>[0]) => roomOf(id).revoke(revocation),
        }),
      },
    };
    const opened = await openSocket(id, { token: person.token, vars: between });
    expect(opened.status).toBe(101);
    expect(await RoomClient.on(opened.webSocket!).end()).toEqual(SIGNED_OUT);
  });
});

describe("other ends of a session", () => {
  it("closes the sockets of a guest who became a user, and of an account that the owner took over", async () => {
    const person = await guest();
    const id = await room(person);
    const { client } = await enter(person, id);
    const email = `${crypto.randomUUID()}@example.com`;
    const body = { name: "Ann", email, password: "correct horse battery" };
    const user = personOf(await call("POST", "/api/auth/sign-up/email", { token: person.token, body }));
    expect(await client.end()).toEqual(SIGNED_OUT);
    const { client: again } = await enter(user, id);
    await again.write(1, "as a user");
    await call("POST", "/api/auth/sign-in/admin", { body: { token: env.ADMIN_TOKEN }, vars: { ADMIN_EMAILS: email } });
    expect(await again.end()).toEqual(SIGNED_OUT);
  });
});

describe("revoking", () => {
  it("closes all sockets of a user, asleep too: FORBIDDEN, 4006; of nobody else", async () => {
    const [owner, person] = [await account("Olga"), await account("Ann")];
    const again = await signInAgain(person);
    const id = await room(owner);
    await join(person, id);
    const { client: other } = await enter(owner, id);
    const mine = [(await enter(person, id)).client, (await enter(again, id)).client];
    await evict(roomOf(id));
    await roomOf(id).revoke({ userId: person.id, error: "FORBIDDEN" });
    for (const client of mine) expect(await client.end()).toEqual({ error: ERROR_CODE.FORBIDDEN, close: 4006 });
    await roomOf(id).revoke({ userId: person.id, error: "FORBIDDEN" });
    await other.write(1, "not concerned");
  });
});

describe("leases", () => {
  it("are written before the room is called, last as long as the admission and its grace, and longer by a refresh", async () => {
    const person = await account("Ann");
    const id = await room(person);
    const seen: unknown[] = [];
    const vars = {
      ROOM: {
        getByName: () => ({
          fetch: async (request: Request) => {
            seen.push(...(await leases(person.id)));
            return roomOf(id).fetch(request);
          },
        }),
      },
    };
    const client = RoomClient.on((await openSocket(id, { token: person.token, vars })).webSocket!);
    const { welcome } = await client.hello();
    expect(seen).toEqual([{ room_id: id, expires_at: welcome.body.expiresAt + 30_000 }]);
    const { body } = await call("POST", `/api/rooms/${id}/ticket`, { token: person.token });
    client.send({ kind: "AUTH_REFRESH", id: idOf(1), body: { ticket: body.ticket } });
    const granted = (await client.pick("AUTH_REFRESH")).body;
    if (!("expiresAt" in granted)) throw new Error("no end");
    expect(await leases(person.id)).toEqual([{ room_id: id, expires_at: granted.expiresAt + 30_000 }]);
    expect(granted.expiresAt).toBeGreaterThanOrEqual(welcome.body.expiresAt);
  });

  it("never get shorter, for an older socket may last longer than a newer one", async () => {
    const person = await account("Ann");
    const id = await room(person);
    await enter(person, id);
    const [first] = await leases(person.id);
    const soon = Date.now() + 60_000;
    await env.DB.prepare("UPDATE session SET expires_at = ? WHERE user_id = ?").bind(soon, person.id).run();
    await enter(person, id);
    expect(await leases(person.id)).toEqual([first]);
  });

  it("are swept when they are over, and not before", async () => {
    const lease = "INSERT INTO socket_lease (session_id, room_id, user_id, expires_at) VALUES (?, 'lobby', 'sweep', ?)";
    await env.DB.prepare(lease)
      .bind("over", Date.now() - 1)
      .run();
    await env.DB.prepare(lease)
      .bind("held", Date.now() + 60_000)
      .run();
    await scheduled({ cron: "17 3 * * *" }, env);
    const { results } = await env.DB.prepare("SELECT session_id FROM socket_lease WHERE user_id = 'sweep'").all();
    expect(results).toEqual([{ session_id: "held" }]);
  });
});
