// The World of Cloudflare: storage, queue and streams put together for @workflow/core. It is one for an isolate, so it keeps no state:
// whatever belongs to an invocation is taken from the scope one is in.
import { mintedSpecVersion, type Storage, type WaitForTerminalRunStatusParams, type World } from "@workflow/world";
import { logFailure } from "../platform/log";
import { isTerminal, WAIT_MS_MAX } from "./run-object";
import { waitForRun } from "./run-wait";
import type { CloudflareEnv } from "./runtime/bindings";
import { createQueueHandler } from "./runtime/delivery";
import { encryptionKeyOf } from "./runtime/encryption";
import { loadRuntime, type Runtime } from "./runtime/load-runtime";
import {
  findScope,
  getScope,
  makeScope,
  NOWHERE,
  newRunId,
  runAs,
  runInScope,
  type Scope,
  type ScopeContext,
} from "./runtime/scope";
import { createQueue } from "./runtime/send";
import { workflowSettings } from "./runtime/settings";
import type { ReadPorts } from "./store/reader";
import { addReservation, dropReservation } from "./store/survey/open-runs";

/** How long `waitForTerminalStatus` waits where nobody says; a Worker may be asked to wait longer. */
const WAIT_MS_DEFAULT = 25_000;
/** Letters of the bundle's hash in a label. */
const LABEL_LETTERS = 16;

/**
 * Makes the World. Within `withWorkflows` and the handlers it uses their invocation; elsewhere each call is an invocation of its own on
 * `env`, which costs the group commit and nothing else.
 */
export function createCloudflareWorld(env?: CloudflareEnv): World {
  const scopeOf = (): Scope => {
    const scope = findScope();
    if (scope !== undefined) return scope;
    if (env === undefined) throw new Error("workflows: outside of a request; call withWorkflows(env, ctx, work)");
    return makeScope(env, NOWHERE);
  };
  const { queue, queueBatch } = createQueue(() => {
    const { sender, messageId, owner } = scopeOf();
    return { sender, identity: { owner, ...(messageId === undefined ? {} : { held: messageId }) } };
  });
  return {
    specVersion: mintedSpecVersion(),
    capabilities: { hookResumeDedup: true },
    getDeploymentId: async () => deploymentId(scopeOf().env),
    queue,
    queueBatch,
    createQueueHandler,
    ...storageOf(scopeOf),
    streams: streamsOf(scopeOf),
    getEncryptionKeyForRun: (run: string | { readonly runId: string }) =>
      encryptionKeyOf(scopeOf().env, typeof run === "string" ? run : run.runId),
  };
}

/** What runs are labelled with: the Worker's version, or what was compiled. A label, no pin. */
export function deploymentId(env: CloudflareEnv): string {
  const { versionId, workflows } = workflowSettings();
  const id = versionId?.(env);
  return id === undefined ? `dpl_local_${workflows.sha256.slice(0, LABEL_LETTERS)}` : `dpl_${id}`;
}

/** Events after which a step is not under way any more. */
const ENDS = new Set(["step_completed", "step_failed", "step_retrying"]);
/** Whether it may go better the next time. */
const isOutage = (error: unknown): boolean => Number((error as { status?: unknown }).status) >= 500;

/** The storage of the scope one is in; it also notes which steps are under way here. */
function storageOf(scopeOf: () => Scope): Storage {
  const create = async (...[runId, request, params]: Parameters<Storage["events"]["create"]>) => {
    const { storage, begun, starting, mayStart } = scopeOf();
    const [run, step] = [runId as string, `${runId}|${request.correlationId ?? ""}`];
    const begins = request.eventType === "step_started" && mayStart(run);
    if (begins) starting.set(run, (starting.get(run) ?? 0) + 1);
    try {
      const result = await storage.events.create(run, request, params);
      if (begins) begun.add(step);
      else if (request.eventType.startsWith("step_")) begun.delete(step);
      return result;
    } catch (error) {
      // somebody else has ended it: it is under way here no longer
      if (ENDS.has(request.eventType) && !isOutage(error)) begun.delete(step);
      throw error;
    } finally {
      const left = (starting.get(run) ?? 1) - 1;
      if (begins && left > 0) starting.set(run, left);
      else if (begins) starting.delete(run);
    }
  };
  const waitForTerminalStatus = (id: string, params: WaitForTerminalRunStatusParams = {}) => {
    const { env, storage } = scopeOf();
    const { timeoutMs = WAIT_MS_DEFAULT, signal, ...rest } = params;
    return waitForRun(
      { now: () => Date.now(), get: () => storage.runs.get(id, rest), wait: (ms) => waitFor(env, id, ms), isTerminal },
      { timeoutMs, signal },
    );
  };
  return {
    runs: {
      get: ((id, params) => scopeOf().storage.runs.get(id, params)) as Storage["runs"]["get"],
      getMany: ((ids, params) => scopeOf().storage.runs.getMany?.(ids, params)) as Storage["runs"]["getMany"] & object,
      list: ((params) => scopeOf().storage.runs.list(params)) as Storage["runs"]["list"],
      waitForTerminalStatus: waitForTerminalStatus as Storage["runs"]["waitForTerminalStatus"] & object,
      experimentalSetAttributes: async (runId, changes, options) => {
        const { run } = await create(runId, {
          eventType: "attr_set",
          eventData: {
            changes,
            writer: { type: "workflow" },
            ...(options?.allowReservedAttributes === true ? { allowReservedAttributes: true } : {}),
          },
        });
        return { attributes: run?.attributes ?? {} };
      },
    },
    steps: {
      get: ((runId, stepId, params) => scopeOf().storage.steps.get(runId, stepId, params)) as Storage["steps"]["get"],
      list: ((params) => scopeOf().storage.steps.list(params)) as Storage["steps"]["list"],
    },
    events: {
      create: create as Storage["events"]["create"],
      createBatch: (runId, events, params) => scopeOf().storage.events.createBatch!(runId, events, params),
      get: (runId, eventId, params) => scopeOf().storage.events.get(runId, eventId, params),
      list: (params) => scopeOf().storage.events.list(params),
      listByCorrelationId: (params) => scopeOf().storage.events.listByCorrelationId(params),
    },
    hooks: {
      get: (hookId, params) => scopeOf().storage.hooks.get(hookId, params),
      getByToken: (token, params) => scopeOf().storage.hooks.getByToken(token, params),
      list: (params) => scopeOf().storage.hooks.list(params),
    },
  };
}

/** Waits for the run's object to say that the run has ended; without one, or where it fails, a while. */
async function waitFor({ WORKFLOW_RUN: runs }: CloudflareEnv, id: string, ms: number): Promise<unknown> {
  const slice = Math.min(ms, WAIT_MS_MAX);
  const poll = () => scheduler.wait(Math.min(slice, POLL_MS));
  if (runs === undefined) return poll();
  // an object that fails at once must not be asked, and D1 read, as fast as that goes
  return runs.getByName(id).wait(slice).catch(poll);
}
const POLL_MS = 500;

function streamsOf(scopeOf: () => Scope): World["streams"] {
  const own = () => scopeOf().streams;
  return {
    createWriteSession: (runId, name, options) => own().createWriteSession!(runId, name, options),
    write: (runId, name, chunk) => own().write(runId, name, chunk),
    writeMulti: (runId, name, chunks) => own().writeMulti!(runId, name, chunks),
    close: (runId, name) => own().close(runId, name),
    get: (runId, name, startIndex) => own().get(runId, name, startIndex),
    list: (runId) => own().list(runId),
    getChunks: (runId, name, options) => own().getChunks(runId, name, options),
    getInfo: (runId, name) => own().getInfo(runId, name),
  };
}

let world: World | undefined;

/**
 * The runtime with the isolate's World. That one keeps the bindings: workerd calls the `pull` of a stream that was handed out as an answer
 * when its request's scope is gone.
 */
export function getRuntime(env: CloudflareEnv): Promise<Runtime> {
  world ??= createCloudflareWorld(env);
  const { workflows, url } = workflowSettings();
  return loadRuntime(workflows, world, url?.(env));
}

/** How a workflow is started. */
export interface StartOptions {
  /** For a day the same key gives the same run, whoever asks how often: it has to say whose it is. At most 1000 bytes. */
  readonly key?: string;
  /**
   * Asked before a run is begun, and not where the key's run is there already; what it throws refuses. What it answers is called once the
   * run stands, or the start has failed.
   */
  readonly before?: () => Promise<() => Promise<void>>;
}

/** What a request does with workflows. */
export interface Workflows extends Runtime {
  /** Starts a workflow by its name in the manifest; the run's id. */
  startByName(name: string, args: readonly unknown[], options?: StartOptions): Promise<string>;
}

/** How long (ms) a key of a start is kept. */
const START_KEY_MS = 24 * 60 * 60_000;

/** The id of the run that belongs to a key: whoever holds one starts that very run, so that a start that broke off is done again. */
async function runIdOfKey(key: string): Promise<string> {
  const { keys } = getScope();
  const [row, own] = [`start|${key}`, newRunId()];
  const claim = async () => (await keys.claim(row, own, { expiresAt: Date.now() + START_KEY_MS })).messageId;
  const holder = await claim();
  if (holder !== own) return holder;
  await keys.markSent(row, own);
  // until it was marked, somebody else may have taken it for left behind
  return claim();
}

/** A place that was taken for a run is free again after this time (ms), should nobody give it back. */
const RESERVED_MS = 60_000;

/**
 * Takes a place among the `max` open runs of an owner, for `before` of a start; answers how it is given back, or null where there is none.
 * Counting alone would let in all who ask at once. A run whose creation D1 refused, and which its message creates later, may be one more.
 */
export async function reserveRun(
  ports: ReadPorts,
  ownerId: string,
  max: number,
): Promise<(() => Promise<void>) | null> {
  const now = Date.now();
  const reservation = { ownerId, id: newRunId(), now, expiresAt: now + RESERVED_MS };
  if (!(await addReservation(ports, reservation, max))) return null;
  return () =>
    dropReservation(ports, reservation).catch((thrown: unknown) => logFailure("give the place of a run back", thrown));
}

/** Runs `work` with the runtime, as one invocation, for `ownerId` if somebody is signed in. */
export function withWorkflows<T>(
  env: CloudflareEnv,
  ctx: ScopeContext,
  work: (workflows: Workflows) => Promise<T>,
  { ownerId }: { readonly ownerId?: string } = {},
): Promise<T> {
  return runInScope(makeScope(env, ctx), () =>
    runAs({ owner: async () => ownerId }, async () => {
      const runtime = await getRuntime(env);
      return work({
        ...runtime,
        async startByName(name, args, { key, before } = {}) {
          const { ids } = workflowSettings().workflows;
          if (!Object.hasOwn(ids, name)) throw new Error(`there is no workflow "${name}"`);
          const workflow = { workflowId: ids[name]! };
          const begin = async (options?: { readonly world: World }): Promise<string> => {
            const after = await before?.();
            try {
              return (await runtime.start(workflow, [...args], options)).runId;
            } finally {
              await after?.();
            }
          };
          if (key === undefined) return begin();
          const runId = await runIdOfKey(key);
          const [begun] = await getScope().storage.runs.getMany!([runId], { resolveData: "none" });
          if (begun !== null) return runId;
          // of two at once both send it off: the run is created once, and a second message does no harm
          await begin({ world: { ...createCloudflareWorld(), createRunId: () => runId.slice("wrun_".length) } });
          return runId;
        },
      });
    }),
  );
}
