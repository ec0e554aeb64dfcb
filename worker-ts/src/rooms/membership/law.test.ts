// The law of memberships: whatever people do to each other at once, the answers and what is left are those of some order of the same,
// one after another, by the matrix; a room always has an owner; and the room itself ends up knowing what the directory says.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { account, call, type Person, room } from "../../../../tests/worker/support/http-client";
import { dice } from "../../../../tests/worker/support/random";
import { enter, query, type RoomClient, roomOf, until } from "../../../../tests/worker/support/room-client";

type Role = "owner" | "moderator" | "member" | "banned";

/** Everything that decides an answer: roles, and who has been in the room and is no more. Who made the invitation is person 0. */
interface World {
  readonly roles: ReadonlyMap<number, Role>;
  readonly departed: ReadonlySet<number>;
}

/** What somebody does: `subject` is the actor where they do it for themselves. */
interface Deed {
  readonly kind: "join" | "accept" | "put" | "drop";
  readonly actor: number;
  readonly subject: number;
  readonly role: Role;
}

interface Outcome {
  readonly status: number;
  readonly world: World;
}

const low = (role: Role | undefined) => role !== "owner" && role !== "moderator";

/** The rules, told once more and otherwise: rooms.md section 8 and docs/http.md. */
function model(world: World, { kind, actor, subject, role }: Deed): Outcome {
  const { roles, departed } = world;
  const [mine, theirs] = [roles.get(actor), roles.get(subject)];
  const refuse = (status: number): Outcome => ({ status, world });
  const become = (next: Role | undefined, status: number): Outcome => {
    const [changed, left] = [new Map(roles), new Set(departed)];
    if (next === undefined) {
      changed.delete(subject);
      left.add(subject);
    } else {
      changed.set(subject, next);
      left.delete(subject);
    }
    return { status, world: { roles: changed, departed: left } };
  };
  const others = [...roles].some(([who, each]) => each === "owner" && who !== subject);
  if (kind === "join" || (kind === "put" && actor === subject && role === "member")) {
    if (mine === "banned") return refuse(403);
    return mine === undefined ? become("member", 200) : refuse(200);
  }
  if (kind === "accept") {
    if (mine === "banned") return refuse(403);
    if (mine !== undefined) return refuse(200);
    return low(roles.get(0)) ? refuse(404) : become("member", 200);
  }
  if (actor === subject) {
    if (kind === "drop") {
      if (mine === "banned") return refuse(403);
      if (mine === "owner" && !others) return refuse(409);
      return mine === undefined ? refuse(204) : become(undefined, 204);
    }
    const rank = ["banned", "member", "moderator", "owner"];
    if (mine === undefined || mine === "banned" || role === "banned") return refuse(403);
    if (rank.indexOf(role) > rank.indexOf(mine)) return refuse(403);
    if (role === mine) return refuse(200);
    return mine === "owner" && !others ? refuse(409) : become(role, 200);
  }
  if (mine !== "owner" && mine !== "moderator") return refuse(403);
  if (kind === "drop") {
    if (mine === "moderator" && !low(theirs)) return refuse(403);
    if (theirs === undefined) return refuse(departed.has(subject) ? 204 : 404);
    return become(undefined, 204);
  }
  if (theirs === undefined && role !== "banned") return refuse(403);
  if (theirs === role) return refuse(200);
  if (mine === "moderator" && !(low(theirs) && low(role))) return refuse(403);
  return become(role, 200);
}

function* orders<T>(list: readonly T[]): Generator<readonly T[]> {
  if (list.length === 0) yield [];
  for (const [at, first] of list.entries())
    for (const rest of orders([...list.slice(0, at), ...list.slice(at + 1)])) yield [first, ...rest];
}

/** Answers that are not of one moment: who comes by invitation and is sent away in the same moment may hear of either. */
const isVague = (deed: Deed, round: readonly Deed[]) =>
  deed.kind === "accept" && round.some((other) => other !== deed && other.subject === deed.subject);

/** The worlds that some order of these deeds makes, with the answers that came. */
function explain(world: World, round: readonly Deed[], answers: ReadonlyMap<Deed, number>): World[] {
  const found: World[] = [];
  for (const order of orders(round)) {
    let now = world;
    const fits = order.every((deed) => {
      const outcome = model(now, deed);
      now = outcome.world;
      return outcome.status === answers.get(deed) || isVague(deed, round);
    });
    if (fits) found.push(now);
  }
  return found;
}

const PEOPLE = 5;
const ROUNDS = 16;
const ROLES: readonly Role[] = ["owner", "moderator", "member", "banned"];

function deedOf(roll: (below: number) => number): Deed {
  const [actor, subject, role] = [roll(PEOPLE), roll(PEOPLE), ROLES[roll(4)]!];
  const kind = (["join", "accept", "put", "put", "put", "drop", "drop"] as const)[roll(7)]!;
  const own = kind === "join" || kind === "accept";
  return { kind, actor, subject: own ? actor : subject, role };
}

it.each([1, 2, 3])(
  "law: any deeds at once leave what some order of them leaves, and one owner; seed %i",
  async (seed) => {
    const roll = dice(seed * 7919);
    const people: Person[] = [];
    for (let i = 0; i < PEOPLE; i++) people.push(await account(`Person ${i}`));
    const number = new Map(people.map(({ id }, i) => [id, i]));
    const id = await room(people[0]!);
    const made = await call("POST", `/api/rooms/${id}/invites`, { token: people[0]!.token, body: { uses: 1_000 } });
    const invitation = made.body.token;
    const run = async ({ kind, actor, subject, role }: Deed) => {
      const { token } = people[actor]!;
      const path = `/api/rooms/${id}/members/${actor === subject ? "self" : people[subject]!.id}`;
      if (kind === "accept") return (await call("POST", `/api/invites/${invitation}`, { token })).status;
      if (kind === "drop") return (await call("DELETE", path, { token })).status;
      return (await call("PUT", path, { token, body: { role: kind === "join" ? "member" : role } })).status;
    };
    const rolesNow = async () => {
      const { results } = await env.DB.prepare("SELECT user_id, role, changed_at FROM member WHERE room_id = ?")
        .bind(id)
        .all<{ user_id: string; role: Role; changed_at: number }>();
      return results;
    };
    const sockets = new Map<number, RoomClient>();
    let worlds: World[] = [{ roles: new Map([[0, "owner"]]), departed: new Set() }];
    for (let n = 0; n < ROUNDS; n++) {
      for (const { user_id, role } of await rolesNow()) {
        const who = number.get(user_id)!;
        if (role === "banned" || roll(2) === 0 || (sockets.has(who) && sockets.get(who)!.closed === undefined))
          continue;
        sockets.set(who, (await enter(people[who]!, id)).client);
      }
      const round = Array.from({ length: 1 + roll(3) }, () => deedOf(roll));
      const answers = new Map<Deed, number>();
      await Promise.all(round.map(async (deed) => void answers.set(deed, await run(deed))));
      const after = await rolesNow();
      const roles = new Map(after.map(({ user_id, role }) => [number.get(user_id)!, role]));
      const same = (world: World) =>
        world.roles.size === roles.size && [...roles].every(([who, role]) => world.roles.get(who) === role);
      const next = worlds.flatMap((world) => explain(world, round, answers)).filter(same);
      const told = round.map((deed) => `${JSON.stringify(deed)} -> ${answers.get(deed)}`);
      expect([n, next.length > 0, told, [...roles]]).toEqual([n, true, told, [...roles]]);
      worlds = next;
      expect([...roles.values()]).toContain("owner");
      for (const [who, client] of sockets)
        if (low(roles.get(who)) && roles.get(who) !== "member")
          await until(() => client.closed !== undefined, `the close of person ${who} in round ${n}`);
      const known = await query<{ user_id: string; role: Role | null; role_at: number }>(
        roomOf(id),
        "SELECT user_id, role, role_at FROM person WHERE role_at > 0",
      );
      for (const { user_id, role, role_at } of known) {
        const row = after.find((each) => each.user_id === user_id);
        // into a public room people come unseen; all else the room has heard of
        if (row !== undefined && row.changed_at > role_at) expect([n, row.role, role]).toEqual([n, "member", null]);
        else expect([n, user_id, role]).toEqual([n, user_id, row?.role ?? null]);
      }
    }
  },
);
