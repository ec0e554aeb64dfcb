// The tables `backup_run`, `backup_store` and `backup_kept`: what is under way. One thing at a time.
import { type Bindings, now, randomLetters } from "../platform";
import { LEASE_MS, STEP_STORES } from "./limits";

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
  const [id, at] = [randomLetters(ID_LETTERS), now()];
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

/** Notes of which store a cut is under way, "" = of none. */
export async function setOpen(db: Database, id: string, store: string): Promise<void> {
  await db.prepare("UPDATE backup_run SET open = ?2 WHERE id = ?1").bind(id, store).run();
}

/** Notes where a restore stands. */
export async function setPhase(db: Database, id: string, phase: string): Promise<void> {
  await db.prepare("UPDATE backup_run SET phase = ?2 WHERE id = ?1").bind(id, phase).run();
}

/** It is over. */
export async function endRun(db: Database, id: string): Promise<void> {
  await db.prepare("DELETE FROM backup_run WHERE id = ?1").bind(id).run();
}

/** Whether a backup was left lying. A restore never is: the target is of no use until it has ended. */
export const isStale = ({ kind, touchedAt }: Run): boolean => kind === "backup" && now() - touchedAt > LEASE_MS;

/** Notes all stores that the target has, as old. Those that are known already stay as they are. */
export async function noteStores(db: Database): Promise<void> {
  const add = (select: string) => db.prepare(`INSERT INTO backup_store(id, state) ${select} ON CONFLICT DO NOTHING`);
  await db.batch([
    add("SELECT 'room:' || id, 'old' FROM room WHERE true"),
    add("SELECT 'kernel:' || name, 'old' FROM backup_kernel WHERE true"),
    add("SELECT 'kernel:' || kernel, 'old' FROM kernel_meta WHERE true"),
    add("SELECT 'stream:' || run_id || '/' || name, 'old' FROM workflow_streams WHERE archived = 0"),
  ]);
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
export const KEEP_SESSIONS = `INSERT INTO backup_kept(kind, id, row) SELECT 'session', id, json_object('expires_at', expires_at,
    'token', token, 'created_at', created_at, 'updated_at', updated_at, 'ip_address', ip_address, 'user_agent', user_agent,
    'user_id', user_id) FROM session WHERE true ON CONFLICT DO NOTHING`;
/** So are accounts that were erased: what is restored must not bring them back. */
export const KEEP_ERASURES = `INSERT INTO backup_kept(kind, id, row) SELECT 'erasure', user_id, json_object('messages', messages,
    'at', at) FROM erasure WHERE true ON CONFLICT DO NOTHING`;

const BRING_SESSIONS = `INSERT INTO session(id, expires_at, token, created_at, updated_at, ip_address, user_agent, user_id)
  SELECT id, row->>'expires_at', row->>'token', row->>'created_at', row->>'updated_at', row->>'ip_address', row->>'user_agent',
    row->>'user_id' FROM backup_kept WHERE kind = 'session' AND row->>'user_id' IN (SELECT id FROM user) ON CONFLICT DO NOTHING`;
const BRING_ERASURES = `INSERT INTO erasure(user_id, messages, at)
  SELECT id, row->>'messages', row->>'at' FROM backup_kept WHERE kind = 'erasure'
  ON CONFLICT(user_id) DO UPDATE SET messages = max(messages, excluded.messages), at = max(at, excluded.at)`;

/** What was kept beside comes back. */
export async function bringKept(db: Database): Promise<void> {
  await db.batch([db.prepare(BRING_SESSIONS), db.prepare(BRING_ERASURES)]);
}

/** Nothing is kept any more, and no store is known. */
export async function forgetKept(db: Database): Promise<void> {
  await db.batch([db.prepare("DELETE FROM backup_kept"), db.prepare("DELETE FROM backup_store")]);
}
