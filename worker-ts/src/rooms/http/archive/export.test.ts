// Exports: everything is in them, line by line, over the border of the log; the last line tells that none is missing; and nobody gets
// one who may not.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { drained, trimTo, upload } from "../../../../../tests/worker/support/archive";
import { account, call, guest, type Person, refusal, room } from "../../../../../tests/worker/support/http-client";
import { idOf, type RoomStub, roomOf, tune } from "../../../../../tests/worker/support/room-client";
import type { RoomObject } from "../../index";

type Line = Record<string, unknown> & { readonly type: string };

/** The lines of an export, without its last, which must count them. */
async function lines(path: string, { token }: Person): Promise<Line[]> {
  const { status, headers, body } = await call("GET", path, { token });
  expect([status, headers.get("content-type")]).toEqual([200, "application/x-ndjson; charset=utf-8"]);
  expect(headers.get("content-disposition")).toMatch(/^attachment; filename="[\w-]+\.ndjson"$/);
  const all = String(body)
    .trimEnd()
    .split("\n")
    .map((line): Line => JSON.parse(line));
  expect(all.pop()).toEqual({ type: "end", lines: all.length });
  return all;
}

const of = (all: readonly Line[], type: string) =>
  all.filter((line) => line.type === type).map(({ type: _, ...line }) => line);

async function quietRoom(owner: Person): Promise<{ id: string; stub: RoomStub }> {
  const id = await room(owner, "private");
  const stub = roomOf(id);
  await stub.stats();
  await tune(stub, { archiveFlushMs: 5 });
  return { id, stub };
}

const say = async (id: string, { token }: Person, text: string, files: readonly string[] = []): Promise<number> =>
  (await call("POST", `/api/rooms/${id}/messages`, { token, body: { text, files } })).body.seq;

/** Many at once, inside the object. */
const sayMany = (stub: RoomStub, { id: userId, name }: Person, count: number): Promise<void> =>
  runInDurableObject(stub, (room: RoomObject) => {
    const actor = { userId, name, guest: true, role: "member", roleAt: 0 } as const;
    for (let n = 0; n < count; n++) room.apply(actor, { type: "post", id: idOf(n), text: `many ${n}`, replyTo: 0 });
  });

const add = (id: string, { id: userId }: Person, role = "member") =>
  env.DB.prepare("INSERT INTO member VALUES(?, ?, ?, 1, 0, 1)").bind(id, userId, role).run();

it("a room: what it is, its people, every message as it stands, who reacted and what is pinned", async () => {
  const [ann, bob, eve] = [await account("Ann"), await guest(), await guest()];
  const { id, stub } = await quietRoom(ann);
  for (const person of [bob, eve]) await add(id, person);
  const file = await upload(bob, id, "f.txt");
  const seqs: number[] = [];
  for (let n = 0; n < 5; n++) seqs.push(await say(id, n % 2 === 0 ? ann : bob, `text ${n}`, n === 1 ? [file] : []));
  await sayMany(stub, bob, 200);
  const at = (n: number, path = "") => `/api/rooms/${id}/messages/${seqs[n]}${path}`;
  for (const [method, path, { token }, body] of [
    ["PATCH", at(0), ann, { text: "edited" }],
    ["DELETE", at(3), ann, undefined],
    ["PUT", at(1, "/reactions/%F0%9F%91%8D"), ann, undefined],
    ["PUT", at(1, "/reactions/%F0%9F%91%8D"), bob, undefined],
    ["PUT", at(2, "/reactions/%F0%9F%91%8D"), bob, undefined],
    ["DELETE", at(2, "/reactions/%F0%9F%91%8D"), bob, undefined],
    ["PUT", at(1, "/pin"), ann, undefined],
  ] as const)
    expect((await call(method, path, { token, body })).status).toBeLessThan(300);
  await drained(stub);
  await add(id, await guest(), "banned");
  const whole = await lines(`/api/rooms/${id}/export`, ann);
  expect(of(whole, "room")).toMatchObject([{ id, title: "A room", visibility: "private", role: "owner" }]);
  expect(
    of(whole, "person")
      .map(({ role }) => role)
      .sort(),
  ).toEqual(["banned", "member", "member", "owner"]);
  expect(of(whole, "person")).toContainEqual({
    ...{ user: { id: bob.id, name: bob.name, guest: true }, role: "member", joinedAt: 1 },
  });
  const shown: unknown[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const { body } = await call("GET", `/api/rooms/${id}/messages?after=${after}&limit=200`, { token: ann.token });
    shown.push(...body.messages);
    after = body.after;
  }
  const messages = of(whole, "message").map(({ deletedBy: _, ...message }) => message);
  expect(messages).toEqual(shown);
  expect(of(whole, "message").filter(({ deletedBy }) => deletedBy !== null)).toMatchObject([
    { seq: seqs[3], text: "", deletedBy: ann.id },
  ]);
  const reactions = [ann.id, bob.id].sort().map((userId) => ({ seq: seqs[1], emoji: "👍", userId }));
  expect(of(whole, "reaction")).toEqual(reactions);
  expect(of(whole, "pin")).toEqual([{ seq: seqs[1], userId: ann.id }]);
  expect([...new Set(whole.map(({ type }) => type))]).toEqual(["room", "person", "message", "reaction", "pin"]);

  await trimTo(stub, 150);
  expect(await lines(`/api/rooms/${id}/export`, ann)).toEqual(whole);
});

it("a room is exported by its owners and moderators alone", async () => {
  const [ann, mod, bob, eve, out] = [await account(), await guest(), await guest(), await guest(), await guest()];
  const [secret, open] = [await room(ann, "private"), await room(ann)];
  for (const id of [secret, open]) {
    await add(id, mod, "moderator");
    await add(id, bob);
    await add(id, out, "banned");
  }
  const asked = async (id: string, person?: Person) => {
    const answer = await call("GET", `/api/rooms/${id}/export`, person && { token: person.token });
    return refusal(answer);
  };
  expect((await asked(secret, mod))[0]).toBe(200);
  for (const [id, person, refused] of [
    [secret, bob, [403, "forbidden"]],
    [open, bob, [403, "forbidden"]],
    [secret, eve, [404, "not_found"]],
    [open, eve, [403, "forbidden"]],
    [secret, out, [403, "banned"]],
    [secret, undefined, [401, "unauthenticated"]],
    ["no-such-room", ann, [404, "not_found"]],
  ] as const)
    expect([id, await asked(id, person)]).toEqual([id, refused]);
});

it("a person: the account, memberships, every message and reaction of theirs, also those the archive has not yet", async () => {
  const [ann, bob] = [await account("Ann"), await account("Bob")];
  const [one, two] = [await quietRoom(ann), await quietRoom(ann)];
  const left = await quietRoom(ann);
  for (const { id } of [one, two, left]) await add(id, bob);
  const file = await upload(bob, one.id, "f.txt");
  const said = [await say(one.id, bob, "first", [file]), await say(one.id, bob, "second")];
  await say(one.id, ann, "of another");
  const goodbye = await say(left.id, bob, "goodbye");
  await call("PUT", `/api/rooms/${one.id}/messages/${said[0]}/reactions/%F0%9F%91%8D`, { token: bob.token });
  await call("PUT", `/api/rooms/${one.id}/messages/${said[0]}/reactions/%F0%9F%91%8D`, { token: ann.token });
  for (const { stub } of [one, two, left]) await drained(stub);
  await env.DB.prepare("UPDATE member SET role = 'banned' WHERE room_id = ? AND user_id = ?")
    .bind(left.id, bob.id)
    .run();
  const hour = 3_600_000;
  for (const { stub } of [one, two]) await tune(stub, { archiveFlushMs: hour, archiveFlushEntries: 1e6 });
  const late = [await say(two.id, bob, "not archived"), await say(one.id, bob, "nor this")];
  await say(two.id, ann, "of another");
  expect((await two.stub.stats()).archivedSeq).toBe(0);

  const all = await lines("/api/users/me/export", bob);
  expect(of(all, "account")).toMatchObject([
    { id: bob.id, name: "Bob", email: expect.stringContaining("@"), guest: false },
  ]);
  expect(of(all, "account")[0]?.["createdAt"]).toBeGreaterThan(0);
  expect(of(all, "membership").map(({ roomId, role, title }) => [roomId, role, title])).toEqual(
    [
      [one.id, "member", "A room"],
      [two.id, "member", "A room"],
      [left.id, "banned", null],
    ].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
  const texts = of(all, "message").map(({ roomId, seq, text }) => [roomId, seq, text]);
  expect(texts.slice(0, 3)).toEqual(
    expect.arrayContaining([
      [one.id, said[0], "first"],
      [one.id, said[1], "second"],
      [left.id, goodbye, "goodbye"],
    ]),
  );
  expect(texts.slice(3)).toEqual(
    expect.arrayContaining([
      [two.id, late[0], "not archived"],
      [one.id, late[1], "nor this"],
    ]),
  );
  expect(texts).toHaveLength(5);
  expect(of(all, "message").find(({ seq }) => seq === said[0])).toMatchObject({ files: [{ id: file, name: "f.txt" }] });
  expect(of(all, "reaction")).toEqual([{ roomId: one.id, seq: said[0], emoji: "👍" }]);
  for (const line of all) expect(JSON.stringify(line)).not.toContain("of another");
  expect((await call("GET", "/api/users/me/export")).status).toBe(401);
});

it("what fails on the way cuts the answer short, and the last line is missing", async () => {
  const ann = await account();
  const { id } = await quietRoom(ann);
  await say(id, ann, "text");
  const prepare = (sql: string) => {
    if (sql.includes("FROM reaction")) throw new Error("D1 is down");
    return env.DB.prepare(sql);
  };
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const vars = { DB: { prepare, batch: env.DB.batch.bind(env.DB) } };
  await expect(call("GET", `/api/rooms/${id}/export`, { token: ann.token, vars })).rejects.toThrow("D1 is down");
  logged.mockRestore();
});

it("a reader who goes ends the reading; nothing is read before it is asked for", async () => {
  const { ndjson } = await import("./ndjson");
  let [read, ended] = [0, false];
  async function* pages() {
    try {
      for (; ; read++) yield [{ type: "n", n: read }];
    } finally {
      ended = true;
    }
  }
  const reader = ndjson("x", pages()).body!.getReader();
  for (let n = 0; n < 3; n++) await reader.read();
  expect(read).toBeLessThan(6);
  await reader.cancel();
  expect([read < 6, ended]).toEqual([true, true]);
});
