// The admin's routes: who may call them, figures, lists and the audit.
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { deadLetter } from "../../../../../../tests/worker/api-samples";
import { ask, disable, entries, fields, ownerSession } from "../../../../../../tests/worker/support/admin";
import { account, call, guest, refusal, room } from "../../../../../../tests/worker/support/http-client";

const ROUTES = [
  ["GET", "overview"],
  ["GET", "users"],
  ["PATCH", "users/somebody"],
  ["GET", "rooms"],
  ["GET", "queues"],
  ["POST", "queues/ferrule-archive"],
  ["GET", "audit"],
  ["GET", "dead-letters"],
  ["POST", "dead-letters/1/replay"],
  ["GET", "dead-letters/1"],
  ["DELETE", "dead-letters/1"],
  ["POST", "queues/ferrule-archive/replay"],
  ["GET", "now"],
  ["GET", "rooms/live"],
  ["GET", "rooms/lobby"],
  ["PATCH", "rooms/lobby"],
  ["POST", "rooms/lobby/resend"],
  ["POST", "rooms/lobby/disconnect"],
  ["GET", "users/somebody"],
  ["DELETE", "users/somebody"],
  ["DELETE", "users/somebody/sessions"],
  ["GET", "chores"],
  ["POST", "chores/1/begin"],
  ["GET", "runs/stuck"],
  ["POST", "runs/wrun_1/wake"],
] as const;

describe("admin routes", () => {
  it("OP05 are for admins alone: 401 for nobody and for a wrong token, 403 for everybody else, owners of rooms too", async () => {
    const owner = await account();
    await room(owner);
    for (const [method, path] of ROUTES) {
      const body = method === "GET" ? {} : { body: { disabled: true } };
      for (const wrong of [undefined, "wrong", `${env.ADMIN_TOKEN}x`])
        expect([
          path,
          ...refusal(await call(method, `/api/admin/${path}`, { ...(wrong && { token: wrong }), ...body })),
        ]).toEqual([path, 401, "unauthenticated"]);
      expect([path, ...refusal(await ask(method, path, { ...body, token: owner.token }))]).toEqual([
        path,
        403,
        "forbidden",
      ]);
    }
  });

  it("answer the owner's session as they answer the token", async () => {
    const session = await ownerSession();
    for (const path of ROUTES.flatMap(([method, path]) =>
      method === "GET" && !/\/(?:1|somebody)$/.test(path) ? [path] : [],
    ))
      expect([path, (await ask("GET", path, { token: session })).status]).toEqual([path, 200]);
  });

  it("refuse limits and places that are none", async () => {
    for (const list of ["users", "rooms", "dead-letters", "audit"])
      for (const [query, field] of [
        ["limit=0", "limit"],
        ["limit=101", "limit"],
        ["cursor=x", "cursor"],
        ["cursor=-1", "cursor"],
      ]) {
        const answer = await ask("GET", `${list}?${query}`);
        expect([list, query, ...refusal(answer), answer.body.error.field]).toEqual([
          list,
          query,
          400,
          "bad_request",
          field,
        ]);
      }
    for (const list of ["users", "rooms"]) {
      expect((await ask("GET", `${list}?q=${"x".repeat(100)}`)).status).toBe(200);
      expect(refusal(await ask("GET", `${list}?q=${"x".repeat(101)}`))).toEqual([400, "bad_request"]);
    }
  });
});

describe("the overview", () => {
  it("counts what is there", async () => {
    const figures = async () =>
      (await ask("GET", "overview")).body as unknown as Record<string, Record<string, number>>;
    const before = await figures();
    const owner = await account();
    await room(await guest(), "private");
    const closed = await room(owner);
    await call("PATCH", `/api/rooms/${closed}`, { token: owner.token, body: { closed: true } });
    await env.DB.prepare("UPDATE room SET deleted_at = 1 WHERE id = ?1")
      .bind(await room(owner))
      .run();
    await disable((await guest()).id);
    await deadLetter();
    const after = await figures();
    const grown = (part: string) =>
      Object.fromEntries(Object.entries(after[part]!).map(([name, value]) => [name, value - before[part]![name]!]));
    expect(grown("users")).toEqual({ total: 3, guests: 2, disabled: 1, sessions: 2 });
    expect(grown("rooms")).toEqual({ total: 2, private: 1, closed: 1, deleted: 1 });
    expect(grown("deadLetters")).toEqual({ total: 1, waiting: 1 });
  });
});

describe("lists", () => {
  it("of users: by name, e-mail and id, page by page, and nothing in what is looked for stands for anything else", async () => {
    const mark = crypto.randomUUID().slice(0, 8);
    const people = [await account(`A ${mark} 100%`), await account(`B_${mark}`), await account(`C ${mark}`)];
    const found = async (q: string) => fields(await ask("GET", `users?q=${encodeURIComponent(q)}`), "id");
    const ids = people.map(({ id }) => id).reverse();
    expect(await found(mark.toUpperCase())).toEqual(ids);
    expect(await found(`${mark} 100%`)).toEqual([people[0]!.id]);
    expect(await found(`B_${mark}`)).toEqual([people[1]!.id]);
    expect(await found(`_ ${mark}`)).toEqual([]);
    expect(await found(people[2]!.email)).toEqual([people[2]!.id]);
    expect(await found(people[2]!.id)).toEqual([people[2]!.id]);
    const first = await ask("GET", `users?q=${mark}&limit=2`);
    expect(fields(first, "id")).toEqual(ids.slice(0, 2));
    const rest = await ask("GET", `users?q=${mark}&limit=2&cursor=${first.body.next}`);
    expect([fields(rest, "id"), rest.body.next]).toEqual([ids.slice(2), null]);
  });

  it("of users: a guest has no address, and is not found by the one that stands in for it", async () => {
    const { id } = await guest();
    const [row] = entries(await ask("GET", `users?q=${id}`));
    expect(row).toMatchObject({ id, guest: true, email: null, admin: false, disabledAt: null });
    const stored = await env.DB.prepare("SELECT email FROM user WHERE id = ?1").bind(id).first<string>("email");
    expect(entries(await ask("GET", `users?q=${stored}`))).toEqual([]);
  });

  it("of rooms: private and deleted ones too, by id and title", async () => {
    const owner = await account();
    const [open, secret, gone] = [await room(owner), await room(owner, "private"), await room(owner)];
    const mark = crypto.randomUUID().slice(0, 8);
    for (const id of [open, secret, gone])
      await env.DB.prepare("UPDATE room SET title = ?2 WHERE id = ?1").bind(id, `R ${mark}`).run();
    await env.DB.prepare("UPDATE room SET deleted_at = 7 WHERE id = ?1").bind(gone).run();
    const all = await ask("GET", `rooms?q=${mark}`);
    expect(fields(all, "id")).toEqual([gone, secret, open]);
    expect(fields(all, "deletedAt")).toEqual([7, null, null]);
    expect(fields(all, "visibility")).toEqual(["public", "private", "public"]);
    expect(fields(await ask("GET", `rooms?q=${secret}`), "id")).toEqual([secret]);
    const second = await ask(
      "GET",
      `rooms?q=${mark}&limit=1&cursor=${(await ask("GET", `rooms?q=${mark}&limit=1`)).body.next}`,
    );
    expect(fields(second, "id")).toEqual([secret]);
  });
});

describe("the audit", () => {
  it("tells what admins did, once for each change, and who", async () => {
    const { id } = await guest();
    const session = await ownerSession();
    const owner = (await call("GET", "/api/users/me", { token: session })).body.id;
    for (const disabled of [true, true, false, false]) await disable(id, disabled);
    await disable(id, true, { token: session });
    await disable("nobody");
    await ask("POST", "queues/ferrule-archive-dead", { body: { secret: "of a message" } });
    const letter = await deadLetter();
    vi.spyOn(env.ARCHIVE_QUEUE, "send").mockResolvedValue(undefined as never);
    await ask("POST", `dead-letters/${letter}/replay`);
    vi.restoreAllMocks();
    const told = await ask("GET", "audit?limit=5");
    expect(entries(told)).toEqual([
      entry("replay_letter", { detail: { queue: "ferrule-archive", letter } }),
      entry("send_message", { detail: { queue: "ferrule-archive-dead", bytes: 25 } }),
      entry("disable_user", { subject: id, actorId: owner }),
      entry("enable_user", { subject: id }),
      entry("disable_user", { subject: id }),
    ]);
    const first = await ask("GET", "audit?limit=2");
    const second = await ask("GET", `audit?limit=3&cursor=${first.body.next}`);
    expect([...entries(first), ...entries(second)]).toEqual(entries(told));
    for (const cursor of ["AAAA", "!", "MTIz"])
      expect(refusal(await ask("GET", `audit?cursor=${cursor}`))).toEqual([400, "bad_request"]);
  });

  const entry = (action: string, more: object) => ({
    ...{
      id: expect.any(String),
      at: expect.any(Number),
      roomId: null,
      actorId: null,
      action,
      subject: null,
      seq: null,
    },
    ...{ detail: {}, ...more },
  });
});
