// The names of a run's streams in D1. A row says that there was a stream, and whether R2 has all of it; no chunk is told here.
// Without a session every call goes to the primary, so a read sees what was acknowledged before.
import type { StreamIdentity } from "./identity";

const ADD = `INSERT INTO workflow_streams(run_id, name, created_at) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING`;
const MARK = `UPDATE workflow_streams SET closed_at = ?3, chunk_count = ?4, archived = 1 WHERE run_id = ?1 AND name = ?2`;
const FIND = `SELECT archived FROM workflow_streams WHERE run_id = ?1 AND name = ?2`;
const LIST = `SELECT name FROM workflow_streams WHERE run_id = ?1 ORDER BY created_at, name`;

/** Notes that there is such a stream; twice is once. */
export async function addStream(db: D1Database, { runId, name }: StreamIdentity, now: number): Promise<void> {
  await db.prepare(ADD).bind(runId, name, now).run();
}

/** Notes that R2 has all of a stream that was closed at `closedAt`. */
export async function markArchived(
  db: D1Database,
  { runId, name }: StreamIdentity,
  closedAt: number,
  chunks: number,
): Promise<void> {
  await db.prepare(MARK).bind(runId, name, closedAt, chunks).run();
}

/** Whether R2 has all of a stream. */
export async function isArchived(db: D1Database, { runId, name }: StreamIdentity): Promise<boolean> {
  return (await db.prepare(FIND).bind(runId, name).first<number>("archived")) === 1;
}

/** The names of a run's streams, the oldest first. */
export async function listStreams(db: D1Database, runId: string): Promise<string[]> {
  const { results } = await db.prepare(LIST).bind(runId).all<{ name: string }>();
  return results.map(({ name }) => name);
}
