// Live hooks: rows to hooks, by id, by token, pages. What registers or frees one is in `transition/`.
import { HookNotFoundError } from "@workflow/errors";
import type { Hook, ResolveData, Storage } from "@workflow/world";
import { PAGE_ROWS_DEFAULT } from "../limits";
import { cutPage, encodeCursor, pageOf, pageRequest, pageSql, startOf } from "./cursor";
import { PayloadLoader } from "./payload";
import { type ReadPorts, readRows, statement } from "./reader";

/** What a hook's own row says. */
export interface HookRow {
  readonly id: string;
  readonly run_id: string;
  readonly token: string;
  readonly spec_version: number;
  readonly is_webhook: number;
  readonly is_system: number;
  readonly resume_context: string;
  readonly created_at: number;
}

interface FullHookRow extends HookRow {
  readonly fits: number;
  readonly metadata_text: string | null;
  readonly metadata_ref: string | null;
  readonly metadata_json: number | null;
}

/** What a write of a hook hands back of its row. */
export const HOOK_RETURNING = "id, run_id, token, spec_version, is_webhook, is_system, resume_context, created_at";

/** `wanted` is 1 where payloads are wanted. */
const columns = (wanted: string) =>
  `h.id, h.run_id, h.token, h.spec_version, h.is_webhook, h.is_system, h.resume_context, h.created_at, CASE WHEN ${wanted} = 1 THEN m.payload END AS metadata_text, m.payload_ref AS metadata_ref, m.meta ->> '$.j' AS metadata_json`;
const JOIN = "JOIN workflow_events m ON m.run_id = h.run_id AND m.slot = h.created_slot";
const BY_ID = `SELECT ${columns("?2")} FROM workflow_hooks h ${JOIN} WHERE h.id = ?1`;
const BY_TOKEN = `SELECT ${columns("?2")} FROM workflow_hooks h ${JOIN} WHERE h.token = ?1`;

/** ?1 time and ?2 id to begin behind · ?3 rows · ?4 1 with payloads · ?5 run */
const page = (order: "ASC" | "DESC", ofRun: boolean) =>
  pageSql({
    keys: `SELECT h.id, h.created_at, 512 + CASE WHEN ?4 = 1 THEN m.payload_bytes ELSE 0 END AS size FROM workflow_hooks h ${JOIN} WHERE (h.created_at, h.id) ${order === "ASC" ? ">" : "<"} (?1, ?2) AND ${ofRun ? "h.run_id = ?5" : "?5 IS NULL"} ORDER BY h.created_at ${order}, h.id ${order} LIMIT ?3`,
    order: `created_at ${order}, id ${order}`,
    columns: columns("?4"),
    from: `JOIN workflow_hooks h ON h.id = p.id ${JOIN}`,
    by: `h.created_at ${order}, h.id ${order}`,
  });
const PAGES = (["ASC", "DESC"] as const).map((order) => [page(order, false), page(order, true)]);

const flag = (resolve: ResolveData) => (resolve === "all" ? 1 : 0);

/** A hook from its own row. The three owners are those of a platform that has them; here they are empty. */
export function hookOf(row: HookRow, metadata: unknown): Hook {
  return {
    runId: row.run_id,
    hookId: row.id,
    token: row.token,
    ownerId: "",
    projectId: "",
    environment: "",
    ...(metadata === undefined ? {} : { metadata }),
    createdAt: new Date(row.created_at),
    specVersion: row.spec_version,
    isWebhook: row.is_webhook === 1,
    isSystem: row.is_system === 1,
    resumeContext: JSON.parse(row.resume_context),
  };
}

async function fullHookOf(row: FullHookRow, resolve: ResolveData, loader: PayloadLoader): Promise<Hook> {
  const stored = { text: row.metadata_text, ref: row.metadata_ref, json: row.metadata_json === 1 };
  return hookOf(row, resolve === "all" ? await loader.load(stored) : undefined);
}

/** The reads of `Storage.hooks`. */
export function makeHookReads(ports: ReadPorts & { readonly bucket: R2Bucket }): Storage["hooks"] {
  const one = async (sql: string, key: string, resolve: ResolveData) => {
    const [row] = await readRows<FullHookRow>(ports, statement(sql, key, flag(resolve)));
    if (!row) throw new HookNotFoundError(key);
    return fullHookOf(row, resolve, new PayloadLoader(ports.bucket));
  };
  return {
    get: (hookId, params) => one(BY_ID, hookId, params?.resolveData ?? "all"),
    getByToken: (token, params) => one(BY_TOKEN, token, params?.resolveData ?? "all"),
    async list({ runId, pagination, resolveData = "all" }) {
      const asked = pageRequest(pagination, PAGE_ROWS_DEFAULT);
      const { at, id } = startOf("hooks", asked);
      const sql = PAGES[asked.desc ? 1 : 0]![runId === undefined ? 0 : 1]!;
      const rows = await readRows<FullHookRow>(
        ports,
        statement(sql, at, id, asked.limit + 1, flag(resolveData), runId ?? null),
      );
      const loader = new PayloadLoader(ports.bucket);
      const cut = cutPage(rows, asked.limit);
      const data = await Promise.all(cut.rows.map((row) => fullHookOf(row, resolveData, loader)));
      const last = cut.rows.at(-1);
      return pageOf(data, cut.hasMore, last ? encodeCursor("hooks", [last.created_at, last.id]) : null, asked.cursor);
    },
  };
}
