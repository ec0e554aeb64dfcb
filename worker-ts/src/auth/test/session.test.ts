// Sessions by id, as tickets name them: the very session counts, not that its person has one.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  account,
  call,
  guest,
  openSocket,
  personOf,
  refusal,
  room,
} from "../../../../tests/worker/support/http-client";
import { findSession } from "..";

const sessionId = async (token: string): Promise<string> =>
  (await env.DB.prepare("SELECT id FROM session WHERE token = ?").bind(token.split(".")[0]).first<string>("id"))!;

/** An account that is signed in twice. */
async function twice() {
  const { email, password, ...first } = await account();
  const second = personOf(await call("POST", "/api/auth/sign-in/email", { body: { email, password } }));
  return { first, second, firstId: await sessionId(first.token), secondId: await sessionId(second.token) };
}

describe("findSession", () => {
  it("finds the person of exactly this session", async () => {
    const { first, firstId, secondId } = await twice();
    expect(firstId).not.toBe(secondId);
    expect(await findSession(env, firstId, first.id)).toMatchObject({ userId: first.id, sessionId: firstId });
    expect(await findSession(env, secondId, first.id)).toMatchObject({ userId: first.id, sessionId: secondId });
    expect(await findSession(env, "no-such-session", first.id)).toBeNull();
    expect(await findSession(env, firstId, (await guest()).id)).toBeNull();
  });

  it("finds none that is over, also while another of the same person goes on", async () => {
    const { first, firstId, secondId } = await twice();
    await env.DB.prepare("UPDATE session SET expires_at = ? WHERE id = ?")
      .bind(Date.now() - 1, firstId)
      .run();
    expect(await findSession(env, firstId, first.id)).toBeNull();
    expect(await findSession(env, secondId, first.id)).not.toBeNull();
  });
});

it("R38 a ticket ends with the session that asked for it, also while another of the same person goes on", async () => {
  const { first, second } = await twice();
  const id = await room(first);
  const ask = async (token: string) => (await call("POST", `/api/rooms/${id}/ticket`, { token })).body.ticket;
  const [dead, alive] = [await ask(first.token), await ask(second.token)];
  await call("POST", "/api/auth/sign-out", { token: first.token, body: {} });
  expect(refusal(await openSocket(id, {}, `ferrule.v1, ferrule.ticket.${dead}`))).toEqual([401, "unauthenticated"]);
  const { status, webSocket } = await openSocket(id, {}, `ferrule.v1, ferrule.ticket.${alive}`);
  expect(status).toBe(101);
  webSocket!.accept();
  webSocket!.close(1000);
});
