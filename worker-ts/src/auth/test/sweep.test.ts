// The daily sweep takes what is over and nothing else.
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { account, guest, join } from "../../../../tests/worker/support/http-client";
import { scheduled } from "../../app";

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

it("ends the runs of guests that go, and of no others", async () => {
  const [lost, old] = [await guest(), await guest()];
  for (const { id } of [lost, old]) {
    await age(id, 8);
    await env.DB.prepare(
      `INSERT INTO workflow_runs(id, name, status, owner_id, deployment_id, spec_version, created_at, last_slot, last_event_at)
       VALUES ('run-of-' || ?1, 'x', 'running', ?1, 'd', 7, 1, 1, 1)`,
    )
      .bind(id)
      .run();
  }
  await end(lost.id);
  await scheduled({ cron: "17 3 * * *" }, env);
  const run = ({ id }: { readonly id: string }) =>
    env.DB.prepare("SELECT owner_id AS owner, status FROM workflow_runs WHERE id = 'run-of-' || ?").bind(id).first();
  expect(await run(lost)).toEqual({ owner: "gone", status: "cancelled" });
  expect(await run(old)).toEqual({ owner: old.id, status: "running" });
});

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

it("sweeps guests, and all else, on a day on which what rooms keep cannot be swept", async () => {
  const lost = await guest();
  await age(lost.id, 8);
  await end(lost.id);
  const lease = "INSERT INTO socket_lease(session_id, room_id, user_id, expires_at) VALUES('over', 'lobby', ?, 1)";
  await env.DB.prepare(lease).bind(lost.id).run();
  const prepare = (sql: string) => {
    if (/^delete from (invite|dead_letter)/i.test(sql)) throw new Error("the line broke");
    return env.DB.prepare(sql);
  };
  const broken = new Proxy(env.DB, {
    get: (db, name) => (name === "prepare" ? prepare : Reflect.get(db, name).bind(db)),
  });
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await scheduled({ cron: "17 3 * * *" }, { ...env, DB: broken });
  expect(log).toHaveBeenCalledTimes(2);
  log.mockRestore();
  expect(await count("user WHERE id = ?", lost.id)).toBe(0);
  expect(await count("socket_lease WHERE session_id = 'over'")).toBe(0);
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
