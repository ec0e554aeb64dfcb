// Who is in a room and as what: the list, roles, bans, leaving; what reaches open sockets; and what a crash or a late call must not do.
import { env } from "cloudflare:workers";
import { ERROR_CODE, ROLE, SYSTEM_EVENT } from "@ferrule/core";
import { describe, expect, it, vi } from "vitest";
import {
  type Answer,
  account,
  type CallOptions,
  call,
  guest,
  join,
  openSocket,
  type Person,
  refusal,
  room,
} from "../../../../../tests/worker/support/http-client";
import { enter, evict, roomOf } from "../../../../../tests/worker/support/room-client";
import { changeMember } from "../../membership/change";

const put = ({ token }: Person, id: string, who: string, role: string, more: CallOptions = {}) =>
  call("PUT", `/api/rooms/${id}/members/${who}`, { token, body: { role }, ...more });
const drop = ({ token }: Person, id: string, who: string, more: CallOptions = {}) =>
  call("DELETE", `/api/rooms/${id}/members/${who}`, { token, ...more });
const list = ({ token }: Person, id: string, query = "") => call("GET", `/api/rooms/${id}/members${query}`, { token });
const roles = async (person: Person, id: string) =>
  Object.fromEntries((await list(person, id)).body.members.map(({ user, role }) => [user.id, role]));
const ok = (answer: Answer) => expect([answer.status, answer.body?.error]).toEqual([expect.any(Number), undefined]);

/** A room with an owner, a moderator and a member. */
async function staffed(visibility: "public" | "private" = "public") {
  const [owner, moderator, member] = [await account("Olga"), await account("Mo"), await account("Ann")];
  const id = await room(owner, visibility);
  for (const person of [moderator, member]) ok(await join(person, id));
  ok(await put(owner, id, moderator.id, "moderator"));
  return { id, owner, moderator, member };
}

/** Rooms whose calls are lost, as `vars`. */
const deaf = (...names: string[]) => ({
  ROOM: {
    getByName: (name: string) =>
      new Proxy(roomOf(name), {
        get: (stub, key) =>
          names.includes(String(key)) ? () => Promise.reject(new Error("lost")) : Reflect.get(stub, key),
      }),
  },
});

/** A failure is said in the log; nobody needs to see it here. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const done = await work();
  logged.mockRestore();
  return done;
}

const FORBIDDEN = { error: ERROR_CODE.FORBIDDEN, close: 4006 };

describe("the list of members", () => {
  it("is by role, the newest first, page by page; moderators see who is banned, members do not", async () => {
    const { id, owner, moderator, member } = await staffed();
    const bad = await guest();
    await join(bad, id);
    ok(await put(moderator, id, bad.id, "banned"));
    const seen: string[] = [];
    let next: string | null = "";
    while (next !== null) {
      const { body } = await list(owner, id, `?limit=1${next === "" ? "" : `&cursor=${next}`}`);
      seen.push(...body.members.map((entry) => `${entry.user.name} ${entry.role}`));
      next = body.next;
    }
    expect(seen).toEqual(["Olga owner", "Mo moderator", "Ann member", `${bad.name} banned`]);
    expect(Object.values(await roles(member, id))).toEqual(["owner", "moderator", "member"]);
    const { body } = await list(member, id);
    expect(body.members[2]).toEqual({
      user: { id: member.id, name: "Ann", guest: false, avatarUrl: null },
      role: "member",
      joinedAt: expect.any(Number),
    });
  });

  it("is for members, and takes no cursor but its own", async () => {
    const { id, owner } = await staffed();
    expect(refusal(await list(await guest(), id))).toEqual([403, "forbidden"]);
    for (const query of ["?limit=0", "?limit=101", "?cursor=AAAA", `?cursor=${"A".repeat(257)}`, "?cursor=W10"])
      expect([query, ...refusal(await list(owner, id, query))]).toEqual([query, 400, "bad_request"]);
  });

  it("R59 a private room's people, invitations and audit are as nothing to strangers", async () => {
    const { id, owner, member } = await staffed();
    const hidden = await room(owner, "private");
    const stranger = await account();
    const asks = (name: string) => [
      list(stranger, name),
      put(stranger, name, "self", "member"),
      put(stranger, name, owner.id, "banned"),
      drop(stranger, name, "self"),
      drop(stranger, name, owner.id),
      call("POST", `/api/rooms/${name}/invites`, { token: stranger.token, body: {} }),
      call("GET", `/api/rooms/${name}/audit`, { token: stranger.token }),
      call("PATCH", `/api/rooms/${name}`, { token: stranger.token, body: { title: "x" } }),
      call("DELETE", `/api/rooms/${name}`, { token: stranger.token }),
    ];
    const [here, nowhere] = [await Promise.all(asks(hidden)), await Promise.all(asks("no-such-room"))];
    for (const [i, answer] of here.entries()) {
      expect([i, ...refusal(answer)]).toEqual([i, 404, "not_found"]);
      expect(answer.body.error.message).toBe(nowhere[i]!.body.error.message);
    }
    for (const answer of await Promise.all(asks(id))) expect(answer.status).not.toBe(404);
    expect(refusal(await call("GET", `/api/rooms/${id}/audit`, { token: member.token }))).toEqual([403, "forbidden"]);
  });
});

describe("roles", () => {
  it("are given by the matrix, and by nothing else", async () => {
    const standings = [null, "member", "moderator", "owner", "banned"] as const;
    const may = (actor: string, from: string | null, to: string | null) => {
      if (from === null) return to === "banned" && (actor === "owner" || actor === "moderator");
      if (actor === "owner") return true;
      const low = (standing: string | null) => standing !== "moderator" && standing !== "owner";
      return actor === "moderator" && ((low(from) && low(to)) || from === to);
    };
    const [owner, subject] = [await account("Olga"), await account("Sue")];
    const actors = { owner: await account(), moderator: await account(), member: await account() };
    const id = await room(owner);
    for (const [role, person] of Object.entries(actors)) {
      await join(person, id);
      if (role !== "member") ok(await put(owner, id, person.id, role));
    }
    const seen: string[] = [];
    for (const [actor, person] of Object.entries(actors))
      for (const from of standings)
        for (const to of standings) {
          if (from === null) await env.DB.prepare("DELETE FROM member WHERE user_id = ?").bind(subject.id).run();
          else {
            const row =
              "INSERT OR REPLACE INTO member(room_id, user_id, role, joined_at, changed_at) VALUES (?, ?, ?, 1, 1)";
            await env.DB.prepare(row).bind(id, subject.id, from).run();
          }
          await env.DB.prepare("DELETE FROM departure WHERE user_id = ?").bind(subject.id).run();
          const answer = to === null ? await drop(person, id, subject.id) : await put(person, id, subject.id, to);
          const now = (await roles(owner, id))[subject.id] ?? null;
          const wanted =
            from === null && to === null ? (actor === "member" ? 403 : 404) : may(actor, from, to) ? 200 : 403;
          const done = answer.status === 204 ? 200 : answer.status;
          if (done !== wanted || now !== (done === 200 ? to : from))
            seen.push(`${actor} ${from} ${to}: ${done} ${now}`);
        }
    expect(seen).toEqual([]);
  });

  it("R40 reach the open socket: a moderator may at once what a member may not; all are told", async () => {
    const { id, owner, member } = await staffed();
    const { client, welcome } = await enter(member, id);
    expect(welcome.body.role).toBe(ROLE.MEMBER);
    ok(await put(owner, id, member.id, "moderator"));
    const told = (await client.pick("SYSTEM")).body;
    expect([told.event, told.subject, told.text]).toEqual([SYSTEM_EVENT.ROLE, welcome.body.selfRef, "moderator"]);
    expect((await client.pick("AUTH_REFRESH")).body).toMatchObject({ role: ROLE.MODERATOR });
    await evict(roomOf(id));
    ok(await put(owner, id, member.id, "member"));
    expect((await client.pick("AUTH_REFRESH")).body).toMatchObject({ role: ROLE.MEMBER });
    expect((await client.pick("SYSTEM")).body.text).toBe("member");
    expect(client.strangers).toEqual([]);
    const late = await enter(owner, id);
    late.client.send({ kind: "HISTORY_REQ", id: new Uint8Array(16), body: { direction: 0, from: 0, limit: 50 } });
    await late.client.pick("HISTORY_PAGE");
    expect(late.client.strangers).toEqual([]);
  });

  it("say the same twice without a second entry; a call to the room that was lost is made up for", async () => {
    const { id, owner, member } = await staffed();
    const { client } = await enter(member, id);
    const lost = await quietly(() => put(owner, id, member.id, "moderator", { vars: deaf("setRole") }));
    expect(refusal(lost)).toEqual([500, "internal"]);
    expect(await client.rest()).toEqual([]);
    for (let i = 0; i < 2; i++) ok(await put(owner, id, member.id, "moderator"));
    await client.pick("SYSTEM");
    expect((await client.rest()).filter((kind) => kind === "SYSTEM")).toEqual([]);
    const { body } = await call("GET", `/api/rooms/${id}/audit`, { token: owner.token });
    const told = body.entries.filter((entry) => entry.subject === member.id);
    expect(told.map(({ action, actorId, detail }) => [action, actorId, detail])).toEqual([
      ["role", owner.id, { from: "member", to: "moderator" }],
    ]);
  });
});

describe("a ban", () => {
  it("R34 closes the sockets with 4006, is 403 by HTTP, refuses reconnects, tickets from before, and lasts", async () => {
    const { id, owner, moderator, member } = await staffed();
    const mine = [(await enter(member, id)).client, (await enter(member, id)).client];
    const { client: other } = await enter(owner, id);
    const ticket = (await call("POST", `/api/rooms/${id}/ticket`, { token: member.token })).body.ticket;
    await evict(roomOf(id));
    ok(await put(moderator, id, member.id, "banned"));
    for (const client of mine) expect(await client.end()).toEqual(FORBIDDEN);
    expect((await other.pick("SYSTEM")).body.event).toBe(SYSTEM_EVENT.BANNED);
    const as = { token: member.token };
    for (const answer of [
      await openSocket(id, as),
      await openSocket(id, {}, `ferrule.v1, ferrule.ticket.${ticket}`),
      await call("GET", `/api/rooms/${id}`, as),
      await call("GET", `/api/rooms/${id}/messages`, as),
      await call("POST", `/api/rooms/${id}/messages`, { ...as, body: { text: "x" } }),
      await call("POST", `/api/rooms/${id}/ticket`, as),
      await join(member, id),
      await drop(member, id, "self"),
      await list(member, id),
    ])
      expect(refusal(answer)).toEqual([403, "banned"]);
    expect(await roles(owner, id)).toMatchObject({ [member.id]: "banned" });
  });

  it("R34 wins against an admission and a write that were looked up before it", async () => {
    const { id, owner, member } = await staffed();
    // the Worker has looked, the ban comes, then the room is asked
    const between = (name: "fetch" | "apply") => ({
      ROOM: {
        getByName: (room: string) =>
          new Proxy(roomOf(room), {
            get: (stub, key) =>
              key !== name
                ? Reflect.get(stub, key)
                : async (...args: unknown[]) => {
                    ok(await put(owner, id, member.id, "banned"));
                    return (stub as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args);
                  },
          }),
      },
    });
    expect(refusal(await openSocket(id, { token: member.token, vars: between("fetch") }))).toEqual([403, "banned"]);
    ok(await put(owner, id, member.id, "member"));
    const body = { text: "too late" };
    const write = { token: member.token, body, vars: between("apply") };
    expect(refusal(await call("POST", `/api/rooms/${id}/messages`, write))).toEqual([403, "banned"]);
    expect((await call("GET", `/api/rooms/${id}/messages`, { token: owner.token })).body.messages).toEqual([]);
  });

  it("R34 is not left behind: by leaving first, by an old name of a guest, by joining while it comes", async () => {
    const { id, owner, moderator } = await staffed();
    const person = await guest();
    await join(person, id);
    ok(await drop(person, id, "self"));
    ok(await put(moderator, id, person.id, "banned"));
    expect(refusal(await join(person, id))).toEqual([403, "banned"]);
    const signUp = { name: "Bea", email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
    const { headers, body } = await call("POST", "/api/auth/sign-up/email", { token: person.token, body: signUp });
    const user = { ...person, id: body.user.id, token: headers.get("set-auth-token")! };
    expect(refusal(await join(user, id))).toEqual([403, "banned"]);
    expect((await roles(owner, id))[user.id]).toBe("banned");
    expect(refusal(await put(moderator, id, moderator.id, "banned"))).toEqual([403, "forbidden"]);
    expect(refusal(await put(moderator, id, owner.id, "banned"))).toEqual([403, "forbidden"]);
    expect(refusal(await put(owner, id, "nobody-at-all", "banned"))).toEqual([404, "not_found"]);
  });

  it("R34 of a guest holds for the account that the guest signs in to, whose sockets are closed", async () => {
    const { id, owner, member } = await staffed();
    const person = await guest();
    await join(person, id);
    ok(await put(owner, id, person.id, "banned"));
    const { client } = await enter(member, id);
    const { email, password } = member;
    const body = { email, password };
    expect((await call("POST", "/api/auth/sign-in/email", { token: person.token, body })).status).toBe(200);
    expect((await roles(owner, id))[member.id]).toBe("banned");
    expect(await client.end()).toEqual(FORBIDDEN);
    expect(refusal(await openSocket(id, { token: member.token }))).toEqual([403, "banned"]);
  });

  it("ends by a role or by being taken away: then they may come again", async () => {
    const { id, owner, moderator, member } = await staffed();
    const { client } = await enter(owner, id);
    ok(await put(moderator, id, member.id, "banned"));
    ok(await put(moderator, id, member.id, "member"));
    (await enter(member, id)).client.close();
    ok(await put(moderator, id, member.id, "banned"));
    expect((await drop(moderator, id, member.id)).status).toBe(204);
    expect((await roles(owner, id))[member.id]).toBeUndefined();
    ok(await join(member, id));
    await (await enter(member, id)).client.write(1, "back");
    const events: number[] = [];
    for (let i = 0; i < 4; i++) events.push((await client.pick("SYSTEM")).body.event);
    const { BANNED, UNBANNED } = SYSTEM_EVENT;
    expect(events).toEqual([BANNED, UNBANNED, BANNED, UNBANNED]);
  });
});

describe("leaving", () => {
  it("R60 the last owner cannot leave, step down, or be made to; with a second one they can", async () => {
    const { id, owner, member } = await staffed();
    expect(refusal(await drop(owner, id, "self"))).toEqual([409, "last_owner"]);
    expect(refusal(await drop(owner, id, owner.id))).toEqual([409, "last_owner"]);
    expect(refusal(await put(owner, id, owner.id, "moderator"))).toEqual([409, "last_owner"]);
    ok(await put(owner, id, member.id, "owner"));
    expect((await drop(owner, id, "self")).status).toBe(204);
    expect(refusal(await drop(member, id, "self"))).toEqual([409, "last_owner"]);
  });

  it("R60 of two owners who go at once, by whichever way, one stays", async () => {
    for (let round = 0; round < 6; round++) {
      const [one, two] = [await account(), await account()];
      const id = await room(one);
      await join(two, id);
      ok(await put(one, id, two.id, "owner"));
      const go = [
        (person: Person) => drop(person, id, "self"),
        (person: Person) => put(person, id, person.id, "moderator"),
        (person: Person) => call("DELETE", "/api/users/me", { token: person.token }),
        (person: Person) => drop(person, id, person === one ? two.id : one.id),
      ];
      const [a, b] = [go[round % 4]!, go[(round * 3 + 1) % 4]!];
      await Promise.all([a(one), b(two)]);
      const { results } = await env.DB.prepare("SELECT role FROM member WHERE room_id = ? AND role = 'owner'")
        .bind(id)
        .all();
      expect([round, results.length > 0]).toEqual([round, true]);
    }
  });

  it("R60 two owners who look at the same moment: whose word comes second is the last one", async () => {
    const { id, owner, member } = await staffed();
    ok(await put(owner, id, member.id, "owner"));
    const gone = (actorId: string) => ({ roomId: id, actorId, subjectId: actorId, to: null, now: Date.now() });
    let first: Promise<unknown> | undefined;
    const late = {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: async (statements: D1PreparedStatement[]) => {
        first ??= changeMember(env.DB, gone(member.id));
        await first;
        return env.DB.batch(statements);
      },
    };
    expect(await changeMember(late as D1Database, gone(owner.id))).toBe("last_owner");
    expect(await first).toMatchObject({ from: "owner", to: null });
    expect(await roles(owner, id)).toMatchObject({ [owner.id]: "owner" });
  });

  it("closes the sockets of who leaves or is sent away, tells it, and is answered alike twice", async () => {
    const { id, owner, moderator, member } = await staffed();
    const { client: seen } = await enter(owner, id);
    for (const leave of [() => drop(member, id, "self"), () => drop(moderator, id, member.id)]) {
      await join(member, id);
      const { client } = await enter(member, id);
      for (let i = 0; i < 2; i++) expect((await leave()).status).toBe(204);
      expect(await client.end()).toEqual(FORBIDDEN);
      expect((await seen.pick("SYSTEM")).body.event).toBe(SYSTEM_EVENT.LEFT);
      expect(refusal(await openSocket(id, { token: member.token }))).toEqual([403, "forbidden"]);
    }
    expect((await seen.rest()).filter((kind) => kind === "SYSTEM")).toEqual([]);
    expect(seen.strangers).toEqual([]);
  });

  it("a call that was lost is made up for by asking again, also for a private room, which is none to them by then", async () => {
    const owner = await account();
    const id = await room(owner, "private");
    const person = await account();
    const { body } = await call("POST", `/api/rooms/${id}/invites`, { token: owner.token, body: {} });
    ok(await call("POST", `/api/invites/${body.token}`, { token: person.token }));
    const { client } = await enter(person, id);
    await quietly(() => drop(person, id, "self", { vars: deaf("setRole") }));
    expect(client.closed).toBeUndefined();
    expect((await drop(person, id, "self")).status).toBe(204);
    expect(await client.end()).toEqual(FORBIDDEN);
    expect(refusal(await call("GET", `/api/rooms/${id}`, { token: person.token }))).toEqual([404, "not_found"]);
  });

  it("who comes again is let in, though the clock that says so is behind the one that saw them go", async () => {
    const { id, owner, member } = await staffed();
    ok(await put(owner, id, member.id, "moderator"));
    await env.DB.prepare("UPDATE member SET changed_at = ? WHERE room_id = ? AND user_id = ?")
      .bind(Date.now() + 60_000, id, member.id)
      .run();
    ok(await drop(member, id, "self"));
    ok(await join(member, id));
    const { client, welcome } = await enter(member, id);
    expect(welcome.body.role).toBe(ROLE.MEMBER);
    ok(await put(owner, id, member.id, "banned"));
    expect(await client.end()).toEqual(FORBIDDEN);
  });
});
