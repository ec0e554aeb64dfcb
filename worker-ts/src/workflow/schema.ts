// The tables of workflows in D1. Bytes of a payload stand once, in the event; entities keep the slot of the event that holds theirs.
// Times are ms since 1970. Only `transition/` writes runs, events, steps, hooks and waits.
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** One run, with the counter that gives its events their slots. */
export const workflowRuns = sqliteTable(
  "workflow_runs",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    /** pending · running · completed · failed · cancelled */
    status: text("status").notNull(),
    deploymentId: text("deployment_id").notNull(),
    specVersion: integer("spec_version").notNull(),
    /** Who started it: an account of the app. */
    ownerId: text("owner_id"),
    /** JSON, as core gave it. */
    executionContext: text("execution_context"),
    /** A JSON object of strings. */
    attributes: text("attributes").notNull().default("{}"),
    publicKey: text("public_key"),
    /** Slot of the last event; slots are dense from 1. */
    lastSlot: integer("last_slot").notNull(),
    /** Time of the last event; never goes back. */
    lastEventAt: integer("last_event_at").notNull(),
    /** Event that holds the output or the error. */
    terminalSlot: integer("terminal_slot"),
    errorCode: text("error_code"),
    createdAt: integer("created_at").notNull(),
    startedAt: integer("started_at"),
    completedAt: integer("completed_at"),
  },
  (table) => [
    index("workflow_runs_name").on(table.name, table.createdAt, table.id),
    index("workflow_runs_status").on(table.status, table.lastEventAt),
    index("workflow_runs_owner").on(table.ownerId, table.createdAt),
    // holds what is open, and not everything that anybody ever started
    index("workflow_runs_open").on(table.ownerId).where(sql`status IN ('pending', 'running')`),
    index("workflow_runs_created").on(table.createdAt, table.id),
  ],
);

/** The log of a run. */
export const workflowEvents = sqliteTable(
  "workflow_events",
  {
    runId: text("run_id").notNull(),
    slot: integer("slot").notNull(),
    type: text("type").notNull(),
    correlationId: text("correlation_id"),
    resumeId: text("resume_id"),
    resumeDigest: text("resume_digest"),
    specVersion: integer("spec_version").notNull(),
    createdAt: integer("created_at").notNull(),
    /** Bytes of the payload as it came, wherever it lies. */
    payloadBytes: integer("payload_bytes").notNull(),
    /** Key in R2, for payloads above 256 KiB. */
    payloadRef: text("payload_ref"),
    /** The event's other fields as JSON. */
    meta: text("meta"),
    /** base64; last in the row, so that the columns before it are read without it. */
    payload: text("payload"),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.slot] }),
    index("workflow_events_correlation").on(table.runId, table.correlationId, table.slot),
    uniqueIndex("workflow_events_resume").on(table.runId, table.resumeId).where(sql`resume_id IS NOT NULL`),
    // what happens to an entity once stands in the log once, whatever the guards say
    uniqueIndex("workflow_events_once")
      .on(table.runId, table.correlationId, table.type)
      .where(
        sql`type IN ('step_created', 'step_completed', 'step_failed', 'hook_created', 'hook_disposed', 'wait_created', 'wait_completed')`,
      ),
  ],
);

/** Where a step stands. */
export const workflowSteps = sqliteTable(
  "workflow_steps",
  {
    runId: text("run_id").notNull(),
    id: text("id").notNull(),
    name: text("name").notNull(),
    /** pending · running · completed · failed */
    status: text("status").notNull(),
    attempt: integer("attempt").notNull(),
    /** Event that holds the input. */
    createdSlot: integer("created_slot").notNull(),
    /** Event that holds the output or the last error. */
    terminalSlot: integer("terminal_slot"),
    /** Event of the last retry, which holds its error. */
    errorSlot: integer("error_slot"),
    retryAfter: integer("retry_after"),
    startedAt: integer("started_at"),
    completedAt: integer("completed_at"),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.id] }),
    index("workflow_steps_created").on(table.runId, table.createdSlot),
    // the watchdog asks each open run for these: a run may have thousands that are over
    index("workflow_steps_open").on(table.runId, table.retryAfter).where(sql`status IN ('pending', 'running')`),
  ],
);

/** Live hooks only: the UNIQUE token is the lock across runs, and disposal or the run's end deletes the row. */
export const workflowHooks = sqliteTable(
  "workflow_hooks",
  {
    id: text("id").primaryKey(),
    runId: text("run_id").notNull(),
    token: text("token").notNull().unique("workflow_hooks_token"),
    /** Event that holds the metadata. */
    createdSlot: integer("created_slot").notNull(),
    specVersion: integer("spec_version").notNull(),
    isWebhook: integer("is_webhook").notNull(),
    isSystem: integer("is_system").notNull(),
    /** JSON: what a resume must know of the run. */
    resumeContext: text("resume_context").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    index("workflow_hooks_run").on(table.runId),
    index("workflow_hooks_created").on(table.createdAt, table.id),
  ],
);

/** A sleep, or what else waits for a time. */
export const workflowWaits = sqliteTable(
  "workflow_waits",
  {
    runId: text("run_id").notNull(),
    id: text("id").notNull(),
    /** waiting · completed */
    status: text("status").notNull(),
    resumeAt: integer("resume_at").notNull(),
    createdAt: integer("created_at").notNull(),
    completedAt: integer("completed_at"),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.id] }),
    index("workflow_waits_open").on(table.runId, table.resumeAt).where(sql`status = 'waiting'`),
  ],
);

/** Names of a run's streams; the chunks lie in the stream's object and in R2. */
export const workflowStreams = sqliteTable(
  "workflow_streams",
  {
    runId: text("run_id").notNull(),
    name: text("name").notNull(),
    createdAt: integer("created_at").notNull(),
    closedAt: integer("closed_at"),
    chunkCount: integer("chunk_count"),
    /** 1: the object is empty, R2 has it all. */
    archived: integer("archived").notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.runId, table.name] })],
);

/** Keys of messages that are on their way, so that a second send is swallowed. */
export const workflowIdempotency = sqliteTable(
  "workflow_idempotency",
  {
    /** `run|key` */
    key: text("key").primaryKey(),
    messageId: text("message_id").notNull(),
    /** pending: perhaps never sent · sent */
    state: text("state").notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    index("workflow_idempotency_message").on(table.messageId),
    index("workflow_idempotency_expires").on(table.expiresAt),
  ],
);
