// How often one person may manage rooms: the last of a window goes, the next is told how long to wait; others go on, and so does
// everybody in the next window.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import {
  type Answer,
  account,
  call,
  guest,
  join,
  type Person,
  room,
} from "../../../../../tests/worker/support/http-client";
import {
  CHANGES_MADE_MAX,
  INVITES_MADE_MAX,
  MANAGE_WINDOW_MS,
  RENAMES_MAX,
  ROOMS_MADE_MAX,
} from "../../membership/rates";

const vars = { AUTH_RATE_LIMIT: "on" };
const key = (what: string, { id }: Person) => `manage-${what}|${id}`;
/** As if so many had been made in this window. */
const used = (what: string, person: Person, count: number) =>
  env.DB.prepare("UPDATE rate_limit SET count = ? WHERE key = ?").bind(count, key(what, person)).run();

const limited = ({ status, body, headers }: Answer) => {
  expect([status, body.error?.code]).toEqual([429, "rate_limited"]);
  const wait = Number(headers.get("retry-after")) * 1000;
  expect(wait).toBeGreaterThan(MANAGE_WINDOW_MS - 60_000);
  expect(wait).toBeLessThanOrEqual(MANAGE_WINDOW_MS);
};

/** Each of `acts` is one use by `person`: at the limit it goes, above it is refused, and in the next window it goes again. */
async function crosses(what: string, person: Person, max: number, acts: readonly (() => Promise<Answer>)[]) {
  const goes = async (act: () => Promise<Answer>) => expect((await act()).status).toBeLessThan(300);
  await goes(acts[0]!);
  for (const act of acts) {
    await used(what, person, max - 1);
    await goes(act);
    limited(await act());
  }
  await env.DB.prepare("UPDATE rate_limit SET last_request = ? WHERE key = ?")
    .bind(Date.now(), key(what, person))
    .run();
  await goes(acts[0]!);
}

it("making rooms has its rate, and nobody else's rooms count", async () => {
  const [person, other] = [await account(), await account()];
  const make = (who: Person) => () => call("POST", "/api/rooms", { token: who.token, body: { title: "one" }, vars });
  await make(other)();
  await crosses("room", person, ROOMS_MADE_MAX, [make(person)]);
  await used("room", person, ROOMS_MADE_MAX);
  limited(await make(person)());
  expect((await make(other)()).status).toBe(201);
});

it("changing rooms and roles has its rate, whichever room and whoever it is about", async () => {
  const [owner, member] = [await account(), await guest()];
  const [one, two] = [await room(owner), await room(owner)];
  await join(member, one);
  const asked = { token: owner.token, vars };
  let n = 0;
  await crosses("change", owner, CHANGES_MADE_MAX, [
    () => call("PATCH", `/api/rooms/${two}`, { ...asked, body: { title: `title ${n++}` } }),
    () => call("PUT", `/api/rooms/${one}/members/${member.id}`, { ...asked, body: { role: "banned" } }),
    () => call("DELETE", `/api/rooms/${one}/members/${member.id}`, asked),
  ]);
  await used("change", owner, CHANGES_MADE_MAX);
  limited(await call("DELETE", `/api/rooms/${two}`, asked));
  // who may not change anything is told so, and it does not count
  expect((await call("PATCH", `/api/rooms/${two}`, { token: member.token, body: { title: "t" }, vars })).status).toBe(
    403,
  );
  // leaving is no managing
  await join(member, two);
  expect((await call("DELETE", `/api/rooms/${two}/members/self`, { token: member.token, vars })).status).toBe(204);
});

it("inviting has its rate", async () => {
  const owner = await account();
  const id = await room(owner, "private");
  await crosses("invite", owner, INVITES_MADE_MAX, [
    () => call("POST", `/api/rooms/${id}/invites`, { token: owner.token, body: {}, vars }),
  ]);
});

it("taking names has its rate", async () => {
  const person = await account();
  await crosses("name", person, RENAMES_MAX, [
    () => call("PATCH", "/api/users/me", { token: person.token, body: { name: "Anna" }, vars }),
  ]);
});
