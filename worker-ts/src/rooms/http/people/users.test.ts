// Names and the end of accounts: what others see at once, what is done later, and that a crash in between loses none of it.
import { env } from "cloudflare:workers";
import { ERROR_CODE, PERSON_FLAG, SYSTEM_EVENT } from "@ferrule/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deliver } from "../../../../../tests/worker/support/archive";
import {
  account,
  call,
  guest,
  join,
  type Person,
  personOf,
  refusal,
  room,
} from "../../../../../tests/worker/support/http-client";
import { enter, evict, query, roomOf } from "../../../../../tests/worker/support/room-client";
import { scheduled } from "../../../app";

afterEach(() => vi.restoreAllMocks());

const post = ({ token }: Person, id: string, text: string) =>
  call("POST", `/api/rooms/${id}/messages`, { token, body: { text } });
const leave = ({ token }: Person, query = "") => call("DELETE", `/api/users/me${query}`, { token });
const texts = async ({ token }: Person, id: string) =>
  (await call("GET", `/api/rooms/${id}/messages?limit=200`, { token })).body.messages.map(({ text }) => text);

/** Holds what is put into the queue of chores until it is done here. */
function heldChores() {
  const held: unknown[] = [];
  vi.spyOn(env.CHORES_QUEUE, "send").mockImplementation(async (message) => {
    held.push(message);
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
  const finish = async (vars: object = {}) => {
    const delays: number[] = [];
    while (held.length > 0) {
      const done = await deliver([held.shift()], { name: "ferrule-chores", vars });
      delays.push(...done.delays.values());
    }
    return delays;
  };
  return { held, finish };
}
const chores = async (userId: string) =>
  (await env.DB.prepare("SELECT id FROM chore WHERE id = ?").bind(`erase-user:${userId}`).all()).results.length;

describe("a name", () => {
  it("is changed for all to see: the account, the list of members, open rooms by PEOPLE, and what was written before", async () => {
    const [owner, person] = [await account("Olga"), await account("Ann")];
    const id = await room(owner);
    await join(person, id);
    await post(person, id, "hello");
    const { client } = await enter(owner, id);
    const answer = await call("PATCH", "/api/users/me", { token: person.token, body: { name: "  Anna " } });
    expect([answer.status, answer.body]).toMatchObject([200, { id: person.id, name: "Anna", guest: false }]);
    expect((await client.pick("PEOPLE")).body.list).toMatchObject([{ userId: person.id, name: "Anna" }]);
    const { body } = await call("GET", `/api/rooms/${id}/messages`, { token: owner.token });
    expect(body.messages[0]!.author.name).toBe("Anna");
    const shown = await call("GET", `/api/users/${person.id}`, { token: owner.token });
    expect(shown.body).toEqual({ id: person.id, name: "Anna", guest: false, avatarUrl: null });
    expect(refusal(await call("GET", `/api/users/${person.id}`))).toEqual([401, "unauthenticated"]);
    expect(refusal(await call("GET", "/api/users/nobody", { token: owner.token }))).toEqual([404, "not_found"]);
  });

  it("keeps to the rule of names", async () => {
    const { token } = await guest();
    for (const body of [{}, { name: "" }, { name: "  " }, { name: "ä".repeat(49) }, { name: "a\u202eb" }, { name: 7 }])
      expect(refusal(await call("PATCH", "/api/users/me", { token, body }))).toEqual([400, "bad_request"]);
    expect(refusal(await call("PATCH", "/api/users/me", { token, body: { name: "a", role: "owner" } }))).toEqual([
      400,
      "bad_request",
    ]);
  });
});

describe("the end of an account", () => {
  it("is at once for its person: signed out, sockets closed; a last owner is told what to settle first", async () => {
    const { finish } = heldChores();
    const [owner, person] = [await account("Olga"), await account("Ann")];
    const [id, own] = [await room(owner), await room(person)];
    await join(person, id);
    const { client } = await enter(person, id);
    const held = await leave(person);
    expect(refusal(held)).toEqual([409, "last_owner"]);
    expect(held.body.error.message).toContain(own);
    expect((await call("GET", "/api/users/me", { token: person.token })).status).toBe(200);
    await call("DELETE", `/api/rooms/${own}`, { token: person.token });
    expect((await leave(person)).status).toBe(202);
    expect(await client.end()).toEqual({ error: ERROR_CODE.UNAUTHENTICATED, close: 4005 });
    expect(refusal(await call("GET", "/api/users/me", { token: person.token }))).toEqual([401, "unauthenticated"]);
    const { email, password } = person;
    expect((await call("POST", "/api/auth/sign-in/email", { body: { email, password } })).status).toBe(401);
    expect((await call("GET", `/api/users/${person.id}`, { token: owner.token })).status).toBe(404);
    expect(await finish()).toEqual([]);
    const again = personOf(await call("POST", "/api/auth/sign-up/email", { body: { name: "Ann", email, password } }));
    expect(again.id).not.toBe(person.id);
  });

  it("leaves what was said under the name `Deleted user`, in every room, also those that were left before", async () => {
    const { finish } = heldChores();
    const [owner, person] = [await account("Olga"), await account("Ann")];
    const rooms = [await room(owner), await room(owner)];
    for (const id of rooms) {
      await join(person, id);
      expect((await post(person, id, `in ${id}`)).status).toBe(201);
    }
    await call("DELETE", `/api/rooms/${rooms[1]}/members/self`, { token: person.token });
    const { client } = await enter(owner, rooms[0]!);
    expect((await leave(person)).status).toBe(202);
    await finish();
    const flags = (await client.pick("PEOPLE")).body.list;
    expect(flags.some(({ name }) => name === "Deleted user")).toBe(true);
    expect((await client.pick("SYSTEM")).body.event).toBe(SYSTEM_EVENT.LEFT);
    for (const id of rooms) {
      const { body } = await call("GET", `/api/rooms/${id}/messages`, { token: owner.token });
      expect(body.messages.map(({ author, text }) => [author.id, author.name, text])).toEqual([
        [person.id, "Deleted user", `in ${id}`],
      ]);
      await evict(roomOf(id));
      const late = await enter(owner, id);
      late.client.send({ kind: "PEOPLE_REQ", id: new Uint8Array(16), body: { refs: [1, 2, 3] } });
      const people = (await late.client.pick("PEOPLE")).body.list;
      const gone = people.find(({ userId }) => userId === person.id);
      expect([gone?.name, gone?.flags]).toEqual(["Deleted user", PERSON_FLAG.GONE]);
      await late.client.close();
      expect((await call("GET", `/api/rooms/${id}/members`, { token: owner.token })).body.members).toHaveLength(1);
    }
    expect(await chores(person.id)).toBe(0);
  });

  it("erases what was said where it is asked for, closed rooms and hundreds of messages included, and nothing of others", async () => {
    const { finish } = heldChores();
    const [owner, person] = [await account("Olga"), await guest()];
    const id = await room(owner);
    await join(person, id);
    await post(owner, id, "of the owner");
    for (let i = 0; i < 105; i++) await post(person, id, `secret ${i}`);
    // what was said as a guest is the user's, too
    const signUp = { name: "Bea", email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
    const user = personOf(await call("POST", "/api/auth/sign-up/email", { token: person.token, body: signUp }));
    await post(user, id, "secret last");
    await call("PATCH", `/api/rooms/${id}`, { token: owner.token, body: { closed: true } });
    expect((await leave(user, "?messages=erase")).status).toBe(202);
    await finish();
    const left = (await texts(owner, id)).filter((text) => text !== "");
    expect(left).toEqual(["of the owner"]);
    expect(await chores(user.id)).toBe(0);
    expect((await post(owner, id, "closed as before")).status).toBe(403);
  });

  it("erases what was said as a guest also where the room was never told whom the guest became", async () => {
    const { finish } = heldChores();
    const [owner, person] = [await account("Olga"), await guest()];
    const id = await room(owner);
    await join(person, id);
    await post(person, id, "secret of the guest");
    const signUp = { name: "Bea", email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
    const user = personOf(await call("POST", "/api/auth/sign-up/email", { token: person.token, body: signUp }));
    // as if that call had been lost
    await query(roomOf(id), `UPDATE person SET user_id = '${person.id}', heir = NULL WHERE user_id = '${user.id}'`);
    await post(user, id, "secret of the user");
    expect((await leave(user, "?messages=erase")).status).toBe(202);
    await finish();
    expect(await texts(owner, id)).toEqual(["", ""]);
    const { body } = await call("GET", `/api/rooms/${id}/messages`, { token: owner.token });
    expect(body.messages.map(({ author }) => author.name)).toEqual(["Deleted user", "Deleted user"]);
  });

  it("goes on after a crash: a room that fails, a message that is lost, and the account stays gone meanwhile", async () => {
    const { held, finish } = heldChores();
    const [owner, person] = [await account("Olga"), await account("Ann")];
    const id = await room(owner);
    await join(person, id);
    await post(person, id, "secret");
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect((await leave(person, "?messages=erase")).status).toBe(202);
    const failing = {
      ROOM: {
        getByName: () => ({ setRole: async () => undefined, eraseUser: () => Promise.reject(new Error("down")) }),
      },
    };
    expect(await finish(failing)).toEqual([10]);
    expect([await chores(person.id), await texts(owner, id)]).toEqual([1, ["secret"]]);
    // the queue has lost it: the daily sweep begins it again
    await env.DB.prepare("UPDATE chore SET at = 1").run();
    await scheduled({ cron: "17 3 * * *" }, env);
    expect(held).toContainEqual({ chore: `erase-user:${person.id}` });
    await finish();
    expect([await chores(person.id), await texts(owner, id)]).toEqual([0, [""]]);
    await deliver([{ chore: `erase-user:${person.id}` }, "nonsense"], { name: "ferrule-chores" });
    expect(await texts(owner, id)).toEqual([""]);
  });

  it("is not held up by a room that fails: those behind it are erased, and it is when it has healed", async () => {
    const { held, finish } = heldChores();
    const [owner, person] = [await account("Olga"), await account("Ann")];
    const ids = [await room(owner), await room(owner), await room(owner)].sort();
    for (const id of ids) {
      await join(person, id);
      await post(person, id, "secret");
    }
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect((await leave(person, "?messages=erase")).status).toBe(202);
    const failing = {
      ROOM: {
        getByName: (id: string) => (id === ids[0] ? { setRole: () => Promise.reject(new Error("down")) } : roomOf(id)),
      },
    };
    expect(await finish(failing)).toEqual([10]);
    const said = async () => Promise.all(ids.map(async (id) => (await texts(owner, id))[0]));
    expect([await said(), await chores(person.id)]).toEqual([["secret", "", ""], 1]);
    held.push({ chore: `erase-user:${person.id}` });
    await finish();
    expect([await said(), await chores(person.id)]).toEqual([["", "", ""], 0]);
  });

  it("asked for twice is the same end, with the more that was asked for; another's account is not touched", async () => {
    const { finish } = heldChores();
    const [owner, person] = [await account("Olga"), await account("Ann")];
    const id = await room(owner);
    await join(person, id);
    await post(person, id, "secret");
    await post(owner, id, "mine");
    await Promise.all([leave(person), leave(person, "?messages=erase")]);
    await env.DB.prepare("UPDATE chore SET body = json_set(body, '$.messages', json('true')) WHERE id = ?")
      .bind(`erase-user:${person.id}`)
      .run();
    await finish();
    expect(await texts(owner, id)).toEqual(["", "mine"]);
    expect((await call("GET", "/api/users/me", { token: owner.token })).body).toMatchObject({ name: "Olga" });
    expect(refusal(await call("DELETE", "/api/users/me?messages=all", { token: owner.token }))).toEqual([
      400,
      "bad_request",
    ]);
  });
});
