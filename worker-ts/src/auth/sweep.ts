// The daily sweep: sessions and verifications that are over, and guests that nobody can be any more.
import { and, eq, lt, notExists } from "drizzle-orm";
import { type Bindings, database, now } from "../platform";
import { rate_limit, session, user, verification } from "./schema";

const DAY_MS = 86_400_000;
/** How long a guest without a session is kept. */
const GUEST_MS = 7 * DAY_MS;

/** Deletes what is over. Resolves to the ids of the guests that went, so that others can forget them too. */
export async function sweep(env: Bindings): Promise<string[]> {
  const db = database(env);
  const at = now();
  await db.batch([
    db.delete(session).where(lt(session.expiresAt, new Date(at))),
    db.delete(verification).where(lt(verification.expiresAt, new Date(at))),
    db.delete(rate_limit).where(lt(rate_limit.lastRequest, at - DAY_MS)),
  ]);
  // a guest has no password: without a session the account is lost to its person
  const open = db.select({ id: session.id }).from(session).where(eq(session.userId, user.id));
  const gone = await db
    .delete(user)
    .where(and(eq(user.isAnonymous, true), lt(user.createdAt, new Date(at - GUEST_MS)), notExists(open)))
    .returning({ id: user.id });
  return gone.map(({ id }) => id);
}
