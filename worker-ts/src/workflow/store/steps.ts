// Steps: rows to steps, single ones, pages. What changes a step is in `transition/`.
import { WorkflowWorldError } from "@workflow/errors";
import type { ResolveData, Step, Storage } from "@workflow/world";
import { PAGE_ROWS_DEFAULT } from "../limits";
import { cutPage, encodeCursor, pageOf, pageRequest, pageSql, startOf } from "./cursor";
import { PayloadLoader } from "./payload";
import { type ReadPorts, readRows, type Statement, statement } from "./reader";

/** What a step's own row says, and its creation's time. */
export interface StepRow {
  readonly run_id: string;
  readonly id: string;
  readonly name: string;
  readonly status: Step["status"];
  readonly attempt: number;
  readonly created_slot: number;
  readonly retry_after: number | null;
  readonly started_at: number | null;
  readonly completed_at: number | null;
  readonly created_at: number;
  readonly spec_version: number;
  /** Time of the last retry's event. */
  readonly retried_at: number | null;
}

/** The same, joined to the events that hold its payloads. */
interface FullStepRow extends StepRow {
  readonly fits: number;
  readonly input_text: string | null;
  readonly input_ref: string | null;
  readonly input_json: number | null;
  readonly end_text: string | null;
  readonly end_ref: string | null;
  readonly end_json: number | null;
  readonly error_text: string | null;
  readonly error_ref: string | null;
  readonly error_json: number | null;
}

/** What a write of a step hands back of its row. */
export const STEP_RETURNING =
  "run_id, id, name, status, attempt, created_slot, retry_after, started_at, completed_at, (SELECT e.created_at FROM workflow_events e WHERE e.run_id = workflow_steps.run_id AND e.slot = workflow_steps.created_slot) AS created_at, (SELECT e.spec_version FROM workflow_events e WHERE e.run_id = workflow_steps.run_id AND e.slot = workflow_steps.created_slot) AS spec_version, NULL AS retried_at";

/** `wanted` is 1 where payloads are wanted. */
const columns = (wanted: string) =>
  `s.run_id, s.id, s.name, s.status, s.attempt, s.created_slot, s.retry_after, s.started_at, s.completed_at, i.created_at, i.spec_version, x.created_at AS retried_at, ${(
    [
      ["i", "input"],
      ["t", "end"],
      ["x", "error"],
    ] as const
  )
    .map(
      ([from, as]) =>
        `CASE WHEN ${wanted} = 1 THEN ${from}.payload END AS ${as}_text, ${from}.payload_ref AS ${as}_ref, ${from}.meta ->> '$.j' AS ${as}_json`,
    )
    .join(", ")}`;
const JOINS =
  "JOIN workflow_events i ON i.run_id = s.run_id AND i.slot = s.created_slot LEFT JOIN workflow_events t ON t.run_id = s.run_id AND t.slot = s.terminal_slot LEFT JOIN workflow_events x ON x.run_id = s.run_id AND x.slot = s.error_slot";
const SELECT_STEP = `SELECT ${columns("?3")}, 1 AS fits FROM workflow_steps s ${JOINS} WHERE s.run_id = ?1 AND s.id = ?2`;

/** ?1 run · ?2 slot to begin behind · ?3 rows · ?4 1 with payloads */
const page = (order: "ASC" | "DESC") =>
  pageSql({
    keys: `SELECT s.run_id, s.id, s.created_slot, 256 + CASE WHEN ?4 = 1 THEN i.payload_bytes + coalesce(t.payload_bytes, 0) + coalesce(x.payload_bytes, 0) ELSE 0 END AS size FROM workflow_steps s ${JOINS} WHERE s.run_id = ?1 AND s.created_slot ${order === "ASC" ? ">" : "<"} ?2 ORDER BY s.created_slot ${order} LIMIT ?3`,
    order: `created_slot ${order}`,
    columns: columns("?4"),
    from: `JOIN workflow_steps s ON s.run_id = p.run_id AND s.id = p.id ${JOINS}`,
    by: `s.created_slot ${order}`,
  });
const PAGE = { asc: page("ASC"), desc: page("DESC") };

const flag = (resolve: ResolveData) => (resolve === "all" ? 1 : 0);

/** The statement that reads a step with its input; a transition sends it along with what it writes. */
export function selectStep(runId: string, stepId: string, resolve: ResolveData): Statement {
  return statement(SELECT_STEP, runId, stepId, flag(resolve));
}

/** A step from its own row and the payloads at hand. */
export function stepOf(row: StepRow, payloads: { input?: unknown; output?: unknown; error?: unknown }): Step {
  const times = [row.created_at, row.started_at, row.completed_at, row.retried_at];
  return {
    runId: row.run_id,
    stepId: row.id,
    stepName: row.name,
    status: row.status,
    attempt: row.attempt,
    ...payloads,
    ...(row.retry_after === null ? {} : { retryAfter: new Date(row.retry_after) }),
    ...(row.started_at === null ? {} : { startedAt: new Date(row.started_at) }),
    ...(row.completed_at === null ? {} : { completedAt: new Date(row.completed_at) }),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(Math.max(...times.map((time) => time ?? 0))),
    specVersion: row.spec_version,
  };
}

/** A step from the row of `selectStep`. The error is that of its end, or of its last retry. */
export async function fullStepOf(raw: unknown, resolve: ResolveData, loader: PayloadLoader): Promise<Step> {
  const row = raw as FullStepRow;
  if (resolve === "none") return stepOf(row, {});
  const [input, end, error] = await Promise.all([
    loader.load({ text: row.input_text, ref: row.input_ref, json: row.input_json === 1 }),
    loader.load({ text: row.end_text, ref: row.end_ref, json: row.end_json === 1 }),
    loader.load({ text: row.error_text, ref: row.error_ref, json: row.error_json === 1 }),
  ]);
  const failed = row.status === "failed" ? end : error;
  return stepOf(row, {
    input,
    ...(row.status === "completed" ? { output: end } : {}),
    ...(failed === undefined ? {} : { error: failed }),
  });
}

/** The reads of `Storage.steps`. */
export function makeStepReads(ports: ReadPorts & { readonly bucket: R2Bucket }): Storage["steps"] {
  const get = async (runId: string, stepId: string, params?: { resolveData?: ResolveData }) => {
    const resolve = params?.resolveData ?? "all";
    const [row] = await readRows(ports, selectStep(runId, stepId, resolve));
    if (!row)
      throw new WorkflowWorldError(`run ${runId} has no step ${stepId}`, { status: 404, code: "STEP_NOT_FOUND" });
    return fullStepOf(row, resolve, new PayloadLoader(ports.bucket));
  };
  const list = async (params: Parameters<Storage["steps"]["list"]>[0]) => {
    const asked = pageRequest(params.pagination, PAGE_ROWS_DEFAULT);
    const resolve = params.resolveData ?? "all";
    const { at } = startOf("steps", asked);
    const rows = await readRows<FullStepRow>(
      ports,
      statement(PAGE[asked.desc ? "desc" : "asc"], params.runId, at, asked.limit + 1, flag(resolve)),
    );
    const loader = new PayloadLoader(ports.bucket);
    const cut = cutPage(rows, asked.limit);
    const data = await Promise.all(cut.rows.map((row) => fullStepOf(row, resolve, loader)));
    const last = cut.rows.at(-1);
    return pageOf(data, cut.hasMore, last ? encodeCursor("steps", [last.created_slot]) : null, asked.cursor);
  };
  return { get, list } as Storage["steps"];
}
