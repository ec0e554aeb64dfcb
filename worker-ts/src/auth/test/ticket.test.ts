// Tickets: every bit counts, for one room and one minute.
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deriveKey, sign, toBase64url } from "../../platform";
import { issueTicket, TICKET_MS, verifyTicket } from "../ticket";

const SUBJECT = { room: "lobby", user: "u1", session: "s1" };
const refused = expect.objectContaining({ code: "unauthenticated" });
afterEach(() => vi.useRealTimers());

/** A ticket with these claims, signed with the server's own key. */
async function signed(claims: unknown, label = "ferrule-ticket-v1"): Promise<string> {
  const payload = toBase64url(new TextEncoder().encode(typeof claims === "string" ? claims : JSON.stringify(claims)));
  const key = await deriveKey(env.BETTER_AUTH_SECRET, label);
  return `${payload}.${toBase64url(await sign(key, payload))}`;
}

describe("a ticket", () => {
  it("says who it is for, until its minute is over", async () => {
    vi.useFakeTimers({ now: 1_000_000, toFake: ["Date"] });
    const { ticket, expiresAt } = await issueTicket(env, SUBJECT);
    expect(expiresAt).toBe(1_000_000 + TICKET_MS);
    vi.setSystemTime(expiresAt - 1);
    expect(await verifyTicket(env, ticket, "lobby")).toEqual({ ...SUBJECT, id: expect.any(String), expiresAt });
    vi.setSystemTime(expiresAt);
    await expect(verifyTicket(env, ticket, "lobby")).rejects.toEqual(refused);
  });

  it("fits its limit, and no two have one id", async () => {
    const long = { room: "x".repeat(48), user: "u".repeat(64), session: "s".repeat(64) };
    const tickets = await Promise.all(Array.from({ length: 20 }, () => issueTicket(env, long)));
    for (const { ticket } of tickets) expect(ticket.length).toBeLessThanOrEqual(1024);
    const ids = await Promise.all(tickets.map(async ({ ticket }) => (await verifyTicket(env, ticket, long.room)).id));
    expect(new Set(ids).size).toBe(20);
  });

  it("is refused with any single bit changed", async () => {
    const { ticket } = await issueTicket(env, SUBJECT);
    for (let at = 0; at < ticket.length; at++) {
      for (let bit = 0; bit < 7; bit++) {
        const changed =
          ticket.slice(0, at) + String.fromCharCode(ticket.charCodeAt(at) ^ (1 << bit)) + ticket.slice(at + 1);
        await expect(verifyTicket(env, changed, "lobby"), `${at}.${bit}`).rejects.toEqual(refused);
      }
    }
  });

  it("is refused cut short, lengthened, doubled and as nonsense", async () => {
    const { ticket } = await issueTicket(env, SUBJECT);
    const [payload, signature] = ticket.split(".") as [string, string];
    const bad = [
      ticket.slice(0, -1),
      `${ticket}A`,
      `${ticket}.${signature}`,
      `${payload}.`,
      `.${signature}`,
      payload,
      "",
      ".",
      "..",
      "é.é",
      "x".repeat(100_000),
      await signed("not JSON"),
      await signed("null"),
    ];
    for (const text of bad) await expect(verifyTicket(env, text, "lobby"), text.slice(0, 40)).rejects.toEqual(refused);
  });

  it("is refused for another room, with another secret, version, key or shape", async () => {
    const { ticket } = await issueTicket(env, SUBJECT);
    await expect(verifyTicket(env, ticket, "lobby2")).rejects.toEqual(refused);
    await expect(
      verifyTicket({ ...env, BETTER_AUTH_SECRET: `${env.BETTER_AUTH_SECRET}x` }, ticket, "lobby"),
    ).rejects.toEqual(refused);
    const claims = { v: 1, jti: "j", ...SUBJECT, exp: Date.now() + 1000 };
    await expect(verifyTicket(env, await signed(claims), "lobby")).resolves.toMatchObject({ id: "j" });
    for (const wrong of [
      { ...claims, v: 2 },
      { ...claims, exp: "never" },
      { ...claims, more: 1 },
      { ...claims, user: 1 },
    ])
      await expect(verifyTicket(env, await signed(wrong), "lobby")).rejects.toEqual(refused);
    await expect(verifyTicket(env, await signed(claims, "other-label"), "lobby")).rejects.toEqual(refused);
  });
});
