// workerd binds promises and sockets to the request that made them, and the World is one for the whole isolate. So whatever belongs to an
// invocation stands in a scope, kept in AsyncLocalStorage: bindings, storage with its group commit, the budget of statements.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Storage, Streamer } from "@workflow/world";
import { logFailure } from "../../platform/log";
import { type IdempotencyTable, makeIdempotency } from "../store/idempotency";
import { createStorage } from "../store/storage";
import { createStreamer } from "../streamer/streamer";
import type { CloudflareEnv } from "./bindings";
import { makeSender, type Sender } from "./send";
import { STATEMENTS_MAX, type WorkflowSettings, workflowSettings } from "./settings";

/** What outlives the handler is told here. */
export interface ScopeContext {
  waitUntil(work: Promise<unknown>): void;
}

/** Work behind the handler, where the caller has nothing to say. */
export const NOWHERE: ScopeContext = {
  waitUntil(work) {
    work.catch((error: unknown) => logFailure("go on behind a handler of workflows", error));
  },
};

/** Statements of one invocation. */
export interface QueryBudget {
  spend(statements: number): void;
  readonly spent: number;
  /** The next `step_started` is refused with INVOCATION_BUDGET. */
  readonly tight: boolean;
}

/** What belongs to one invocation. */
export interface Scope {
  readonly env: CloudflareEnv;
  readonly ctx: ScopeContext;
  readonly storage: Storage;
  readonly streams: Streamer["streams"];
  readonly keys: IdempotencyTable;
  readonly sender: Sender;
  readonly budget: QueryBudget;
  /** Steps that were begun in this invocation and have not ended, as `run|step`. */
  readonly begun: Set<string>;
  /** How many `step_started` of a run are on their way to D1. */
  readonly starting: Map<string, number>;
  /** Whether another step of the run may begin here; if not, the run has yielded. */
  mayStart(runId: string): boolean;
  /** Runs of which a step was refused, because the budget is nearly spent; each delivery has its own. */
  readonly yielded: Set<string>;
  /** Steps at work in this invocation, by core's own names for them. */
  readonly inFlight: Map<string, Promise<unknown>>;
  /** Message being handled, one of the invocation's. */
  readonly messageId?: string;
  /** Who starts runs here. */
  readonly owner?: () => Promise<string | undefined>;
}

/** Who a part of an invocation works for. */
export type ScopeIdentity = Pick<Scope, "messageId" | "owner"> & Partial<Pick<Scope, "yielded">>;

const scopes = new AsyncLocalStorage<Scope>();

/** The scope one is in; undefined outside of all. */
export const findScope = (): Scope | undefined => scopes.getStore();

/** The scope one is in. */
export function getScope(): Scope {
  const scope = scopes.getStore();
  if (scope === undefined) throw new Error("workflows: outside of a request; call withWorkflows(env, ctx, work)");
  return scope;
}

/** Runs `work` in a scope. */
export const runInScope = <T>(scope: Scope, work: () => Promise<T>): Promise<T> => scopes.run(scope, work);

/** Runs `work` in the scope one is in, for somebody else. */
export const runAs = <T>(identity: ScopeIdentity, work: () => Promise<T>): Promise<T> =>
  scopes.run({ ...getScope(), ...identity }, work);

/** A budget of its own. */
export function makeBudget(statementsMax: number): QueryBudget {
  let spent = 0;
  return {
    spend(statements) {
      spent += statements;
    },
    get spent() {
      return spent;
    },
    get tight() {
      return spent >= statementsMax;
    },
  };
}

/** Makes the scope of an invocation. */
export function makeScope(env: CloudflareEnv, ctx: ScopeContext, settings: ScopeSettings = workflowSettings()): Scope {
  const { storage = createStorage, keys = makeIdempotency, streams, statementsMax = STATEMENTS_MAX } = settings;
  const budget = makeBudget(statementsMax);
  const begun = new Set<string>();
  const starting = new Map<string, number>();
  const yielded = new Set<string>();
  const met = new Set<string>();
  const mayStart = (runId: string): boolean => {
    // a step of this run that is under way would be begun a second time by whoever gets the run next; and where all that comes before its
    // first step costs the budget, it would for ever: so the first may begin
    const may =
      !budget.tight ||
      !met.has(runId) ||
      starting.has(runId) ||
      [...begun].some((step) => step.startsWith(`${runId}|`));
    met.add(runId);
    if (!may) (findScope()?.yielded ?? yielded).add(runId);
    return may;
  };
  const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work);
  const ports = {
    db: env.WORKFLOW_DB,
    bucket: env.WORKFLOW_BUCKET,
    now: () => Date.now(),
    spend: (statements: number) => budget.spend(statements),
  };
  const table = keys(ports);
  return {
    env,
    ctx,
    budget,
    begun,
    starting,
    yielded,
    inFlight: new Map(),
    mayStart,
    keys: table,
    sender: makeSender({
      queue: env.WORKFLOW_QUEUE,
      bucket: env.WORKFLOW_BUCKET,
      keys: table,
      now: ports.now,
      waitUntil,
    }),
    streams:
      typeof streams === "function"
        ? streams({ env, waitUntil })
        : createStreamer({ env, waitUntil, spend: ports.spend, ...(streams && { streams }) }),
    storage: storage({
      ...ports,
      newRunId,
      owner: async () => findScope()?.owner?.(),
      mayStart,
      onTerminal: (runId, status) => notifyRun(env, ctx, runId, status),
      digest: sha256,
    }),
  };
}
type ScopeSettings = Pick<WorkflowSettings, "storage" | "streams" | "keys" | "statementsMax">;

/** Wakes those who wait for the run. A notice that is lost costs them seconds, nothing else. */
function notifyRun(env: CloudflareEnv, ctx: ScopeContext, runId: string, status: string): void {
  const { WORKFLOW_RUN: runs } = env;
  if (runs === undefined) return;
  ctx.waitUntil(
    runs
      .getByName(runId)
      .notify(status)
      .catch((error: unknown) => logFailure("tell who waits for a run", error)),
  );
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An id for a run that begins now: `wrun_` and a ULID. */
export const newRunId = (): string => `wrun_${ulid(Date.now())}`;

/** Crockford's base 32. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_LETTERS = 10;
const RANDOM_LETTERS = 16;

/** A ULID: 48 bits of time, 80 of chance. */
function ulid(time: number): string {
  let text = "";
  for (let left = time; text.length < TIME_LETTERS; left = Math.floor(left / 32)) text = LETTERS[left % 32] + text;
  for (const byte of crypto.getRandomValues(new Uint8Array(RANDOM_LETTERS))) text += LETTERS[byte % 32];
  return text;
}
