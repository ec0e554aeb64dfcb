// The daily sweep takes what is over and nothing else.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { account, guest, join } from "../../../tests/worker/http-client";
import { scheduled } from "../app";

const DAY_MS = 86_400_000;
const count = async (sql: string, ...values: unknown[]) =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${sql}`)
    .bind(...values)
    .first<{ n: number }>())!.n;
const age = (id: string, days: number) =>
  env.DB.prepare("UPDATE user SET created_at = ? WHERE id = ?")
    .bind(Date.now() - days * DAY_MS, id)
    .run();
const end = (id: string) =>
  env.DB.prepare("UPDATE session SET expires_at = ? WHERE user_id = ?")
    .bind(Date.now() - 1, id)
    .run();

it("sweeps sessions, verifications and guests that are over, with the guests' memberships", async () => {
  const [lost, old, young, person] = [await guest(), await guest(), await guest(), await account()];
  for (const { id } of [lost, old, person]) await age(id, 8);
  for (const { id } of [lost, young, person]) await end(id);
  for (const who of [lost, old, young])
    await env.DB.prepare("INSERT INTO member VALUES ('lobby', ?, 'member', 0, 0, 0)").bind(who.id).run();
  const verification =
    "INSERT INTO verification (id, identifier, value, expires_at, updated_at) VALUES (?, 'i', 'v', ?, 0)";
  await env.DB.prepare(verification)
    .bind("over", Date.now() - 1)
    .run();
  await env.DB.prepare(verification)
    .bind("open", Date.now() + DAY_MS)
    .run();
  expect((await join(old, "lobby")).status).toBe(200);

  await scheduled({ cron: "17 3 * * *" }, env);

  expect(await count("user WHERE id = ?", lost.id)).toBe(0);
  for (const { id } of [old, young, person]) expect(await count("user WHERE id = ?", id)).toBe(1);
  expect(await count("session WHERE user_id IN (?, ?, ?)", lost.id, young.id, person.id)).toBe(0);
  expect(await count("session WHERE user_id = ?", old.id)).toBe(1);
  expect(await count("member WHERE user_id = ?", lost.id)).toBe(0);
  expect(await count("member WHERE user_id IN (?, ?)", old.id, young.id)).toBe(2);
  expect(await count("verification WHERE id = 'over'")).toBe(0);
  expect(await count("verification WHERE id = 'open'")).toBe(1);
});
