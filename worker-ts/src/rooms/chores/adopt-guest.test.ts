// A guest signs up and a room is not told of it: its person may not change there what the guest wrote, until the chore is done.
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { deliver } from "../../../../tests/worker/support/archive";
import { account, call, guest, join, type Person, personOf, room } from "../../../../tests/worker/support/http-client";
import { roomOf } from "../../../../tests/worker/support/room-client";
import { scheduled } from "../../app";
import { ROOMS_MAX } from "./adopt-guest";

let held: unknown[];
beforeEach(() => {
  held = [];
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(env.CHORES_QUEUE, "send").mockImplementation(async (message) => {
    held.push(message);
    return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  });
});
afterEach(() => vi.restoreAllMocks());

const finish = async (vars: object = {}) => [
  ...(await deliver(held.splice(0), { name: "ferrule-chores", vars })).delays.values(),
];
const bodyOf = async (guestId: string) =>
  env.DB.prepare("SELECT body FROM chore WHERE id = ?").bind(`adopt-guest:${guestId}`).first<string>("body");

/** A Worker whose calls to these rooms are lost. */
const without = (...ids: string[]) => ({
  ROOM: {
    getByName: (id: string) =>
      ids.includes(id) ? { adopt: () => Promise.reject(new Error("the line broke")) } : roomOf(id),
  },
});

async function signUp({ token }: Person, vars: Readonly<Record<string, unknown>> = {}): Promise<Person> {
  const body = { name: "Bea", email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
  return personOf(await call("POST", "/api/auth/sign-up/email", { token, body, vars }));
}

const post = ({ token }: Person, id: string) =>
  call("POST", `/api/rooms/${id}/messages`, { token, body: { text: "as a guest" } });
const edit = async ({ token }: Person, id: string) =>
  (await call("PATCH", `/api/rooms/${id}/messages/1`, { token, body: { text: "mine" } })).status;

/** A guest who has written in these rooms of somebody else's. */
async function talkative(count: number): Promise<{ person: Person; ids: string[] }> {
  const [owner, person] = [await account("Olga"), await guest()];
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const id = await room(owner);
    await join(person, id);
    await post(person, id);
    ids.push(id);
  }
  return { person, ids };
}

it("whose call to a room was lost may change what the guest wrote there as soon as the chore is done", async () => {
  const { person, ids } = await talkative(2);
  const user = await signUp(person, without(ids[0]!));
  expect([await edit(user, ids[0]!), await edit(user, ids[1]!)]).toEqual([403, 200]);
  // what is left, and no name
  expect(JSON.parse((await bodyOf(person.id))!)).toEqual({ userId: user.id, rooms: { [ids[0]!]: "" } });
  expect(held).toEqual([{ chore: `adopt-guest:${person.id}` }]);
  expect(await finish(without(ids[0]!))).toEqual([10]);
  expect(await edit(user, ids[0]!)).toBe(403);
  // the queue has lost it as well: the daily sweep begins it again
  await env.DB.prepare("UPDATE chore SET at = 1").run();
  await scheduled({ cron: "17 3 * * *" }, env);
  expect(held).toContainEqual({ chore: `adopt-guest:${person.id}` });
  expect(await finish()).toEqual([]);
  expect([await edit(user, ids[0]!), await bodyOf(person.id)]).toEqual([200, null]);
  held.push({ chore: `adopt-guest:${person.id}` });
  expect(await finish()).toEqual([]);
});

it("leaves nothing to do where every room heard, or where there was none; rooms that the guest has left hear it too", async () => {
  const { person, ids } = await talkative(1);
  expect((await call("DELETE", `/api/rooms/${ids[0]}/members/self`, { token: person.token })).status).toBe(204);
  const user = await signUp(person);
  await join(user, ids[0]!);
  expect([await edit(user, ids[0]!), await bodyOf(person.id)]).toEqual([200, null]);
  const idle = await guest();
  await signUp(idle);
  expect([await bodyOf(idle.id), held]).toEqual([null, []]);
});

it("a ban that the guest had reaches the room with the chore", async () => {
  const [owner, person, member] = [await account("Olga"), await guest(), await account("Mia")];
  const id = await room(owner);
  for (const each of [person, member]) await join(each, id);
  const ban = { token: owner.token, body: { role: "banned" } };
  expect((await call("PUT", `/api/rooms/${id}/members/${person.id}`, ban)).status).toBe(200);
  const { email, password } = member;
  const signIn = { token: person.token, body: { email, password }, vars: without(id) };
  expect((await call("POST", "/api/auth/sign-in/email", signIn)).status).toBe(200);
  const setRole = vi.fn(async () => undefined);
  const heard = { ROOM: { getByName: () => ({ adopt: async () => undefined, setRole }) } };
  await finish(heard);
  expect(setRole).toHaveBeenCalledWith(expect.objectContaining({ role: "banned", joined: false }));
});

it("tells no name once the account is gone", async () => {
  const { person, ids } = await talkative(1);
  const user = await signUp(person, without(ids[0]!));
  await env.DB.prepare("DELETE FROM user WHERE id = ?").bind(user.id).run();
  const adopt = vi.fn(async () => undefined);
  expect(await finish({ ROOM: { getByName: () => ({ adopt }) } })).toEqual([]);
  expect([adopt.mock.calls, await bodyOf(person.id)]).toEqual([[], null]);
});

it("rooms beyond those of one run come with the next, though some of the first fail", async () => {
  const person = await guest();
  const add = env.DB.prepare(
    "INSERT INTO member(room_id, user_id, role, joined_at, changed_at) VALUES(?, ?, 'member', 1, 1)",
  );
  const ids = Array.from(
    { length: ROOMS_MAX + 2 },
    (_, n) => `many-${String(n).padStart(3, "0")}-${crypto.randomUUID()}`,
  );
  await env.DB.batch(ids.map((id) => add.bind(id, person.id)));
  const told: string[] = [];
  const rooms = (broken: string) => ({
    ROOM: {
      getByName: (id: string) => ({
        adopt: async () => {
          if (id === broken) throw new Error("down");
          told.push(id);
        },
      }),
    },
  });
  await signUp(person, rooms(ids[0]!));
  expect(told.length).toBe(ROOMS_MAX - 1);
  expect(await finish(rooms("none"))).toEqual([]);
  expect([told.sort(), await bodyOf(person.id), held]).toEqual([ids.sort(), null, []]);
});
