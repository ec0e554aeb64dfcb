// The tables `backup_run`, `backup_store` and `backup_kept`: what is under way. One thing at a time.
import { type Bindings, now, randomLetters } from "../platform";
import { LEASE_MS, LISTED_MAX, STEP_STORES } from "./limits";

/** What is under way; times are ms since 1970. */
export interface Run {
  readonly id: string;
  readonly kind: "backup" | "restore";
  readonly phase: string;
  readonly begunAt: number;
  readonly touchedAt: number;
  readonly madeAt: number;
  readonly open: string;
}

type Database = Bindings["DB"];

const ID_LETTERS = 20;
const FIND = `SELECT id, kind, phase, begun_at AS begunAt, touched_at AS touchedAt, made_at AS madeAt, open FROM backup_run`;

/** What is under way, if anything is. */
export const findRun = (db: Database): Promise<Run | null> => db.prepare(FIND).first<Run>();

/** Begins something: what was under way is not any more. Answers its id. */
export async function beginRun(db: Database, kind: Run["kind"], phase: string, madeAt: number): Promise<string> {
  const id = randomLetters(ID_LETTERS);
  // later than what was, whatever the clock says: turns (`turnOf`) go by it
  const at = Math.max(now(), ((await findRun(db))?.begunAt ?? 0) + 1);
  await db.batch([
    db.prepare("DELETE FROM backup_run"),
    db
      .prepare("INSERT INTO backup_run(id, kind, phase, begun_at, touched_at, made_at) VALUES(?1, ?2, ?3, ?4, ?4, ?5)")
      .bind(id, kind, phase, at, madeAt),
  ]);
  return id;
}

/** Notes that somebody is at it; false when it is over. */
export async function touchRun(db: Database, id: string, kind: Run["kind"]): Promise<boolean> {
  const sql = "UPDATE backup_run SET touched_at = ?3 WHERE id = ?1 AND kind = ?2 RETURNING id";
  return (await db.prepare(sql).bind(id, kind, now()).first()) !== null;
}

/** Notes of which store a cut is under way, "" = of none; of a restore how far its phase has come. False when it is over. */
export async function setOpen(db: Database, id: string, store: string): Promise<boolean> {
  const sql = "UPDATE backup_run SET open = ?2 WHERE id = ?1 RETURNING id";
  return (await db.prepare(sql).bind(id, store).first()) !== null;
}

/** Notes that a restore goes on; not that it goes back, which a call that comes late would make it. */
export async function setPhase(db: Database, { id, phase }: Pick<Run, "id" | "phase">, next: string): Promise<void> {
  const sql = "UPDATE backup_run SET phase = ?3, open = '' WHERE id = ?1 AND phase = ?2";
  await db.prepare(sql).bind(id, phase, next).run();
}

/** Whether a restore stands there still. */
export async function standsAt(db: Database, { id, phase }: Pick<Run, "id" | "phase">): Promise<boolean> {
  const sql = "SELECT 1 FROM backup_run WHERE id = ?1 AND phase = ?2";
  return (await db.prepare(sql).bind(id, phase).first()) !== null;
}

/** Whether a restore is under way; `unwoken`: and what it brings has not been told to go on. */
export async function isRestoring(db: Database, unwoken = false): Promise<boolean> {
  const sql = `SELECT 1 FROM backup_run WHERE kind = 'restore'${unwoken ? " AND phase <> 'wake'" : ""}`;
  return (await db.prepare(sql).first()) !== null;
}

/**
 * The turn of a call that empties an object: `place` is that of the store in the file, 0 before any. One that is greater came later, and
 * was meant later: calls are tried again, and the first of two may arrive behind the second.
 */
export const turnOf = ({ begunAt }: Pick<Run, "begunAt">, place: number): string =>
  `${String(begunAt).padStart(15, "0")}/${String(place).padStart(12, "0")}`;

/** It is over. */
export async function endRun(db: Database, id: string): Promise<void> {
  await db.prepare("DELETE FROM backup_run WHERE id = ?1").bind(id).run();
}

/** Whether a backup was left lying. A restore never is: the target is of no use until it has ended. */
export const isStale = ({ kind, touchedAt }: Run): boolean => kind === "backup" && now() - touchedAt > LEASE_MS;

/** An object of a stream that was closed so long ago (ms) has forgotten it. */
const CLOSED_MS = 86_400_000;
const STREAMS = `SELECT run_id || '/' || name AS name FROM workflow_streams
  WHERE (archived = 0 OR closed_at > ?2) AND run_id || '/' || name > ?1 ORDER BY run_id || '/' || name LIMIT ${LISTED_MAX}`;

/** Notes all stores that the target has, as old: those too that an interrupted restore has put in. */
export async function noteStores({ DB: db, WORKFLOW_DB }: Pick<Bindings, "DB" | "WORKFLOW_DB">): Promise<void> {
  const add = (select: string) => db.prepare(`INSERT INTO backup_store(id, state) ${select} ON CONFLICT DO NOTHING`);
  await db.batch([
    db.prepare("UPDATE backup_store SET state = 'old'"),
    add("SELECT 'room:' || id, 'old' FROM room WHERE true"),
    add("SELECT 'kernel:' || name, 'old' FROM backup_kernel WHERE true"),
    add("SELECT 'kernel:' || kernel, 'old' FROM kernel_meta WHERE true"),
  ]);
  // workflows may have a database of their own
  for (let after: string | undefined = ""; after !== undefined; ) {
    const found: D1Result<{ name: string }> = await WORKFLOW_DB.prepare(STREAMS)
      .bind(after, now() - CLOSED_MS)
      .all<{ name: string }>();
    const names = found.results.map(({ name }) => name);
    await add("SELECT 'stream:' || value, 'old' FROM json_each(?1) WHERE true").bind(JSON.stringify(names)).run();
    after = names.at(-1);
  }
}

/** Some stores in one of these states. */
export async function storesIn(db: Database, states: readonly string[]): Promise<{ id: string; state: string }[]> {
  const sql = `SELECT id, state FROM backup_store WHERE state IN (SELECT value FROM json_each(?1)) ORDER BY id LIMIT ${STEP_STORES}`;
  return (await db.prepare(sql).bind(JSON.stringify(states)).all<{ id: string; state: string }>()).results;
}

/** A store is so far. */
export async function setStore(db: Database, id: string, state: string): Promise<void> {
  const sql = "INSERT INTO backup_store(id, state) VALUES(?1, ?2) ON CONFLICT(id) DO UPDATE SET state = excluded.state";
  await db.prepare(sql).bind(id, state).run();
}

/** Sessions of the target are kept beside, for users that the backup has too. */
const KEEP_SESSIONS = `INSERT INTO backup_kept(kind, id, row) SELECT 'session', id, json_object('expires_at', expires_at,
    'token', token, 'created_at', created_at, 'updated_at', updated_at, 'ip_address', ip_address, 'user_agent', user_agent,
    'user_id', user_id) FROM session WHERE true ON CONFLICT DO NOTHING`;
/** So are accounts that were erased: what is restored must not bring them back. */
const KEEP_ERASURES = `INSERT INTO backup_kept(kind, id, row) SELECT 'erasure', user_id, json_object('messages', messages,
    'at', at) FROM erasure WHERE true ON CONFLICT DO NOTHING`;

const BRING_SESSIONS = `INSERT INTO session(id, expires_at, token, created_at, updated_at, ip_address, user_agent, user_id)
  SELECT id, row->>'expires_at', row->>'token', row->>'created_at', row->>'updated_at', row->>'ip_address', row->>'user_agent',
    row->>'user_id' FROM backup_kept WHERE kind = 'session' AND row->>'user_id' IN (SELECT id FROM user) ON CONFLICT DO NOTHING`;
const BRING_ERASURES = `INSERT INTO erasure(user_id, messages, at)
  SELECT id, row->>'messages', row->>'at' FROM backup_kept WHERE kind = 'erasure'
  ON CONFLICT(user_id) DO UPDATE SET messages = max(messages, excluded.messages), at = max(at, excluded.at)`;

/** Keeps beside what the target has now, and nothing else. */
export async function keep(db: Database): Promise<void> {
  await db.batch(["DELETE FROM backup_kept", KEEP_SESSIONS, KEEP_ERASURES].map((sql) => db.prepare(sql)));
}

/** What was kept beside comes back. */
export async function bringKept(db: Database): Promise<void> {
  await db.batch([db.prepare(BRING_SESSIONS), db.prepare(BRING_ERASURES)]);
}

/** Nothing is kept any more, and no store is known. */
export async function forgetKept(db: Database): Promise<void> {
  await db.batch([db.prepare("DELETE FROM backup_kept"), db.prepare("DELETE FROM backup_store")]);
}
