// Invitations: who may make them, what they are worth, that each use counts once, and that what was lost is made up for.
import { env } from "cloudflare:workers";
import { SYSTEM_EVENT } from "@ferrule/core";
import { describe, expect, it, vi } from "vitest";
import {
  account,
  type CallOptions,
  call,
  guest,
  join,
  ORIGIN,
  type Person,
  refusal,
  room,
} from "../../../../../tests/worker/support/http-client";
import { enter, roomOf } from "../../../../../tests/worker/support/room-client";

const DAY_MS = 86_400_000;

const invite = ({ token }: Person, id: string, body: unknown = {}) =>
  call("POST", `/api/rooms/${id}/invites`, { token, body });
const accept = ({ token }: Person, invitation: string, more: CallOptions = {}) =>
  call("POST", `/api/invites/${invitation}`, { token, ...more });
const put = ({ token }: Person, id: string, who: string, role: string) =>
  call("PUT", `/api/rooms/${id}/members/${who}`, { token, body: { role } });
const tokenOf = async (person: Person, id: string, body: unknown = {}) => (await invite(person, id, body)).body.token;
const members = async (id: string) =>
  (await env.DB.prepare("SELECT user_id, role FROM member WHERE room_id = ?").bind(id).all()).results.length;

describe("an invitation", () => {
  it("lets one in who has it, for seven days: the room is theirs to read, and told", async () => {
    const [owner, person] = [await account("Olga"), await guest()];
    const id = await room(owner, "private");
    const { client } = await enter(owner, id);
    const { status, body } = await invite(owner, id);
    expect([status, body]).toEqual([
      201,
      {
        token: expect.stringMatching(/^[\w-]{43}$/),
        url: `${ORIGIN}/invite/${body.token}`,
        expiresAt: expect.any(Number),
      },
    ]);
    expect(Math.abs(body.expiresAt - Date.now() - 7 * DAY_MS)).toBeLessThan(60_000);
    const entered = await accept(person, body.token);
    expect([entered.status, entered.body.id, entered.body.role]).toEqual([200, id, "member"]);
    const told = await client.pick("SYSTEM");
    expect([told.body.event, told.body.subject]).toEqual([SYSTEM_EVENT.JOINED, told.sender]);
    expect(client.strangers).toEqual([]);
    (await enter(person, id)).client.close();
    const { results } = await env.DB.prepare("SELECT token_hash FROM invite").all<{ token_hash: string }>();
    expect(results.map((row) => row.token_hash)).not.toContain(body.token);
  });

  it("has so many uses and no more, also when all come at once; who is in takes none, asked twice too", async () => {
    const owner = await account();
    const id = await room(owner, "private");
    const token = await tokenOf(owner, id, { uses: 3 });
    const people = await Promise.all(Array.from({ length: 6 }, () => guest()));
    const answers = await Promise.all(people.flatMap((person) => [accept(person, token), accept(person, token)]));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(6);
    for (const [i, answer] of answers.entries()) {
      expect(answer.status).toBe(answers[i ^ 1]!.status);
      if (answer.status !== 200) expect(refusal(answer)).toEqual([404, "not_found"]);
    }
    expect(await members(id)).toBe(4);
    const inside = people[statuses.indexOf(200) >> 1]!;
    for (const person of [inside, owner]) expect((await accept(person, token)).status).toBe(200);
    expect(refusal(await accept(await guest(), token))).toEqual([404, "not_found"]);
  });

  it("is one of moderators by owners only; members make none; nobody rises by one who is in already", async () => {
    const [owner, moderator, member, other] = [await account(), await account(), await account(), await account()];
    const id = await room(owner);
    for (const person of [moderator, member]) await join(person, id);
    await put(owner, id, moderator.id, "moderator");
    expect(refusal(await invite(member, id))).toEqual([403, "forbidden"]);
    expect(refusal(await invite(moderator, id, { role: "moderator" }))).toEqual([403, "forbidden"]);
    expect(refusal(await invite(owner, id, { role: "owner" }))).toEqual([400, "bad_request"]);
    const token = await tokenOf(owner, id, { role: "moderator" });
    expect((await accept(member, token)).body.role).toBe("member");
    expect((await accept(other, token)).body.role).toBe("moderator");
    const { client, welcome } = await enter(other, id);
    expect(welcome.body.role).toBe(2);
    await client.close();
  });

  it("ends with its time, with its room, and with what its maker may", async () => {
    const [owner, moderator] = [await account(), await account()];
    const id = await room(owner, "private");
    await accept(moderator, await tokenOf(owner, id));
    await put(owner, id, moderator.id, "moderator");
    const token = await tokenOf(moderator, id, { uses: 9 });
    for (const role of ["member", "banned"]) {
      await put(owner, id, moderator.id, role);
      expect([role, ...refusal(await accept(await guest(), token))]).toEqual([role, 404, "not_found"]);
    }
    await put(owner, id, moderator.id, "moderator");
    expect((await accept(await guest(), token)).status).toBe(200);
    await env.DB.prepare("UPDATE invite SET expires_at = ? WHERE room_id = ?")
      .bind(Date.now() - 1, id)
      .run();
    expect(refusal(await accept(await guest(), token))).toEqual([404, "not_found"]);
    const last = await tokenOf(owner, id);
    await call("DELETE", `/api/rooms/${id}`, { token: owner.token });
    expect(refusal(await accept(await guest(), last))).toEqual([404, "not_found"]);
  });

  it("lets nobody in while its maker is disabled", async () => {
    const [owner, person] = [await account("Olga"), await account("Ann")];
    const invitation = await tokenOf(owner, await room(owner, "private"));
    const disable = (at: number | null) =>
      env.DB.prepare("UPDATE user SET disabled_at = ?2 WHERE id = ?1").bind(owner.id, at).run();
    await disable(1);
    expect(refusal(await accept(person, invitation))).toEqual([404, "not_found"]);
    await disable(null);
    expect((await accept(person, invitation)).status).toBe(200);
  });

  it("does not let in who is banned, and says so to them alone", async () => {
    const [owner, person] = [await account(), await guest()];
    const id = await room(owner, "private");
    const token = await tokenOf(owner, id, { uses: 5 });
    await accept(person, token);
    await put(owner, id, person.id, "banned");
    expect(refusal(await accept(person, token))).toEqual([403, "banned"]);
    expect(refusal(await accept(person, "A".repeat(43)))).toEqual([404, "not_found"]);
    for (const bad of ["x", "A".repeat(42), "A".repeat(44), `${"A".repeat(42)}!`])
      expect(refusal(await accept(person, bad))).toEqual([404, "not_found"]);
    expect(refusal(await call("POST", `/api/invites/${token}`))).toEqual([401, "unauthenticated"]);
  });

  it("keeps to its limits: uses, time, and how many of a room are open", async () => {
    const owner = await account();
    const id = await room(owner);
    const bad: [unknown, string][] = [
      [{ uses: 0 }, "uses"],
      [{ uses: 1_001 }, "uses"],
      [{ expiresAt: Date.now() - 1 }, "expiresAt"],
      [{ expiresAt: Date.now() + 30 * DAY_MS + 60_000 }, "expiresAt"],
      [{ role: "banned" }, "role"],
    ];
    for (const [body, field] of bad) {
      const answer = await invite(owner, id, body);
      expect([...refusal(answer), answer.body.error.field]).toEqual([400, "bad_request", field]);
    }
    expect((await invite(owner, id, { uses: 1_000, expiresAt: Date.now() + 29 * DAY_MS })).status).toBe(201);
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
      INSERT INTO invite SELECT ?1 || i, ?1, 'member', 'x', 0, ?2, 1 FROM n`,
    )
      .bind(id, Date.now() + DAY_MS)
      .run();
    expect(refusal(await invite(owner, id))).toEqual([409, "conflict"]);
    await env.DB.prepare("UPDATE invite SET uses_left = -1 WHERE token_hash = ?").bind(`${id}1`).run();
    expect((await invite(owner, id)).status).toBe(201);
  });

  it("a call to the room that was lost is made up for when it is used again", async () => {
    const [owner, person] = [await account(), await guest()];
    const id = await room(owner, "private");
    const { client } = await enter(owner, id);
    const token = await tokenOf(owner, id);
    const lost = { ROOM: { getByName: () => ({ setRole: () => Promise.reject(new Error("lost")) }) } };
    const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(refusal(await accept(person, token, { vars: lost }))).toEqual([500, "internal"]);
    logged.mockRestore();
    for (let i = 0; i < 2; i++) expect((await accept(person, token)).status).toBe(200);
    expect((await client.pick("SYSTEM")).body.event).toBe(SYSTEM_EVENT.JOINED);
    expect(await client.rest()).not.toContain("SYSTEM");
    expect((await roomOf(id).stats()).headSeq).toBe(1);
  });
});
