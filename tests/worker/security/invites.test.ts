// Invitations as somebody attacks them: guessing tokens, using one too often or too late, and making more than is good for a room.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { INVITES_PER_ROOM_MAX } from "../../../worker-ts/src/rooms/membership/invite-table";
import { account, call, guest, type Person, refusal, room } from "../support/http-client";
import { said } from "./every-route";

const DAY_MS = 86_400_000;
const make = (person: Person, id: string, body: object = {}) =>
  call("POST", `/api/rooms/${id}/invites`, { token: person.token, body });
const accept = (person: Person, token: string) => call("POST", `/api/invites/${token}`, { token: person.token });
const tokenOf = async (person: Person, id: string, body: object = {}) =>
  (await make(person, id, body)).body as unknown as { token: string };

describe("an invitation", () => {
  it("S29 is 32 random bytes that stand nowhere but in its own answer; a wrong one answers as one that never was", async () => {
    const [owner, stranger] = [await account(), await guest()];
    const id = await room(owner, "private");
    const tokens: string[] = [];
    for (let n = 0; n < 10; n++) tokens.push((await tokenOf(owner, id)).token);
    expect(new Set(tokens).size).toBe(10);
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/);
    const { results } = await env.DB.prepare("SELECT * FROM invite").all();
    for (const token of tokens) expect(JSON.stringify(results)).not.toContain(token);
    const first = tokens[0]!;
    const never = said(await accept(stranger, "A".repeat(43)));
    const flipped = first.replace(/^./, (letter) => (letter === "A" ? "B" : "A"));
    const hash = String(results[0]!["token_hash"]).slice(0, 43).padEnd(43, "A");
    for (const bad of [flipped, `${first.slice(1)}A`, hash])
      expect([bad, said(await accept(stranger, bad))]).toEqual([bad, never]);
    for (const bad of ["", "x", `${first}A`, `${first}%00`, first.slice(1), "..%2f.."])
      expect([bad, (await accept(stranger, bad)).status]).toEqual([bad, 404]);
    expect(refusal(await call("POST", `/api/invites/${first}`, { body: {} }))).toEqual([401, "unauthenticated"]);
    expect((await call("GET", `/api/rooms/${id}`, { token: stranger.token })).status).toBe(404);
  });

  it("S29 lets in as many as it says, however many come at once, and nobody once it is over", async () => {
    const owner = await account();
    const id = await room(owner, "private");
    const { token } = await tokenOf(owner, id, { uses: 2 });
    const people = await Promise.all([1, 2, 3, 4, 5].map(() => guest()));
    const answers = await Promise.all(people.map((person) => accept(person, token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 404, 404, 404]);
    const late = await tokenOf(owner, id);
    await env.DB.prepare("UPDATE invite SET expires_at = ?")
      .bind(Date.now() - 1)
      .run();
    expect((await accept(await guest(), late.token)).status).toBe(404);
  });

  it("S29 ends within 30 days, serves at most 1,000 people, makes nobody more than its maker may, and there are INVITES_PER_ROOM_MAX of a room", async () => {
    const [owner, member] = [await account(), await guest()];
    const id = await room(owner);
    const { token } = member;
    expect(refusal(await make(member, id))).toEqual([403, "forbidden"]);
    await call("PUT", `/api/rooms/${id}/members/self`, { token, body: { role: "member" } });
    expect(refusal(await make(member, id))).toEqual([403, "forbidden"]);
    await call("PUT", `/api/rooms/${id}/members/${member.id}`, { token: owner.token, body: { role: "moderator" } });
    expect(refusal(await make(member, id, { role: "moderator" }))).toEqual([403, "forbidden"]);
    for (const body of [
      { role: "owner" },
      { role: "banned" },
      { uses: 1_001 },
      { uses: 0 },
      { expiresAt: Date.now() + 31 * DAY_MS },
      { expiresAt: Date.now() - 1 },
      { createdBy: member.id },
    ])
      expect([body, ...refusal(await make(owner, id, body))]).toEqual([body, 400, "bad_request"]);
    expect((await make(owner, id, { uses: 1_000, expiresAt: Date.now() + 30 * DAY_MS - 60_000 })).status).toBe(201);
    for (let n = 1; n < INVITES_PER_ROOM_MAX; n++) expect((await make(owner, id)).status).toBe(201);
    expect(refusal(await make(owner, id))).toEqual([409, "conflict"]);
  });

  it("S29 is worth nothing to whoever is banned, nor once its maker could not make it any more", async () => {
    const [owner, moderator, banned] = [await account(), await guest(), await guest()];
    const id = await room(owner);
    const role = (person: Person, value: string) =>
      call("PUT", `/api/rooms/${id}/members/${person.id}`, { token: owner.token, body: { role: value } });
    for (const person of [moderator, banned])
      await call("PUT", `/api/rooms/${id}/members/self`, { token: person.token, body: { role: "member" } });
    await role(moderator, "moderator");
    const { token } = await tokenOf(moderator, id, { uses: 5 });
    await role(banned, "banned");
    expect(refusal(await accept(banned, token))).toEqual([403, "banned"]);
    await env.DB.prepare("UPDATE room SET visibility = 'private' WHERE id = ?").bind(id).run();
    await role(moderator, "banned");
    expect((await accept(await guest(), token)).status).toBe(404);
  });
});
