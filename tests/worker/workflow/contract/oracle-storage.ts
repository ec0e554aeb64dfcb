// The oracle behind the World's face: reads, pages and batches over what oracle.ts has made happen. Nothing happens here by itself.
import { HookNotFoundError, WorkflowRunNotFoundError, WorkflowWorldError } from "@workflow/errors";
import type {
  BatchEventItemResult,
  CreateEventParams,
  Event,
  EventResult,
  Hook,
  PaginationOptions,
  ResolveData,
  Step,
  Storage,
} from "@workflow/world";
import { Oracle, type Request, type RunRecord } from "./oracle.ts";
import { bare, page, wrong } from "./oracle-reads.ts";

/** A storage over an oracle; scopes of one oracle share it. */
export function createOracle(now: () => number, newRunId: () => string): OracleStorage {
  return storageOf(new Oracle(now, newRunId));
}

/** A storage in memory that can be asked what would be. */
export interface OracleStorage extends Storage {
  /** The same world once more; what happens there does not happen here. */
  fork(): OracleStorage;
  /** Makes a run one of a spec that is not read. */
  raiseSpec(runId: string): void;
}

function storageOf(oracle: Oracle): OracleStorage {
  const create = async (runId: string | null, request: Request, params?: CreateEventParams) =>
    oracle.create(runId || oracle.newRunId(), request, params);
  const recordOf = (runId: string): RunRecord | undefined => oracle.records.get(runId);
  const runShown = ({ run }: RunRecord, resolve: ResolveData = "all") =>
    structuredClone(resolve === "all" ? run : { ...run, input: undefined, output: undefined, error: undefined });
  const stepShown = (step: Step, resolve: ResolveData = "all") =>
    structuredClone(resolve === "all" ? step : { ...step, input: undefined, output: undefined, error: undefined });
  const hookShown = (hook: Hook | undefined, key: string, resolve: ResolveData = "all"): Hook => {
    if (!hook) throw new HookNotFoundError(key);
    return structuredClone(resolve === "all" ? hook : { ...hook, metadata: undefined });
  };
  const events = (
    rows: readonly Event[],
    pagination: PaginationOptions | undefined,
    resolve: ResolveData = "all",
    all = -1,
  ) => {
    const slot = (event: Event) => Number(event.eventId.slice(5));
    const { data, ...rest } = page(rows, pagination, "events", slot, all);
    return { data: structuredClone(data.map((event) => bare(event, resolve))), ...rest };
  };
  const slotOf = (record: RunRecord, id: string) =>
    Number(
      record.log.find((event) => event.correlationId === id && event.eventType === "step_created")!.eventId.slice(5),
    );
  return {
    raiseSpec: (runId) => {
      oracle.records.get(runId)!.run.specVersion = 8;
    },
    fork: () => storageOf(new Oracle(oracle.now, oracle.newRunId, oracle)),
    runs: {
      get: async (id: string, params?: { resolveData?: ResolveData }) => {
        const record = recordOf(id);
        if (!record) throw new WorkflowRunNotFoundError(id);
        return runShown(record, params?.resolveData);
      },
      getMany: async (ids: readonly string[], params?: { resolveData?: ResolveData }) =>
        ids.map((id) => (recordOf(id) ? runShown(recordOf(id)!, params?.resolveData) : null)),
      list: async (params: Parameters<Storage["runs"]["list"]>[0]) => {
        const statuses = params?.status === undefined ? undefined : [params.status].flat();
        const rows = [...oracle.records.values()]
          .filter(({ run }) => params?.workflowName === undefined || run.workflowName === params.workflowName)
          .filter(({ run }) => statuses === undefined || statuses.includes(run.status))
          .toSorted(
            (a, b) => a.run.createdAt.getTime() - b.run.createdAt.getTime() || (a.run.runId < b.run.runId ? -1 : 1),
          );
        const order = { sortOrder: "desc" as const, ...params?.pagination };
        const all = [...oracle.records.keys()];
        const { data, ...rest } = page(rows, order, "runs", ({ run }) => all.indexOf(run.runId), 100);
        return { data: data.map((record) => runShown(record, params?.resolveData)), ...rest };
      },
    },
    steps: {
      get: async (runId: string, stepId: string, params?: { resolveData?: ResolveData }) => {
        const step = recordOf(runId)?.steps.get(stepId);
        if (!step) throw new WorkflowWorldError("no such step", { status: 404 });
        return stepShown(step, params?.resolveData);
      },
      list: async ({ runId, pagination, resolveData }: Parameters<Storage["steps"]["list"]>[0]) => {
        const record = recordOf(runId);
        const rows = record ? [...record.steps.values()] : [];
        const { data, ...rest } = page(rows, pagination, "steps", ({ stepId }) => slotOf(record!, stepId), 100);
        return { data: data.map((step) => stepShown(step, resolveData)), ...rest };
      },
    },
    hooks: {
      get: async (id: string, params?: { resolveData?: ResolveData }) =>
        hookShown(oracle.hooks.get(id), id, params?.resolveData),
      getByToken: async (token: string, params?: { resolveData?: ResolveData }) =>
        hookShown(
          [...oracle.hooks.values()].find((hook) => hook.token === token),
          token,
          params?.resolveData,
        ),
      list: async ({ runId, pagination, resolveData }: Parameters<Storage["hooks"]["list"]>[0]) => {
        const all = [...oracle.hooks.values()];
        const rows = all.filter((hook) => runId === undefined || hook.runId === runId);
        const { data, ...rest } = page(rows, pagination, "hooks", (hook) => all.indexOf(hook), 100);
        return { data: data.map((hook) => hookShown(hook, "", resolveData)), ...rest };
      },
    },
    events: {
      create: create as Storage["events"]["create"],
      createBatch: async (runId, requests, params) => {
        checkBatch(requests.map(({ event }) => event as Request));
        const results: BatchEventItemResult[] = [];
        for (const [index, { event, occurredAt }] of requests.entries()) {
          const pair =
            event.eventType === "step_started" && requests[index - 1]?.event.correlationId === event.correlationId;
          const created = pair ? results[index - 1] : undefined;
          if (created?.error !== undefined) {
            results.push({ ...created });
            continue;
          }
          const one = outcome(() => oracle.create(runId, event as Request, params ?? {}, occurredAt?.getTime()));
          results.push(one);
          // born running: its creation never saw it pending
          if (created && one.step) created.step = { ...structuredClone(one.step), input: created.step!.input };
        }
        return { results };
      },
      get: async (runId, eventId, params) => {
        const event = recordOf(runId)?.log.find((row) => row.eventId === eventId);
        if (!event) throw new WorkflowWorldError("no such event", { status: 404 });
        return structuredClone(bare(event, params?.resolveData ?? "all"));
      },
      list: async ({ runId, pagination, resolveData }) => events(recordOf(runId)?.log ?? [], pagination, resolveData),
      listByCorrelationId: async ({ runId, correlationId, pagination, resolveData }) =>
        events(
          (recordOf(runId)?.log ?? []).filter((event) => event.correlationId === correlationId),
          pagination,
          resolveData,
          1000,
        ),
    },
  } as OracleStorage;
}

function checkBatch(requests: readonly Request[]): void {
  if (requests.length === 0 || requests.length > 32) throw wrong("1 to 32 events");
  const alone = /^(?:run_created|run_started|run_cancelled|hook_\w+|attr_set)$/;
  for (const [index, { eventType, correlationId, eventData }] of requests.entries()) {
    if (alone.test(eventType)) throw wrong("not in a batch");
    if (eventType === "step_started" && eventData?.["input"] !== undefined) throw wrong("no input in a batch");
    const earlier = requests.findIndex((other) => other.correlationId === correlationId);
    const pair =
      earlier === index - 1 && requests[earlier]!.eventType === "step_created" && eventType === "step_started";
    if (earlier !== index && !pair) throw wrong("one event per entity");
  }
}

function outcome(write: () => EventResult): BatchEventItemResult {
  try {
    const { event, run, step, wait } = write();
    return { status: 200, event: event!, ...(run && { run }), ...(step && { step }), ...(wait && { wait }) };
  } catch (error) {
    const { name, message, status } = error as { name: string; message: string; status?: number };
    const known: Record<string, number> = {
      EntityConflictError: 409,
      RunExpiredError: 410,
      TooEarlyError: 425,
      WorkflowRunNotFoundError: 404,
      HookNotFoundError: 404,
      RunNotSupportedError: 422,
    };
    return { status: known[name] ?? status ?? 500, error: name, message };
  }
}
