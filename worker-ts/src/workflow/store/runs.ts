// Runs: rows to runs, single ones, many, pages. What changes a run is in `transition/`.
import { WorkflowRunNotFoundError, WorkflowWorldError } from "@workflow/errors";
import type { ResolveData, Storage, WorkflowRun } from "@workflow/world";
import { PAGE_BYTES_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX } from "../limits";
import { cutPage, encodeCursor, pageOf, pageRequest, pageSql, startOf } from "./cursor";
import { PayloadLoader } from "./payload";
import { type ReadPorts, readRows, type Statement, statement } from "./reader";

/** A run as its row says it, joined to the events that hold its input and its end. */
export interface RunRow {
  readonly id: string;
  readonly name: string;
  readonly status: WorkflowRun["status"];
  readonly deployment_id: string;
  readonly spec_version: number;
  readonly execution_context: string | null;
  readonly attributes: string;
  readonly public_key: string | null;
  readonly last_event_at: number;
  readonly error_code: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly completed_at: number | null;
  readonly input_text: string | null;
  readonly input_ref: string | null;
  readonly input_json: number | null;
  readonly end_text: string | null;
  readonly end_ref: string | null;
  readonly end_json: number | null;
}

/** One of several: `fits` is 0 where all of them together are too large to be read. */
interface RunManyRow extends RunPageRow {
  readonly size: number;
}

interface RunPageRow extends RunRow {
  readonly fits: number;
}

/** `?N` is 1 where payloads are wanted. */
const columns = (wanted: string) =>
  `r.id, r.name, r.status, r.deployment_id, r.spec_version, r.execution_context, r.attributes, r.public_key, r.last_event_at, r.error_code, r.created_at, r.started_at, r.completed_at, CASE WHEN ${wanted} = 1 THEN i.payload END AS input_text, i.payload_ref AS input_ref, i.meta ->> '$.j' AS input_json, CASE WHEN ${wanted} = 1 THEN t.payload END AS end_text, t.payload_ref AS end_ref, t.meta ->> '$.j' AS end_json`;
const JOINS =
  "LEFT JOIN workflow_events i ON i.run_id = r.id AND i.slot = 1 LEFT JOIN workflow_events t ON t.run_id = r.id AND t.slot = r.terminal_slot";

const SELECT_RUN = `SELECT ${columns("?2")} FROM workflow_runs r ${JOINS} WHERE r.id = ?1`;
/** Bytes of a run; `?N` is 1 where payloads are wanted. */
const size = (wanted: string) =>
  `length(r.attributes) + coalesce(length(r.execution_context), 0) + 256 + CASE WHEN ${wanted} = 1 THEN coalesce(i.payload_bytes, 0) + coalesce(t.payload_bytes, 0) ELSE 0 END`;
/** Without payloads where all of them together are too much; a single run comes as large as it is. */
const SELECT_RUNS = `SELECT ${columns("p.fits")}, p.size, p.fits FROM (SELECT id, size, ?2 * (sum(size) OVER () <= ${PAGE_BYTES_MAX} OR count(*) OVER () = 1) AS fits FROM (SELECT r.id, ${size("?2")} AS size FROM workflow_runs r ${JOINS} WHERE r.id IN (SELECT value FROM json_each(?1)))) p JOIN workflow_runs r ON r.id = p.id ${JOINS}`;

/** ?1 time and ?2 id to begin behind · ?3 rows · ?4 1 with payloads · ?5 name · ?6 statuses as JSON */
const page = (order: "ASC" | "DESC", named: boolean, some: boolean) =>
  pageSql({
    keys: `SELECT r.id, r.created_at, ${size("?4")} AS size FROM workflow_runs r ${JOINS} WHERE (r.created_at, r.id) ${order === "ASC" ? ">" : "<"} (?1, ?2) AND ${named ? "r.name = ?5" : "?5 IS NULL"} AND ${some ? "r.status IN (SELECT value FROM json_each(?6))" : "?6 IS NULL"} ORDER BY r.created_at ${order}, r.id ${order} LIMIT ?3`,
    order: `created_at ${order}, id ${order}`,
    columns: columns("?4"),
    from: `JOIN workflow_runs r ON r.id = p.id ${JOINS}`,
    by: `r.created_at ${order}, r.id ${order}`,
  });
const PAGES = (["ASC", "DESC"] as const).map((order) =>
  [false, true].map((named) => [false, true].map((some) => page(order, named, some))),
);

const flag = (resolve: ResolveData) => (resolve === "all" ? 1 : 0);

/** The statement that reads a run; a transition sends it along with what it writes. */
export function selectRun(runId: string, resolve: ResolveData): Statement {
  return statement(SELECT_RUN, runId, flag(resolve));
}

/** A run from its row. */
export async function runOf(row: RunRow, resolve: ResolveData, loader: PayloadLoader): Promise<WorkflowRun> {
  const read = async (text: string | null, ref: string | null, json: number | null) =>
    resolve === "all" ? loader.load({ text, ref, json: json === 1 }) : undefined;
  const [input, end] = await Promise.all([
    read(row.input_text, row.input_ref, row.input_json),
    read(row.end_text, row.end_ref, row.end_json),
  ]);
  return {
    runId: row.id,
    status: row.status,
    deploymentId: row.deployment_id,
    workflowName: row.name,
    specVersion: row.spec_version,
    ...(row.execution_context === null ? {} : { executionContext: JSON.parse(row.execution_context) }),
    input,
    ...(row.status === "completed" ? { output: end } : {}),
    ...(row.status === "failed" ? { error: end } : {}),
    ...(row.error_code === null ? {} : { errorCode: row.error_code }),
    attributes: JSON.parse(row.attributes),
    ...(row.public_key === null ? {} : { encryptionPublicKey: row.public_key }),
    ...(row.started_at === null ? {} : { startedAt: new Date(row.started_at) }),
    ...(row.completed_at === null ? {} : { completedAt: new Date(row.completed_at) }),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.last_event_at),
  } as WorkflowRun;
}

/** How many of these may be read at once, from the first on: so whoever asks can go on behind them. */
function tooLarge(ids: readonly string[], found: ReadonlyMap<string, RunManyRow>): WorkflowWorldError {
  const met = new Set<string>();
  let [bytes, fitting] = [0, 0];
  for (const id of ids) {
    if (!met.has(id)) bytes += found.get(id)?.size ?? 0;
    met.add(id);
    if (bytes > PAGE_BYTES_MAX && fitting > 0) break;
    fitting += 1;
  }
  return new WorkflowWorldError(
    `these runs hold more than ${PAGE_BYTES_MAX} bytes: ask for the first ${fitting} and then for the others, or for none of their data`,
    { status: 413, code: "TOO_MANY_BYTES" },
  );
}

/** The reads of `Storage.runs`. */
export type RunReads = Required<Pick<Storage["runs"], "get" | "getMany" | "list">>;

/** The reads of `Storage.runs`. */
export function makeRunReads(ports: ReadPorts & { readonly bucket: R2Bucket }): RunReads {
  const get = async (id: string, params?: { resolveData?: ResolveData }) => {
    const resolve = params?.resolveData ?? "all";
    const [row] = await readRows<RunRow>(ports, selectRun(id, resolve));
    if (!row) throw new WorkflowRunNotFoundError(id);
    return runOf(row, resolve, new PayloadLoader(ports.bucket));
  };
  const getMany = async (ids: readonly string[], params?: { resolveData?: ResolveData }) => {
    if (ids.length > PAGE_ROWS_MAX)
      throw new WorkflowWorldError(`at most ${PAGE_ROWS_MAX} runs are read at once`, {
        status: 400,
        code: "TOO_MANY_RUNS",
      });
    const resolve = params?.resolveData ?? "all";
    const loader = new PayloadLoader(ports.bucket);
    const rows = await readRows<RunManyRow>(ports, statement(SELECT_RUNS, JSON.stringify(ids), flag(resolve)));
    const found = new Map(rows.map((row) => [row.id, row]));
    if (resolve === "all" && rows.some(({ fits }) => fits === 0)) throw tooLarge(ids, found);
    return Promise.all(
      ids.map(async (id) => {
        const row = found.get(id);
        return row ? runOf(row, resolve, loader) : null;
      }),
    );
  };
  const list: (params?: Parameters<Storage["runs"]["list"]>[0]) => Promise<unknown> = async (params) => {
    const asked = pageRequest(params?.pagination, PAGE_ROWS_DEFAULT, "desc");
    const resolve = params?.resolveData ?? "all";
    const { at, id } = startOf("runs", asked);
    const statuses = params?.status === undefined ? null : [params.status].flat();
    const sql = PAGES[asked.desc ? 1 : 0]![params?.workflowName === undefined ? 0 : 1]![statuses === null ? 0 : 1]!;
    const rows = await readRows<RunPageRow>(
      ports,
      statement(
        sql,
        at,
        id,
        asked.limit + 1,
        flag(resolve),
        params?.workflowName ?? null,
        statuses && JSON.stringify(statuses),
      ),
    );
    const loader = new PayloadLoader(ports.bucket);
    const cut = cutPage(rows, asked.limit);
    const data = await Promise.all(cut.rows.map((row) => runOf(row, resolve, loader)));
    const last = cut.rows.at(-1);
    return pageOf(data, cut.hasMore, last ? encodeCursor("runs", [last.created_at, last.id]) : null, asked.cursor);
  };
  return { get, getMany, list } as RunReads;
}
