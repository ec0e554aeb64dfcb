// Runs as lists and pages show them: without payloads, with their owner and how far their log is. What a run holds is in runs.ts.
import { encodeCursor, type PageRequest, startOf } from "../cursor";
import { type ReadPorts, readRows, statement } from "../reader";

/** A run without its payloads. */
export interface RunSummary {
  readonly id: string;
  /** The workflow's id. */
  readonly name: string;
  readonly status: string;
  readonly deployment_id: string;
  /** Null: nobody in particular started it. */
  readonly owner_id: string | null;
  /** A JSON object of strings. */
  readonly attributes: string;
  readonly last_slot: number;
  readonly last_event_at: number;
  readonly error_code: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly completed_at: number | null;
}

/** Which runs are listed; what is left out does not matter. */
export interface RunFilter {
  readonly ownerId?: string;
  readonly name?: string;
  readonly statuses?: readonly string[];
}

const COLUMNS =
  "id, name, status, deployment_id, owner_id, attributes, last_slot, last_event_at, error_code, created_at, started_at, completed_at";
const FIND = `SELECT ${COLUMNS} FROM workflow_runs WHERE id = ?1`;

/** ?1 time and ?2 id to begin behind · ?3 rows · ?4 owner · ?5 name · ?6 statuses as JSON; the newest first */
const page = (owned: boolean, named: boolean, some: boolean) =>
  `SELECT ${COLUMNS} FROM workflow_runs WHERE (created_at, id) < (?1, ?2) AND ${owned ? "owner_id = ?4" : "?4 IS NULL"} AND ${named ? "name = ?5" : "?5 IS NULL"} AND ${some ? "status IN (SELECT value FROM json_each(?6))" : "?6 IS NULL"} ORDER BY created_at DESC, id DESC LIMIT ?3`;

/** The run of this id, or undefined. */
export async function findRunSummary(ports: ReadPorts, runId: string): Promise<RunSummary | undefined> {
  const [row] = await readRows<RunSummary>(ports, statement(FIND, runId));
  return row;
}

const OF = `SELECT ${COLUMNS} FROM workflow_runs WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY last_event_at`;

/** The runs of these ids, those first that have lain longest. */
export function listSummariesOf(ports: ReadPorts, runIds: readonly string[]): Promise<RunSummary[]> {
  return readRows<RunSummary>(ports, statement(OF, JSON.stringify(runIds)));
}

/** A page of runs, the newest first; `next` is the cursor of the page behind it, null at the end. */
export async function listRunSummaries(
  ports: ReadPorts,
  { ownerId, name, statuses }: RunFilter,
  { limit, cursor }: Omit<PageRequest, "desc">,
): Promise<{ readonly runs: RunSummary[]; readonly next: string | null }> {
  const { at, id } = startOf("runs", { limit, cursor, desc: true });
  const sql = page(ownerId !== undefined, name !== undefined, statuses !== undefined);
  const values = [ownerId ?? null, name ?? null, statuses === undefined ? null : JSON.stringify(statuses)];
  const rows = await readRows<RunSummary>(ports, statement(sql, at, id, limit + 1, ...values));
  const runs = rows.slice(0, limit);
  const last = rows.length > limit ? runs.at(-1) : undefined;
  return { runs, next: last === undefined ? null : encodeCursor("runs", [last.created_at, last.id]) };
}
