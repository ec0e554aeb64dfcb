// Runs that ended long ago, and how they are forgotten: what lies in R2 first, then rows in slices, the run's own row last. So a removal
// that breaks off is begun again by whoever looks next. Streams are the caller's matter; when it is time, too.
import { type ReadPorts, readRows, type Statement, sendBatch, statement } from "../reader";

/** A run that is over. */
export interface EndedRun {
  readonly runId: string;
  readonly lastSlot: number;
}

/** Events of one statement: D1 gives a statement 30 s. */
const SLICE = 2_000;
/** Keys that R2 deletes at once. */
const KEYS_MAX = 1_000;

const ENDED =
  "SELECT id AS runId, last_slot AS lastSlot FROM workflow_runs WHERE status IN ('completed', 'failed', 'cancelled') AND last_event_at <= ?1 ORDER BY last_event_at LIMIT ?2";
const ENDED_OF =
  "SELECT id AS runId, last_slot AS lastSlot FROM workflow_runs WHERE owner_id = ?1 AND status IN ('completed', 'failed', 'cancelled') AND last_event_at <= ?2 LIMIT ?3";
const DROP_EVENTS = "DELETE FROM workflow_events WHERE run_id = ?1 AND slot <= ?2";
/** All tables that name a run, its own last. */
const DROP_ROWS = [
  "DELETE FROM workflow_steps WHERE run_id = ?1",
  "DELETE FROM workflow_waits WHERE run_id = ?1",
  "DELETE FROM workflow_hooks WHERE run_id = ?1",
  "DELETE FROM workflow_streams WHERE run_id = ?1",
  "DELETE FROM workflow_runs WHERE id = ?1",
];

/** Runs whose last event is not after `before`, the oldest first. */
export function findEndedRuns(ports: ReadPorts, before: number, limit: number): Promise<EndedRun[]> {
  return readRows<EndedRun>(ports, statement(ENDED, before, limit));
}

/** The same of one owner's, in no order. */
export function findEndedRunsOf(ports: ReadPorts, ownerId: string, before: number, limit: number): Promise<EndedRun[]> {
  return readRows<EndedRun>(ports, statement(ENDED_OF, ownerId, before, limit));
}

/** Removes a run's payloads and rows. */
export async function removeRun(
  ports: ReadPorts & { readonly bucket: R2Bucket },
  { runId, lastSlot }: EndedRun,
): Promise<void> {
  const folder = `payloads/${runId}/`;
  // an id may hold a "/": what lies deeper is another run's
  await removeKeys(ports.bucket, folder, (key) => !key.slice(folder.length).includes("/"));
  for (let slot = SLICE; slot < lastSlot; slot += SLICE) await sendBatch(ports, [statement(DROP_EVENTS, runId, slot)]);
  const rest: Statement[] = DROP_ROWS.map((sql) => statement(sql, runId));
  await sendBatch(ports, [statement(DROP_EVENTS, runId, Number.MAX_SAFE_INTEGER), ...rest]);
}

/** Removes what a prefix holds, as far as it is `ours`. */
export async function removeKeys(
  bucket: R2Bucket,
  prefix: string,
  ours: (key: string) => boolean = () => true,
): Promise<void> {
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await bucket.list({ prefix, limit: KEYS_MAX, ...(cursor !== undefined && { cursor }) });
    const keys = page.objects.map(({ key }) => key).filter(ours);
    if (keys.length > 0) await bucket.delete(keys);
    more = page.truncated;
    cursor = page.truncated ? page.cursor : undefined;
  }
}
