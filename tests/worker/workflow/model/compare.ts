// What two storages must say alike, as text: answers, refusals and all that can be read of a run. Left out is what the contract leaves
// open: `updatedAt`, the wording of errors and cursors, and which payloads the answer to a step's end repeats.
import type { BatchEventItemResult, EventResult, Storage } from "@workflow/world";

type Data = Record<string, unknown>;

/** A value as text: bytes and times by name, keys in order, what is undefined left out. */
export function plain(value: unknown): string {
  return JSON.stringify(value, function (this: Data, key, shown: unknown) {
    const raw = this[key];
    if (raw instanceof Date) return `date ${raw.getTime()}`;
    if (raw instanceof Uint8Array) return `bytes ${raw.length} ${raw.join(",").slice(0, 400)}`;
    if (typeof shown !== "object" || shown === null || Array.isArray(shown)) return shown;
    return Object.fromEntries(Object.entries(shown).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function without(value: unknown, ...keys: string[]): Data | undefined {
  if (value === undefined) return undefined;
  return Object.fromEntries(Object.entries(value as Data).filter(([key]) => !keys.includes(key)));
}

function answerOf(answer: EventResult): Data {
  const { event, run, step, hook, wait, stepCreated, events, cursor, hasMore } = answer;
  const type = event?.eventType ?? "";
  const repeated = /^step_(?:completed|failed|retrying)$/.test(type) ? ["input", "output", "error"] : [];
  return {
    event,
    // attributes are told by reading the run
    run: type === "attr_set" ? undefined : without(run, "updatedAt"),
    step: without(step, "updatedAt", ...repeated),
    hook,
    wait: without(wait, "updatedAt", "specVersion", "waitId"),
    stepCreated,
    events,
    hasMore,
    cursor: typeof cursor,
  };
}

/** What a write answered, or why it did not. */
export async function told(write: Promise<EventResult>): Promise<string> {
  return write.then((answer) => plain(answerOf(answer)), told.refusal);
}

told.refusal = (error: unknown): string => {
  const { name, status, retryAfter } = error as { name: string; status?: number; retryAfter?: number };
  return plain({ name, retryAfter, ...(name === "WorkflowWorldError" ? { status } : {}) });
};

/** What a batch answered. */
export async function toldBatch(write: Promise<{ results: BatchEventItemResult[] }>): Promise<string> {
  return write.then(
    ({ results }) =>
      plain(results.map((item) => [item.status, item.error === undefined ? answerOf(item as EventResult) : "refused"])),
    told.refusal,
  );
}

/** All that can be read of a run. */
export async function snapshot(storage: Storage, runId: string): Promise<string> {
  const run = await storage.runs.get(runId).catch((error: Error) => ({ missing: error.name }));
  const log = await storage.events.list({ runId });
  const steps = await storage.steps.list({ runId, pagination: { limit: 1000 } });
  const hooks = await storage.hooks.list({ runId, pagination: { limit: 1000 } });
  const byId = (a: { hookId: string }, b: { hookId: string }) => (a.hookId < b.hookId ? -1 : 1);
  return plain({
    run: without(run, "updatedAt"),
    log: log.data,
    steps: steps.data.map((step) => without(step, "updatedAt")),
    hooks: hooks.data.toSorted(byId),
  });
}
