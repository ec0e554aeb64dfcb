// What a Worker says once about its workflows: the compiled bundle, thresholds, and the parts of the World where others are to stand in
// for the real ones (tests, the oracle). Types, defaults and one holder; nothing is done here.
import type { Storage, Streamer } from "@workflow/world";
import type { IdempotencyTable } from "../store/idempotency";
import type { StoragePorts } from "../store/reader";
import type { CloudflareEnv } from "./bindings";

/** What the compiled bundle exports: core's own names. */
export interface LoadedWorkflows {
  readonly POST: (request: Request) => Promise<Response>;
  readonly start: typeof import("workflow/api").start;
  readonly getHookByToken: typeof import("workflow/api").getHookByToken;
  readonly getRun: typeof import("workflow/api").getRun;
  readonly resumeHook: typeof import("workflow/api").resumeHook;
  readonly resumeWebhook: typeof import("workflow/api").resumeWebhook;
  readonly setWorld: typeof import("workflow/runtime").setWorld;
}

/** What `ferrule workflows` writes as `generated/index.mjs`. */
export interface CompiledWorkflows {
  /** Loads the runtime, the flow route and the steps. */
  readonly load: () => Promise<LoadedWorkflows>;
  /** The ids of the workflows by their names. */
  readonly ids: Readonly<Record<string, string>>;
  /** SHA-256 of what was compiled. */
  readonly sha256: string;
  /** The version of @workflow/core that the bundle was compiled for. */
  readonly core: string;
}

/** What a streamer is made from. */
export interface StreamerPorts {
  readonly env: CloudflareEnv;
  waitUntil(work: Promise<unknown>): void;
}

/** What a Worker says about its workflows. */
export interface WorkflowSettings {
  readonly workflows: CompiledWorkflows;
  /** The Worker's version, as its `version_metadata` tells it; where it tells none, runs are labelled by the hash of the bundle. */
  readonly versionId?: (env: CloudflareEnv) => string | undefined;
  /** Statements of an invocation, of the 1000 that D1 allows, after which no step begins. */
  readonly statementsMax?: number;
  /** The watchdog's thresholds in ms. */
  readonly stale?: Partial<StaleAges>;
  /** Days for which a run is kept after its end, with its payloads and streams; without it for ever. */
  readonly retentionDays?: number;
  /** Makes the storage of one invocation. */
  readonly storage?: (ports: StoragePorts) => Storage;
  /** The Worker's public origin, which the addresses of webhooks begin with. The DevKit takes https for granted: others are left out. */
  readonly url?: (env: CloudflareEnv) => string | undefined;
  /** Makes the streams of one invocation; `"r2"`: on R2 alone, without Durable Objects, where readers poll. */
  readonly streams?: "r2" | ((ports: StreamerPorts) => Streamer["streams"]);
  /** Makes the table of keys of one invocation. */
  readonly keys?: (ports: Pick<StoragePorts, "db" | "spend" | "now">) => IdempotencyTable;
  /**
   * Whether somebody may look at a run that is not theirs, as it stands now: its log, streams and result, and nothing that lets them act.
   * Without it only owners and admins see a run.
   */
  readonly maySee?: (env: CloudflareEnv, run: SeenRun, userId: string) => Promise<boolean>;
  /**
   * Notes that an admin (null: the one by token) wakes a run; false where that was noted a moment ago, and so is done. Without it nothing
   * is noted.
   */
  readonly note?: (env: CloudflareEnv, actorId: string | null, runId: string) => Promise<boolean>;
  /** Where a message is written down that was given up or names no run; without it there is an error line only. */
  readonly record?: (env: CloudflareEnv, message: { id: string; body: unknown; error: string }) => Promise<void>;
}

/** A run, as it is told to whoever says who may look at it. */
export interface SeenRun {
  readonly id: string;
  /** As the workflow has set them. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** After how long (ms) an open run counts as left lying. */
export interface StaleAges {
  /** A wait that is over. */
  readonly wait: number;
  /** An open step, since the run's last event. */
  readonly step: number;
  /** Nothing open at all, since the run's last event. */
  readonly idle: number;
}

/** The spec's own thresholds. */
export const STALE: StaleAges = { wait: 60_000, step: 600_000, idle: 120_000 };
/** D1 allows 1000 statements an invocation; a lazy step costs 8, and a delivery ends with a few more. */
export const STATEMENTS_MAX = 800;

let current: WorkflowSettings | undefined;

/** Says what this Worker's workflows are; again, it changes what is named. At module scope, before any handler. */
export function configureWorkflows(settings: Partial<WorkflowSettings>): void {
  const workflows = settings.workflows ?? current?.workflows;
  if (workflows === undefined) throw new Error("configureWorkflows: name the compiled workflows first");
  current = { ...current, ...settings, workflows };
}

/** What was said. */
export function workflowSettings(): WorkflowSettings {
  if (current === undefined)
    throw new Error("no workflows here: call configureWorkflows({ workflows }) at module scope");
  return current;
}
