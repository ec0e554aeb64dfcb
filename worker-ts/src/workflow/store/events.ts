// The log of a run: rows to events, pages, single events. Nothing here appends; see `transition/`.
import { WorkflowWorldError } from "@workflow/errors";
import type { Event, PaginatedResponse, ResolveData, Storage } from "@workflow/world";
import { getEventDataPayloadField } from "@workflow/world/event-metadata";
import { eventIdToSlot, slotToEventId } from "@workflow/world/slot-identity.js";
import { META_BYTES_MAX, PAGE_ROWS_MAX } from "../limits";
import { cutPage, encodeCursor, pageOf, pageRequest, pageSql, startOf } from "./cursor";
import { PayloadLoader } from "./payload";
import { type ReadPorts, readRows, type Statement, statement } from "./reader";

/** An event as its row says it. */
export interface EventRow {
  readonly run_id: string;
  readonly slot: number;
  readonly type: string;
  readonly correlation_id: string | null;
  readonly resume_id: string | null;
  readonly spec_version: number;
  readonly created_at: number;
  readonly payload_ref: string | null;
  readonly meta: string | null;
  readonly payload: string | null;
}

interface EventPageRow extends EventRow {
  readonly fits: number;
}

/** Stands before ids of our own that stand where a caller's resume id would. */
const SENT = "\u0001";

/** The id of one command, by which a second sending of it is known. Callers never see it. */
export const sentId = (id: string): string => `${SENT}${id}`;

/** Whether it is one of those. */
export const isSentId = (resumeId: string): boolean => resumeId.startsWith(SENT);

/** Fields of events that are times; in meta they stand as ms. */
const TIMES: Readonly<Record<string, string>> = {
  wait_created: "resumeAt",
  wait_completed: "resumeAt",
  step_retrying: "retryAfter",
  hook_created: "tokenRetentionUntil",
};

interface Meta {
  /** The event's data without its payload. */
  readonly d?: Record<string, unknown>;
  /** The payload is JSON. */
  readonly j?: 1;
}

/** An event's data without its payload as a row keeps it; null where nothing is left to say. */
export function encodeMeta(
  type: string,
  data: Readonly<Record<string, unknown>> | undefined,
  payload: { readonly bytes: number; readonly json: boolean },
): string | null {
  const rest = { ...data };
  const time = TIMES[type];
  if (time !== undefined && rest[time] !== undefined) rest[time] = new Date(rest[time] as Date).getTime();
  const empty = Object.values(rest).every((value) => value === undefined);
  const silent = empty && (data === undefined || payload.bytes > 0);
  const meta: Meta = { ...(silent ? {} : { d: rest }), ...(payload.json ? { j: 1 } : {}) };
  if (Object.keys(meta).length === 0) return null;
  const text = JSON.stringify(meta);
  if (text.length > META_BYTES_MAX || new TextEncoder().encode(text).length > META_BYTES_MAX)
    throw new WorkflowWorldError(`an event's fields have more than ${META_BYTES_MAX} bytes beside its payload`, {
      status: 413,
      code: "META_TOO_LARGE",
    });
  return text;
}

/** An event from its row, its payload from wherever it lies. */
export async function eventOf(row: EventRow, resolve: ResolveData, loader: PayloadLoader): Promise<Event> {
  const meta: Meta = row.meta === null ? {} : JSON.parse(row.meta);
  const field = getEventDataPayloadField(row.type as Event["eventType"]);
  const payload =
    resolve === "all" ? await loader.load({ text: row.payload, ref: row.payload_ref, json: meta.j === 1 }) : undefined;
  return buildEvent(row, meta.d, field, payload, resolve);
}

/** Puts an event together; a transition does so from what it was asked, a read from its row. */
export function buildEvent(
  row: Omit<EventRow, "payload" | "payload_ref" | "meta">,
  data: Readonly<Record<string, unknown>> | undefined,
  field: string | undefined,
  payload: unknown,
  resolve: ResolveData,
): Event {
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(data ?? {})) if (value !== undefined) rest[key] = value;
  const time = TIMES[row.type];
  if (time !== undefined && rest[time] !== undefined) rest[time] = new Date(rest[time] as number);
  if (field !== undefined && payload !== undefined) rest[field] = payload;
  // without data, what had nothing but its payload has nothing
  const bare = Object.keys(rest).length === 0 && (data === undefined || (resolve === "none" && field !== undefined));
  return {
    runId: row.run_id,
    eventId: slotToEventId(row.slot),
    eventType: row.type,
    ...(row.correlation_id === null ? {} : { correlationId: row.correlation_id }),
    ...(row.resume_id === null || isSentId(row.resume_id) ? {} : { resumeId: row.resume_id }),
    specVersion: row.spec_version,
    createdAt: new Date(row.created_at),
    ...(bare ? {} : { eventData: rest }),
  } as Event;
}

const COLUMNS =
  "e.run_id, e.slot, e.type, e.correlation_id, e.resume_id, e.spec_version, e.created_at, e.payload_ref, e.meta";

/** ?1 run · ?2 slot to begin behind · ?3 rows, -1 for all · ?4 1 with payloads · ?5 correlation id */
const page = (order: "ASC" | "DESC", where = "") =>
  pageSql({
    keys: `SELECT slot, ?4 * payload_bytes + coalesce(length(meta), 0) + 64 AS size FROM workflow_events WHERE run_id = ?1 AND slot ${order === "ASC" ? ">" : "<"} ?2 ${where} ORDER BY slot ${order} LIMIT ?3`,
    order: `slot ${order}`,
    columns: `${COLUMNS}, CASE WHEN ?4 = 1 THEN e.payload END AS payload`,
    from: "JOIN workflow_events e ON e.run_id = ?1 AND e.slot = p.slot",
    by: `e.slot ${order}`,
  });
const CORRELATED = "AND correlation_id = ?5";
const PAGE = { asc: page("ASC"), desc: page("DESC") };
const CORRELATED_PAGE = { asc: page("ASC", CORRELATED), desc: page("DESC", CORRELATED) };
const SELECT_EVENT = `SELECT ${COLUMNS}, CASE WHEN ?3 = 1 THEN e.payload END AS payload FROM workflow_events e WHERE run_id = ?1 AND slot = ?2`;
const SELECT_RESUME = `SELECT ${COLUMNS}, CASE WHEN ?3 = 1 THEN e.payload END AS payload FROM workflow_events e WHERE run_id = ?1 AND resume_id = ?2`;

const flag = (resolve: ResolveData) => (resolve === "all" ? 1 : 0);

/** The statement that reads the log behind a slot; a transition sends it along with what it writes. */
export function eventsBehind(runId: string, slot: number, resolve: ResolveData): Statement {
  return statement(PAGE.asc, runId, slot, -1, flag(resolve));
}

/** The rows of `eventsBehind` as a page. */
export async function eventsPage(
  rows: readonly Record<string, unknown>[],
  limit: number,
  got: string | null,
  resolve: ResolveData,
  loader: PayloadLoader,
): Promise<PaginatedResponse<Event>> {
  const cut = cutPage(rows as unknown as EventPageRow[], limit);
  const data = await Promise.all(cut.rows.map((row) => eventOf(row, resolve, loader)));
  const last = cut.rows.at(-1);
  return pageOf(data, cut.hasMore, last ? encodeCursor("events", [last.slot]) : null, got);
}

/** Reads of the log. */
export type EventReads = Pick<Storage["events"], "get" | "list" | "listByCorrelationId"> & {
  /** The event of a resume. */
  getByResume(runId: string, resumeId: string, resolve: ResolveData): Promise<Event>;
};

/** The reads of `Storage.events`. */
export function makeEventReads(ports: ReadPorts & { readonly bucket: R2Bucket }): EventReads {
  const one = async (sql: string, runId: string, key: string | number, resolve: ResolveData): Promise<Event> => {
    const [row] = await readRows<EventRow>(ports, statement(sql, runId, key, flag(resolve)));
    if (!row) throw new WorkflowWorldError(`run ${runId} has no such event`, { status: 404, code: "EVENT_NOT_FOUND" });
    return eventOf(row, resolve, new PayloadLoader(ports.bucket));
  };
  return {
    get: async (runId, eventId, params) =>
      one(SELECT_EVENT, runId, eventIdToSlot(eventId) ?? 0, params?.resolveData ?? "all"),
    getByResume: (runId, resumeId, resolve) => one(SELECT_RESUME, runId, resumeId, resolve),
    async list({ runId, pagination, resolveData = "all" }) {
      const asked = pageRequest(pagination, -1);
      const rows = await readRows<Record<string, unknown>>(
        ports,
        statement(
          PAGE[asked.desc ? "desc" : "asc"],
          runId,
          startOf("events", asked).at,
          asked.limit < 0 ? -1 : asked.limit + 1,
          flag(resolveData),
        ),
      );
      return eventsPage(rows, asked.limit, asked.cursor, resolveData, new PayloadLoader(ports.bucket));
    },
    async listByCorrelationId({ runId, correlationId, pagination, resolveData = "all" }) {
      const asked = pageRequest(pagination, PAGE_ROWS_MAX);
      const rows = await readRows<Record<string, unknown>>(
        ports,
        statement(
          CORRELATED_PAGE[asked.desc ? "desc" : "asc"],
          runId,
          startOf("events", asked).at,
          asked.limit + 1,
          flag(resolveData),
          correlationId,
        ),
      );
      return eventsPage(rows, asked.limit, asked.cursor, resolveData, new PayloadLoader(ports.bucket));
    },
  };
}
