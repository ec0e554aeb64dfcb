// Users as an admin finds, counts and stops them. Whoever is disabled is nobody from then on: no session counts, none is made.
import { and, count, desc, eq, gt, lt, or, type SQL, sql } from "drizzle-orm";
import { type Bindings, database, now } from "../../platform";
import { session, user } from "../schema";
import { isAdmin } from "../session";

/** A user as an admin sees one. Times are ms since 1970. */
export interface UserRecord {
  readonly id: string;
  readonly name: string;
  readonly guest: boolean;
  readonly avatarUrl: string | null;
  /** Null for a guest. */
  readonly email: string | null;
  readonly admin: boolean;
  readonly createdAt: number;
  /** Since when the user may not sign in; null for all others. */
  readonly disabledAt: number | null;
}

/** Which users to list, the newest first: those that a text is found in, behind a place in the list. */
export interface UsersQuery {
  readonly q: string | null;
  /** `next` of the page before. */
  readonly after: number | null;
  readonly limit: number;
}

/** A page of users; `next` is null at the end. */
export interface UsersPage {
  readonly users: UserRecord[];
  readonly next: number | null;
}

/** The order in which the rows were added; no column of ours holds it. */
const place = sql<number>`${user}.rowid`;

/** Users by name, by e-mail, or by their whole id; guests have no e-mail to be found by. */
export async function listUsers(env: Bindings, { q, after, limit }: UsersQuery): Promise<UsersPage> {
  const found = q === null ? undefined : or(eq(user.id, q), contains(user.name, q), emailContains(q));
  const rows = await database(env)
    .select({ user, place })
    .from(user)
    .where(after === null ? found : sql`${found ?? sql`true`} AND ${lt(place, after)}`)
    .orderBy(desc(place))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  return {
    users: shown.map((row) => toRecord(env, row.user)),
    next: rows.length > limit ? (shown.at(-1)?.place ?? null) : null,
  };
}

/** How many users there are, of which sort, and how many sessions. Every row is counted. */
export async function countUsers(
  env: Bindings,
): Promise<{ total: number; guests: number; disabled: number; sessions: number }> {
  const db = database(env);
  const [[users], [sessions]] = await db.batch([
    db
      .select({ total: count(), guests: count(isTrue(eq(user.isAnonymous, true))), disabled: count(user.disabledAt) })
      .from(user),
    db
      .select({ open: count() })
      .from(session)
      .where(gt(session.expiresAt, new Date(now()))),
  ]);
  return { total: users!.total, guests: users!.guests, disabled: users!.disabled, sessions: sessions!.open };
}

/** What goes with disabling a user or letting one in again. */
export interface Disabling {
  /** Makes the statement that notes the change; run with it, it may write only where `guard` holds: SQL over `values` from ?1 on. */
  readonly note: (guard: string, values: readonly unknown[]) => D1PreparedStatement;
  /** Closes what rests on these sessions. */
  readonly close: (sessionIds: readonly string[]) => Promise<void>;
}

/** A user by the whole id; undefined when there is none. */
export async function findUser(env: Bindings, userId: string): Promise<UserRecord | undefined> {
  const [row] = await database(env).select().from(user).where(eq(user.id, userId));
  return row && toRecord(env, row);
}

/** Sessions of one user that are listed, the newest. */
const SESSIONS_MAX = 50;

/** An open session as an admin sees one. Times are ms since 1970. */
interface SessionRecord {
  readonly id: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** What the browser called itself; null where it said nothing. */
  readonly userAgent: string | null;
}

/** A user's open sessions, the newest first. */
export async function listSessions(env: Bindings, userId: string): Promise<SessionRecord[]> {
  const rows = await database(env)
    .select()
    .from(session)
    .where(and(eq(session.userId, userId), gt(session.expiresAt, new Date(now()))))
    .orderBy(desc(session.createdAt))
    .limit(SESSIONS_MAX);
  return rows.map(({ id, createdAt, expiresAt, userAgent }) => ({
    id,
    createdAt: createdAt.getTime(),
    expiresAt: expiresAt.getTime(),
    userAgent,
  }));
}

/**
 * Ends all sessions of a user and then has closed what rests on them; undefined when there is no such user, else how many were open.
 * Should the closing break it is done when it is asked for again, so it must find what is open without them.
 */
export async function endSessions(
  env: Bindings,
  userId: string,
  note: Disabling["note"],
  close: () => Promise<void>,
): Promise<number | undefined> {
  const [, ended] = await env.DB.batch([
    note("EXISTS (SELECT 1 FROM session WHERE user_id = ?1 AND expires_at > ?2)", [userId, now()]),
    env.DB.prepare("DELETE FROM session WHERE user_id = ?1 RETURNING 1").bind(userId),
  ]);
  if ((await findUser(env, userId)) === undefined) return undefined;
  await close();
  return ended?.results.length ?? 0;
}

/** Whether there is a change to make: the user is there, and is not yet as wanted. */
const CHANGES = "EXISTS (SELECT 1 FROM user WHERE id = ?1 AND (disabled_at IS NULL) = ?2)";

/**
 * Disables a user or lets one in again; undefined when there is none. The sessions that were open count for nothing by the time they
 * are closed, and go only after that: what breaks in between is done when it is asked for again.
 */
export async function disableUser(
  env: Bindings,
  userId: string,
  disabled: boolean,
  { note, close }: Disabling,
): Promise<UserRecord | undefined> {
  const wanted = disabled ? 1 : 0;
  const change =
    "UPDATE user SET disabled_at = iif(?2, ?3, NULL), updated_at = ?3 WHERE id = ?1 AND (disabled_at IS NULL) = ?2";
  await env.DB.batch([note(CHANGES, [userId, wanted]), env.DB.prepare(change).bind(userId, wanted, now())]);
  const db = database(env);
  const [row] = await db.select().from(user).where(eq(user.id, userId));
  if (row === undefined) return undefined;
  if (disabled) {
    const open = await db.select({ id: session.id }).from(session).where(eq(session.userId, userId));
    await close(open.map(({ id }) => id));
    await db.delete(session).where(eq(session.userId, userId));
  }
  return toRecord(env, row);
}

function toRecord(env: Bindings, row: typeof user.$inferSelect): UserRecord {
  const { id, name, email, image, createdAt, disabledAt } = row;
  const guest = row.isAnonymous === true;
  return {
    id,
    name,
    guest,
    avatarUrl: image,
    email: guest ? null : email,
    admin: isAdmin(env, row),
    createdAt: createdAt.getTime(),
    disabledAt,
  };
}

const isTrue = (condition: SQL) => sql`CASE WHEN ${condition} THEN 1 END`;

/** Whether a column holds the text, whatever the case of its plain letters. (LIKE takes patterns of 50 bytes in D1.) */
function contains(column: typeof user.name | typeof user.email, text: string): SQL {
  return sql`instr(lower(${column}), lower(${text})) > 0`;
}

function emailContains(text: string): SQL {
  return sql`(${user.isAnonymous} IS NOT 1 AND ${contains(user.email, text)})`;
}
