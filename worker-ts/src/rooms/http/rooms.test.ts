// Making, listing, showing and joining rooms; their limits; and private rooms, which strangers must not even guess at.
import { env } from "cloudflare:workers";
import { ERROR_CODE, SYSTEM_EVENT } from "@ferrule/core";
import { describe, expect, it, vi } from "vitest";
import {
  type Answer,
  account,
  call,
  guest,
  join,
  openSocket,
  type Person,
  refusal,
  room,
} from "../../../../tests/worker/support/http-client";
import { enter } from "../../../../tests/worker/support/room-client";

const make = (person: Person, body: unknown) => call("POST", "/api/rooms", { token: person.token, body });

describe("making a room", () => {
  it("answers with every field and makes the caller the owner", async () => {
    const owner = await account();
    const { status, body } = await make(owner, { title: "  Über uns  ", topic: "all of it", visibility: "private" });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^u-ber-uns-[a-z]{6}$/),
      title: "Über uns",
      topic: "all of it",
      visibility: "private",
      createdBy: owner.id,
      createdAt: expect.any(Number),
      closedAt: null,
      slowModeMs: 0,
      editWindowMs: 0,
      lastAt: null,
      role: "owner",
    });
    const shown = await call("GET", `/api/rooms/${body.id}`, { token: owner.token });
    expect(shown.body).toEqual({ ...body, headSeq: 0, online: 0 });
  });

  it("takes an id once", async () => {
    const id = `chosen-${crypto.randomUUID().slice(0, 8)}`;
    const owner = await account();
    expect((await make(owner, { id, title: "t" })).body.id).toBe(id);
    for (const person of [owner, await account(), await guest()])
      expect(refusal(await make(person, { id, title: "t" }))).toEqual([409, "room_exists"]);
    expect(refusal(await make(owner, { id: "lobby", title: "t" }))).toEqual([409, "room_exists"]);
    expect((await call("GET", "/api/rooms/lobby", { token: owner.token })).body.role).toBeNull();
  });

  it("does not make an owner of who once made a room and has lost it", async () => {
    const [maker, owner] = [await account(), await account()];
    const id = await room(maker);
    await env.DB.prepare("UPDATE member SET user_id = ? WHERE room_id = ?").bind(owner.id, id).run();
    expect(refusal(await make(maker, { id, title: "t" }))).toEqual([409, "room_exists"]);
    expect((await call("GET", `/api/rooms/${id}`, { token: maker.token })).body.role).toBeNull();
    expect((await call("GET", `/api/rooms/${id}`, { token: owner.token })).body.role).toBe("owner");
  });

  it("lets a guest make three, also when all come at once", async () => {
    const person = await guest();
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((i) => make(person, { title: `room ${i}` })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(answers.filter(({ status }) => status !== 201).map(refusal)).toEqual(Array(3).fill([403, "guest_limit"]));
    const someone = await account();
    for (let i = 0; i < 5; i++) expect((await make(someone, { title: `room ${i}` })).status).toBe(201);
  });

  it("keeps to the limits of ids, titles and topics", async () => {
    const { token } = await account();
    const bad: [unknown, string][] = [
      [{}, "title"],
      [{ title: "" }, "title"],
      [{ title: "   " }, "title"],
      [{ title: "ä".repeat(129) }, "title"],
      [{ title: "\ud800" }, "title"],
      [{ title: 7 }, "title"],
      [{ title: "t", topic: "x".repeat(1025) }, "topic"],
      [{ title: "t", visibility: "secret" }, "visibility"],
      ...["ab", "x".repeat(49), "With-Capitals", "a b c", "über", "../lobby"].map((id): [unknown, string] => [
        { title: "t", id },
        "id",
      ]),
    ];
    for (const [body, field] of bad) {
      const answer = await call("POST", "/api/rooms", { token, body });
      expect([...refusal(answer), answer.body.error.field]).toEqual([400, "bad_request", field]);
    }
    expect(
      (await call("POST", "/api/rooms", { token, body: { title: "ä".repeat(128), topic: "x".repeat(1024) } })).status,
    ).toBe(201);
    expect(refusal(await call("POST", "/api/rooms", { body: { title: "t" } }))).toEqual([401, "unauthenticated"]);
  });
});

const patch = (person: Person | undefined, id: string, body: unknown, vars = {}) =>
  call("PATCH", `/api/rooms/${id}`, { body, vars, ...(person && { token: person.token }) });

describe("changing a room", () => {
  it("is the owner's: each field by itself, the others stay; the answer is the room as it is then", async () => {
    const owner = await account("Olga");
    const id = await room(owner);
    const { headSeq, online, lastAt, ...before } = (await call("GET", `/api/rooms/${id}`, { token: owner.token })).body;
    expect([headSeq, online, lastAt]).toEqual([0, 0, null]);
    const changes: [change: object, shown: object][] = [
      [{ title: "  Another name " }, { title: "Another name" }],
      [{ topic: "this and that" }, { topic: "this and that" }],
      [{ slowModeMs: 2_000 }, { slowModeMs: 2_000 }],
      [{ editWindowMs: 60_000 }, { editWindowMs: 60_000 }],
      [{ closed: true }, { closedAt: expect.any(Number) }],
      [
        { closed: false, topic: "", slowModeMs: 0 },
        { closedAt: null, topic: "", slowModeMs: 0 },
      ],
    ];
    let expected: object = before;
    for (const [change, shown] of changes) {
      expected = { ...expected, ...shown };
      const { status, body } = await patch(owner, id, change);
      const now = (await call("GET", `/api/rooms/${id}`, { token: owner.token })).body;
      expect([status, body]).toEqual([200, { ...expected, lastAt: now.lastAt }]);
      expect(now).toMatchObject(expected);
    }
  });

  it("reaches those who are in it, by entries of the owner's, who is introduced", async () => {
    const [owner, person] = [await account("Olga"), await guest()];
    const id = await room(owner);
    await join(person, id);
    const { client } = await enter(person, id);
    await client.write(1, "first");
    await patch(owner, id, { title: "Another name", slowModeMs: 3_000, closed: true, topic: "told to nobody" });
    const told = [await client.pick("SYSTEM"), await client.pick("SYSTEM"), await client.pick("SYSTEM")];
    expect(told.map(({ seq, body }) => [seq, body.event, body.text])).toEqual([
      [2, SYSTEM_EVENT.TITLE, "Another name"],
      [3, SYSTEM_EVENT.SLOW_MODE, "3000"],
      [4, SYSTEM_EVENT.CLOSED, ""],
    ]);
    expect(new Set(told.map(({ sender }) => sender)).size).toBe(1);
    expect(told[0]!.sender).toBeGreaterThan(1);
    expect(client.strangers).toEqual([]);
    client.say(2, "too late");
    expect((await client.pick("ERROR")).body.code).toBe(ERROR_CODE.FORBIDDEN);
    await patch(owner, id, { closed: false, slowModeMs: 0 });
    await client.pick("SYSTEM");
    expect((await client.pick("SYSTEM")).body.event).toBe(SYSTEM_EVENT.REOPENED);
    await client.write(2, "open again");
    // the same again changes nothing that anybody sees
    await patch(owner, id, { title: "Another name", closed: false });
    expect((await call("GET", `/api/rooms/${id}`, { token: owner.token })).body).toMatchObject({ headSeq: 7 });
  });

  it("keeps when a room was closed first", async () => {
    const owner = await account("Olga");
    const id = await room(owner);
    const first = (await patch(owner, id, { closed: true })).body;
    await env.DB.prepare("UPDATE room SET closed_at = 5 WHERE id = ?").bind(id).run();
    expect((await patch(owner, id, { closed: true })).body).toEqual({ ...first, closedAt: 5 });
  });

  it("shows in the list for nobody", async () => {
    const owner = await account("Olga");
    const id = await room(owner);
    await call("GET", "/api/rooms");
    await patch(owner, id, { title: "Renamed", slowModeMs: 1_000 });
    const { body } = await call("GET", "/api/rooms");
    expect(body.rooms.find((entry) => entry.id === id)).toMatchObject({ title: "Renamed", slowModeMs: 1_000 });
  });

  it("R59 is refused: 401 to nobody, 404 to strangers of a private room, 403 to all who do not own it", async () => {
    const [owner, person, stranger] = [await account("Olga"), await account("Ann"), await account("Sam")];
    const [open, hidden] = [await room(owner), await room(owner, "private")];
    await join(person, open);
    const change = { title: "Mine now" };
    expect(refusal(await patch(undefined, open, change))).toEqual([401, "unauthenticated"]);
    for (const who of [person, stranger]) expect(refusal(await patch(who, open, change))).toEqual([403, "forbidden"]);
    expect(refusal(await patch(stranger, hidden, change))).toEqual([404, "not_found"]);
    expect(refusal(await patch(owner, "no-such-room", change))).toEqual([404, "not_found"]);
    const role = "UPDATE member SET role = ? WHERE room_id = ? AND user_id = ?";
    await env.DB.prepare(role).bind("moderator", open, person.id).run();
    expect(refusal(await patch(person, open, change))).toEqual([403, "forbidden"]);
    await env.DB.prepare(role).bind("banned", open, person.id).run();
    expect(refusal(await patch(person, open, change))).toEqual([403, "banned"]);
    expect(refusal(await patch(owner, "lobby", change))).toEqual([403, "forbidden"]);
    for (const id of [open, hidden])
      expect((await call("GET", `/api/rooms/${id}`, { token: owner.token })).body.title).toBe("A room");
  });

  it("keeps to the limits, and says which field is wrong", async () => {
    const owner = await account("Olga");
    const id = await room(owner);
    const bad: [unknown, string | undefined][] = [
      [{}, undefined],
      [{ visibility: "private" }, undefined],
      [{ title: " " }, "title"],
      [{ title: "ä".repeat(129) }, "title"],
      [{ title: null }, "title"],
      [{ topic: "x".repeat(1025) }, "topic"],
      ...[-1, 0.5, 3_600_001, "1000", null].map((slowModeMs): [unknown, string] => [{ slowModeMs }, "slowModeMs"]),
      ...[-1, 2_592_000_001].map((editWindowMs): [unknown, string] => [{ editWindowMs }, "editWindowMs"]),
      [{ closed: 1 }, "closed"],
    ];
    for (const [body, field] of bad) {
      const answer = await patch(owner, id, body);
      expect([body, ...refusal(answer), answer.body.error.field]).toEqual([body, 400, "bad_request", field]);
    }
    expect((await patch(owner, id, { slowModeMs: 3_600_000, editWindowMs: 2_592_000_000 })).status).toBe(200);
  });

  it("is tried again by the caller when the room cannot be reached; the next admission brings it anyway", async () => {
    const owner = await account("Olga");
    const id = await room(owner);
    const { client } = await enter(owner, id);
    await client.write(1, "first");
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const lost = { ROOM: { getByName: () => ({ configure: () => Promise.reject(new Error("lost")) }) } };
    expect(refusal(await patch(owner, id, { title: "Lost" }, lost))).toEqual([500, "internal"]);
    logged.mockRestore();
    await enter(owner, id);
    expect((await client.pick("SYSTEM")).body.text).toBe("Lost");
  });
});

describe("the list of rooms", () => {
  it("goes through all pages, newest first, each room once", async () => {
    const owner = await account();
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.unshift((await make(owner, { title: `room ${i}` })).body.id);
    const seen: string[] = [];
    let next: string | null = "";
    for (let pages = 0; next !== null && pages < 10; pages++) {
      const cursor: string = next === "" ? "" : `&cursor=${next}`;
      const { body } = await call("GET", `/api/rooms?mine=1&limit=2${cursor}`, { token: owner.token });
      expect(body.rooms.length).toBeLessThanOrEqual(2);
      seen.push(...body.rooms.map((entry) => entry.id));
      next = body.next;
    }
    expect(seen).toHaveLength(5);
    // rooms made in one millisecond stand by id
    expect([...seen].sort()).toEqual([...made].sort());
  });

  it("shows nobody the public rooms, from the list kept for them, also after a new one", async () => {
    const owner = await account();
    const [open, closed] = [await room(owner, "public"), await room(owner, "private")];
    for (let i = 0; i < 2; i++) {
      const { body } = await call("GET", "/api/rooms");
      const ids = body.rooms.map((entry) => entry.id);
      expect(ids).toContain(open);
      expect(ids).toContain("lobby");
      expect(ids).not.toContain(closed);
      for (const entry of body.rooms) expect([entry.role, entry.unread]).toEqual([null, null]);
    }
  });

  it("refuses limits and cursors that are none", async () => {
    const { token } = await account();
    for (const [query, field] of [
      ["limit=0", "limit"],
      ["limit=101", "limit"],
      ["limit=x", "limit"],
      ["limit=-1", "limit"],
      ["limit=1e2", "limit"],
      ["cursor=nonsense", "cursor"],
      ["cursor=AAAA", "cursor"],
      [`cursor=${"A".repeat(129)}`, "cursor"],
      ["mine=2", "mine"],
    ]) {
      const answer = await call("GET", `/api/rooms?${query}`, { token });
      expect([query, ...refusal(answer), answer.body.error.field]).toEqual([query, 400, "bad_request", field]);
    }
    expect((await call("GET", "/api/rooms?limit=100", { token })).status).toBe(200);
    expect(refusal(await call("GET", "/api/rooms?mine=1"))).toEqual([401, "unauthenticated"]);
  });
});

describe("joining", () => {
  it("makes the row once, by self or by one's own id, and never takes a role away", async () => {
    const [owner, person] = [await account("Owner"), await guest()];
    const id = await room(owner);
    const first = await join(person, id);
    expect([first.status, first.body]).toEqual([
      200,
      {
        user: { id: person.id, name: person.name, guest: true, avatarUrl: null },
        role: "member",
        joinedAt: expect.any(Number),
      },
    ]);
    const byId = await call("PUT", `/api/rooms/${id}/members/${person.id}`, {
      token: person.token,
      body: { role: "member" },
    });
    expect(byId.body).toEqual(first.body);
    expect((await join(owner, id)).body.role).toBe("owner");
  });

  it("is for oneself, as a member, when signed in", async () => {
    const [owner, person] = [await account(), await guest()];
    const id = await room(owner);
    const put = (who: string, body: unknown, token?: string) =>
      call("PUT", `/api/rooms/${id}/members/${who}`, { body, ...(token !== undefined && { token }) });
    expect(refusal(await put(owner.id, { role: "member" }, person.token))).toEqual([403, "forbidden"]);
    expect(refusal(await put("self", { role: "owner" }, person.token))).toEqual([403, "forbidden"]);
    expect(refusal(await put("self", { role: "king" }, person.token))).toEqual([400, "bad_request"]);
    expect(refusal(await put("self", { role: "member" }))).toEqual([401, "unauthenticated"]);
    expect(
      refusal(
        await call("PUT", "/api/rooms/no-such-room/members/self", { token: person.token, body: { role: "member" } }),
      ),
    ).toEqual([404, "not_found"]);
  });
});

describe("a private room", () => {
  it("R59 is 404 to strangers on all routes, as a room that does not exist is", async () => {
    const [owner, stranger] = [await account(), await account()];
    const id = await room(owner, "private");
    const posted = await call("POST", `/api/rooms/${id}/messages`, { token: owner.token, body: { text: "hidden" } });
    expect(posted.status).toBe(201);
    const routes = (room: string, token?: string): Promise<Answer>[] => {
      const as = token === undefined ? {} : { token };
      return [
        call("GET", `/api/rooms/${room}`, as),
        call("GET", `/api/rooms/${room}/messages`, as),
        call("GET", `/api/rooms/${room}/messages/1`, as),
        call("GET", `/api/messages?room=${room}`, as),
        ...(token === undefined
          ? []
          : [
              call("PUT", `/api/rooms/${room}/members/self`, { ...as, body: { role: "member" } }),
              call("PUT", `/api/rooms/${room}/members/${owner.id}`, { ...as, body: { role: "member" } }),
              call("POST", `/api/rooms/${room}/messages`, { ...as, body: { text: "x" } }),
              call("POST", "/api/messages", { ...as, body: { text: "x", room } }),
              call("POST", `/api/rooms/${room}/ticket`, as),
              openSocket(room, as),
            ]),
      ];
    };
    for (const token of [stranger.token, undefined]) {
      const hidden = await Promise.all(routes(id, token));
      const missing = await Promise.all(routes("no-such-room", token));
      for (const [i, answer] of hidden.entries()) {
        expect([i, ...refusal(answer)]).toEqual([i, 404, "not_found"]);
        expect(answer.body.error.message).toBe(missing[i]!.body.error.message);
      }
    }
    for (const token of [stranger.token, undefined]) {
      const list = await call("GET", "/api/rooms?limit=100", token === undefined ? {} : { token });
      expect(list.body.rooms.map((entry) => entry.id)).not.toContain(id);
    }
    expect((await call("GET", `/api/rooms/${id}/messages`, { token: owner.token })).body.messages).toHaveLength(1);
  });
});
