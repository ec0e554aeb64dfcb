// What a restore does before the rows and after them, a piece at a call: no request lasts long, whatever the target holds. The phases, in
// order: lock (objects are emptied, nobody gets in), wipe (D1 and the buckets), rows (they come), erase (accounts deleted since),
// stores (objects open again under a new epoch), wake (runs, lists), end.
import type { Bindings } from "../../platform";
import { quoted } from "../copy/cut";
import { LISTED_MAX, STEP_ERASED, WIPE_ROWS } from "../limits";
import type { BackupPorts, ErasedUser } from "../ports";
import {
  bringKept,
  endRun,
  forgetKept,
  type Run,
  setOpen,
  setPhase,
  setStore,
  standsAt,
  storesIn,
  turnOf,
} from "../run-table";
import { DATABASE_STORES, type DatabaseStore, type ObjectKind, parseStore } from "../stores";
import { bucketOf, stubOf } from "./store";

/** Where a restore stands; `left` is how many are left of what it does now, where that is known. */
export interface Step {
  readonly phase: string;
  readonly left: number | null;
}

type Work = (env: Bindings, ports: BackupPorts, run: Run) => Promise<boolean>;

/** Each does a piece of its phase; true when there is no more of it. */
const WORK: Readonly<Record<string, { readonly next: string; readonly work: Work }>> = {
  lock: { next: "wipe", work: lock },
  wipe: { next: "rows", work: wipe },
  erase: { next: "stores", work: erase },
  stores: { next: "wake", work: openStores },
  wake: { next: "end", work: wake },
};

/** Does the next piece. Rows have all come once somebody wants the end. */
export async function takeStep(env: Bindings, ports: BackupPorts, run: Run, to: "rows" | "end"): Promise<Step> {
  let { phase } = run;
  if (phase === "rows" && to === "end") phase = "erase";
  const found = WORK[phase];
  if (found !== undefined && (await found.work(env, ports, run))) phase = found.next;
  if (phase === "end") await endRun(env.DB, run.id);
  else if (phase !== run.phase) await setPhase(env.DB, run, phase);
  return { phase, left: await count(env) };
}

const count = (env: Bindings) =>
  env.DB.prepare("SELECT count(*) AS n FROM backup_store WHERE state <> 'done'").first<number>("n");

async function lock(env: Bindings, ports: BackupPorts, run: Run): Promise<boolean> {
  const stores = await storesIn(env.DB, ["old"]);
  for (const { id } of stores) {
    const store = parseStore(id);
    if (store?.in === "object") await stubOf(env, ports, store.kind, store.name).emptied(turnOf(run, 0));
    await setStore(env.DB, id, "locked");
  }
  return stores.length === 0;
}

/**
 * Holds while the restore `?1` stands at this phase, in the same transaction: a call that comes late would take what has come since.
 * Workflows may have a database of their own, which knows of no restore.
 */
const HERE = "EXISTS (SELECT 1 FROM backup_run WHERE id = ?1 AND phase = 'wipe')";
const NOT_ELSEWHERE = "NOT EXISTS (SELECT 1 FROM backup_run WHERE id <> ?1 OR phase <> 'wipe')";

async function wipe(env: Bindings, _: BackupPorts, run: Run): Promise<boolean> {
  for (const [store, names] of Object.entries(DATABASE_STORES)) {
    const [db, guard] =
      store === ("workflow" satisfies DatabaseStore) ? [env.WORKFLOW_DB, NOT_ELSEWHERE] : [env.DB, HERE];
    // rows that others refer to go last
    for (const name of [...names].reverse()) if (await wipeSome(db, name, guard, run.id)) return false;
  }
  await env.WORKFLOW_DB.prepare(`DELETE FROM workflow_idempotency WHERE ${NOT_ELSEWHERE}`).bind(run.id).run();
  for (const bucket of [bucketOf(env, "files"), bucketOf(env, "workflow")]) {
    const { objects } = await bucket.list({ limit: LISTED_MAX });
    if (objects.length === 0) continue;
    if (!(await standsAt(env.DB, run))) return false;
    await bucket.delete(objects.map(({ key }) => key));
    return false;
  }
  return true;
}

/** Whether there was something. */
async function wipeSome(db: D1Database, table: string, guard: string, run: string): Promise<boolean> {
  const { results } = await db
    .prepare(`SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk`)
    .bind(table)
    .all<{ name: string }>();
  const key = results.map(({ name }) => quoted(name)).join(", ");
  const name = quoted(table);
  const sql = `DELETE FROM ${name} WHERE (${key}) IN (SELECT ${key} FROM ${name} LIMIT ${WIPE_ROWS}) AND ${guard} RETURNING 1`;
  return (await db.prepare(sql).bind(run).all()).results.length > 0;
}

/** A chore of an erasure that was under way when the backup was made has ended by then. */
const CHORE_MS = 7 * 86_400_000;

/** Accounts that were deleted, as far as the backup may have something of them. */
async function erasedSince({ DB }: Bindings, madeAt: number): Promise<ErasedUser[]> {
  const sql =
    "SELECT user_id AS userId, messages FROM erasure WHERE at >= ?1 OR user_id IN (SELECT id FROM user) ORDER BY user_id";
  const { results } = await DB.prepare(sql)
    .bind(madeAt - CHORE_MS)
    .all<{ userId: string; messages: number }>();
  return results.map(({ userId, messages }) => ({ userId, messages: messages === 1 }));
}

/** Some at a time, in the order of their ids: `open` is the last. */
async function erase(env: Bindings, ports: BackupPorts, { id, madeAt, open }: Run): Promise<boolean> {
  if (open === "") await bringKept(env.DB);
  const users = (await erasedSince(env, madeAt)).filter(({ userId }) => userId > open).slice(0, STEP_ERASED);
  if (users.length > 0) await ports.erase(env, users);
  await setOpen(env.DB, id, users.at(-1)?.userId ?? open);
  return users.length === 0;
}

/** What the backup has nothing of is gone with the rest of the target. */
const KNOWN = {
  room: "SELECT 1 FROM room WHERE id = ?1",
  kernel: "SELECT 1 FROM backup_kernel WHERE name = ?1 UNION SELECT 1 FROM kernel_meta WHERE kernel = ?1",
  stream: "SELECT 1 FROM workflow_streams WHERE run_id || '/' || name = ?1",
} as const;

async function openStores(env: Bindings, ports: BackupPorts, { madeAt }: Run): Promise<boolean> {
  const stores = await storesIn(env.DB, ["locked", "pasted"]);
  const erased = stores.length === 0 ? [] : await erasedSince(env, madeAt);
  for (const { id, state } of stores) {
    const store = parseStore(id);
    if (store?.in === "object") await openStore(env, ports, { ...store, pasted: state === "pasted" }, erased);
    await setStore(env.DB, id, "done");
  }
  return stores.length === 0;
}

async function openStore(
  env: Bindings,
  ports: BackupPorts,
  { kind, name, pasted }: { readonly kind: ObjectKind; readonly name: string; readonly pasted: boolean },
  erased: readonly ErasedUser[],
): Promise<void> {
  const db = kind === "stream" ? env.WORKFLOW_DB : env.DB;
  const known = (await db.prepare(KNOWN[kind]).bind(name).first()) !== null;
  // of a stream that was sealed meanwhile the buckets have everything, and no rows come
  if (!known || (kind === "stream" && !pasted)) return ports[kind](env, name).clear();
  await ports[kind](env, name).restored(erased);
  if (kind === "room") await prune(env, name, await ports.room(env, name).headSeq());
}

/** What the archive tells of entries that the room does not have goes: they will be others. */
async function prune({ DB }: Bindings, room: string, head: number): Promise<void> {
  await DB.batch(
    [
      "DELETE FROM message WHERE room_id = ?1 AND seq > ?2",
      "DELETE FROM reaction WHERE room_id = ?1 AND (seq > ?2 OR target_seq > ?2)",
      "DELETE FROM pin WHERE room_id = ?1 AND (seq > ?2 OR target_seq > ?2)",
      "UPDATE file SET seq = NULL WHERE room_id = ?1 AND seq > ?2",
      "UPDATE room SET head_seq = min(head_seq, ?2) WHERE id = ?1",
      "UPDATE member SET read_seq = min(read_seq, ?2) WHERE room_id = ?1",
    ].map((sql) => DB.prepare(sql).bind(room, head)),
  );
}

async function wake(env: Bindings, ports: BackupPorts): Promise<boolean> {
  await ports.relist(env);
  await ports.revive(env);
  await forgetKept(env.DB);
  return true;
}
