// How often the password of one account may be guessed at, from wherever: Better Auth's own limit is for each caller's address, and
// who has many addresses has many limits. Kept in its table, and alike for accounts that are not there; beside it, what else a user may
// do so and so often.
import { eq, sql } from "drizzle-orm";
import { type Bindings, database, digest, now } from "../platform";
import { rate_limit } from "./schema";

/** So many wrong passwords for one account in SIGN_IN_WINDOW_MS; then even the right one has to wait. */
export const SIGN_IN_FAILURES_MAX = 20;
export const SIGN_IN_WINDOW_MS = 900_000;

/** Counts a try before it is made, so that many at once count as many. Answers how long (ms) to wait; 0 for not at all. */
export async function countAttempt(env: Bindings, email: string): Promise<number> {
  if (env.AUTH_RATE_LIMIT === "off") return 0;
  return count(env, await keyOf(email), { max: SIGN_IN_FAILURES_MAX, windowMs: SIGN_IN_WINDOW_MS });
}

/** How often something may be done: `max` times in a window that begins with the first. */
export interface UseLimit {
  readonly max: number;
  readonly windowMs: number;
}

/** The same for what a user does elsewhere: `what` names it, and nobody else's uses count. */
export async function countUse(env: Bindings, what: string, userId: string, limit: UseLimit): Promise<number> {
  return env.AUTH_RATE_LIMIT === "off" ? 0 : count(env, `${what}|${userId}`, limit);
}

async function count(env: Bindings, key: string, { max, windowMs }: UseLimit): Promise<number> {
  const at = now();
  const ends = at + windowMs;
  // `last_request` is the end of the window: Better Auth deletes rows whose last request is a minute old
  const over = sql`${rate_limit.lastRequest} <= ${at}`;
  const [row] = await database(env)
    .insert(rate_limit)
    .values({ id: key, key, count: 1, lastRequest: ends })
    .onConflictDoUpdate({
      target: rate_limit.key,
      set: {
        count: sql`CASE WHEN ${over} THEN 1 ELSE ${rate_limit.count} + 1 END`,
        lastRequest: sql`CASE WHEN ${over} THEN ${ends} ELSE ${rate_limit.lastRequest} END`,
      },
    })
    .returning();
  return row!.count > max ? row!.lastRequest - at : 0;
}

/** The password was right: what was tried before counts no more. */
export async function forgetAttempts(env: Bindings, email: string): Promise<void> {
  if (env.AUTH_RATE_LIMIT === "off") return;
  await database(env)
    .delete(rate_limit)
    .where(eq(rate_limit.key, await keyOf(email)));
}

/** The address itself stands nowhere in the table: somebody may have mistyped a password there. */
async function keyOf(email: string): Promise<string> {
  return `account|${await digest(email.toLowerCase())}`;
}
