// The table `chore` in D1: work that has been begun and must be finished. A row is put down in the transaction that makes the work
// necessary, and taken out when it is done; every kind may be done twice.
import type { chore } from "../schema";

/** What a kind of chore needs beside its subject. */
export interface ChoreBodies {
  /** The room `subject` was deleted. */
  readonly "remove-room": { readonly purge: boolean };
  /**
   * The account of the user `subject` was deleted; `messages`: all that it wrote goes too. `after`: rooms up to this one are done, but for
   * one that failed perhaps, `missed` ("" = none).
   */
  readonly "erase-user": { readonly messages: boolean; readonly after: string; readonly missed: string };
  /** The guest `subject` became this user. `rooms`: those not told yet, with the role that the user had there before ("" = none). */
  readonly "adopt-guest": { readonly userId: string; readonly rooms: Readonly<Record<string, string>> };
}

/** Kind of a chore. */
export type ChoreKind = (typeof chore.$inferSelect)["kind"] & keyof ChoreBodies;

/** One piece of work; `at` (ms since 1970) is when it was put down. */
export interface Chore<K extends ChoreKind = ChoreKind> {
  readonly kind: K;
  /** Id of what it is about. */
  readonly subject: string;
  readonly body: ChoreBodies[K];
  readonly at: number;
}

/** Any chore, as read back. */
export type AnyChore = { [K in ChoreKind]: Chore<K> }[ChoreKind];

type Database = Pick<D1Database, "prepare">;

/** The id of a chore's row. */
export const choreId = ({ kind, subject }: Pick<Chore, "kind" | "subject">): string => `${kind}:${subject}`;

/**
 * Puts a chore down where `guard` holds (as in `addAudit`). One that is there already stays, and of both that which does more: true
 * in the new body is true from then on.
 */
export function addChore<K extends ChoreKind>(
  db: Database,
  chore: Chore<K>,
  guard = "1",
  values: readonly unknown[] = [],
): D1PreparedStatement {
  const n = values.length;
  const more = Object.entries(chore.body).filter(([, value]) => value === true);
  const raised = more.map(([name]) => `, '$.${name}', json('true')`).join("");
  return db
    .prepare(
      `INSERT INTO chore(id, kind, body, at) SELECT ?${n + 1}, ?${n + 2}, ?${n + 3}, ?${n + 4} WHERE ${guard}
      ON CONFLICT(id) DO UPDATE SET body = ${raised === "" ? "body" : `json_set(body${raised})`}`,
    )
    .bind(...values, choreId(chore), chore.kind, JSON.stringify(chore.body), chore.at);
}

/** The chore of this id, while it is not done. */
export async function findChore(db: Database, id: string): Promise<AnyChore | undefined> {
  const row = await db
    .prepare("SELECT kind, body, at FROM chore WHERE id = ?1")
    .bind(id)
    .first<{ kind: ChoreKind; body: string; at: number }>();
  if (row === null) return undefined;
  const { kind, body, at } = row;
  return { kind, at, subject: id.slice(kind.length + 1), body: JSON.parse(body) } as AnyChore;
}

/** Notes how far a chore has come. */
export async function noteProgress(db: Database, id: string, after: string, missed: string): Promise<void> {
  await db
    .prepare("UPDATE chore SET body = json_set(body, '$.after', ?2, '$.missed', ?3) WHERE id = ?1")
    .bind(id, after, missed)
    .run();
}

/** A chore is done. If it was put down again meanwhile with more to do, it stays. */
export async function dropChore(db: Database, id: string, done: Chore["body"]): Promise<void> {
  const more = Object.entries(done).filter(([, value]) => value === false);
  const same = more.map(([name]) => ` AND body->>'$.${name}' = 0`).join("");
  const none = "coalesce(body->>'$.rooms', '{}') = '{}'";
  await db.prepare(`DELETE FROM chore WHERE id = ?1 AND ${none}${same}`).bind(id).run();
}

/** A page of chores, the oldest first, behind the place of the page before; `next` is null at the end. */
export async function listOpenChores(
  db: Database,
  after: number | null,
  limit: number,
): Promise<{ chores: (AnyChore & { readonly id: string })[]; next: number | null }> {
  const { results } = await db
    .prepare(
      "SELECT id, kind, body, at, rowid AS place FROM chore WHERE ?1 IS NULL OR rowid > ?1 ORDER BY rowid LIMIT ?2",
    )
    .bind(after, limit + 1)
    .all<{ id: string; kind: ChoreKind; body: string; at: number; place: number }>();
  const shown = results.slice(0, limit);
  return {
    chores: shown.map(
      ({ id, kind, body, at }) =>
        ({ id, kind, at, subject: id.slice(kind.length + 1), body: JSON.parse(body) }) as AnyChore & { id: string },
    ),
    next: results.length > limit ? (shown.at(-1)?.place ?? null) : null,
  };
}

/** Chores are counted up to so many. */
const COUNTED_MAX = 10_000;

/** How many chores there are, and since when the oldest waits. */
export async function oldestChore(db: Database): Promise<{ count: number; oldestAt: number | null }> {
  const row = await db
    .prepare(`SELECT count(*) AS count, min(at) AS oldestAt FROM (SELECT at FROM chore LIMIT ${COUNTED_MAX})`)
    .first<{ count: number; oldestAt: number | null }>();
  return row ?? { count: 0, oldestAt: null };
}

/** Ids of the oldest chores, those put down before `time` (ms since 1970). */
export async function listChores(db: Database, time: number, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare("SELECT id FROM chore WHERE at < ?1 ORDER BY at, id LIMIT ?2")
    .bind(time, limit)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}
