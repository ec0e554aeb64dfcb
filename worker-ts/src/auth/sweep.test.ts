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

it("finds at the next sweep what a broken one left", async () => {
  const lost = await guest();
  await age(lost.id, 8);
  await end(lost.id);
  await env.DB.prepare("INSERT INTO member VALUES ('lobby', ?, 'member', 0, 0, 0)").bind(lost.id).run();
  const prepare = (sql: string) => {
    if (/^delete from "member"/i.test(sql)) throw new Error("the line broke");
    return env.DB.prepare(sql);
  };
  const broken = new Proxy(env.DB, {
    get: (db, name) => (name === "prepare" ? prepare : Reflect.get(db, name).bind(db)),
  });

  await expect(scheduled({ cron: "17 3 * * *" }, { ...env, DB: broken })).rejects.toThrow();
  await scheduled({ cron: "17 3 * * *" }, env);

  expect(await count("user WHERE id = ?", lost.id)).toBe(0);
  expect(await count("member WHERE user_id = ?", lost.id)).toBe(0);
});

it("sweeps many guests, in parts", async () => {
  const insert = env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201)
     INSERT INTO user (id, name, email, email_verified, created_at, updated_at, is_anonymous)
     SELECT 'many-' || i, 'Guest', 'many-' || i || '@guest.invalid', 0, 0, 0, 1 FROM n`,
  );
  await insert.run();
  await scheduled({ cron: "17 3 * * *" }, env);
  expect(await count("user WHERE id LIKE 'many-%'")).toBe(0);
});
