// The daily sweep: sessions and verifications that are over, and guests that nobody can be any more.
import { and, eq, lt, notExists, sql } from "drizzle-orm";
import { type Bindings, database, now } from "../platform";
import { rate_limit, session, user, verification } from "./schema";

const DAY_MS = 86_400_000;
/** How long a guest without a session is kept. */
const GUEST_MS = 7 * DAY_MS;

/** Guests that go at once: their ids are one parameter, and D1 takes 2 MB at most. */
const GUESTS_AT_ONCE = 1_000;

/**
 * Deletes what is over. `forget` hears which guests go, before they do: whatever breaks in between, the guests are still
 * there for the next sweep to find.
 */
export async function sweep(env: Bindings, forget: (userIds: readonly string[]) => Promise<void>): Promise<void> {
  const db = database(env);
  const at = now();
  await db.batch([
    db.delete(session).where(lt(session.expiresAt, new Date(at))),
    db.delete(verification).where(lt(verification.expiresAt, new Date(at))),
    db.delete(rate_limit).where(lt(rate_limit.lastRequest, at - DAY_MS)),
  ]);
  // a guest has no password: without a session the account is lost to its person
  const open = db.select({ id: session.id }).from(session).where(eq(session.userId, user.id));
  const lost = and(eq(user.isAnonymous, true), lt(user.createdAt, new Date(at - GUEST_MS)), notExists(open));
  for (;;) {
    const ids = (await db.select({ id: user.id }).from(user).where(lost).limit(GUESTS_AT_ONCE)).map(({ id }) => id);
    if (ids.length === 0) return;
    await forget(ids);
    await db.delete(user).where(sql`${user.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
  }
}
