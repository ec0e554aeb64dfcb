// The oracle: the World's storage in memory, written from chapter 3 of the contract and from nothing else. One thing happens after the
// other, in maps and arrays; whoever wants to know what the storage on D1 must answer asks here. No limits but those of the contract.
import {
  EntityConflictError,
  HookNotFoundError,
  RunExpiredError,
  RunNotSupportedError,
  TooEarlyError,
  WorkflowRunNotFoundError,
  WorkflowWorldError,
} from "@workflow/errors";
import type { CreateEventParams, Event, EventResult, Hook, Step, Wait, WorkflowRun } from "@workflow/world";
import { applyAttributeChanges, validateAttributeChanges } from "@workflow/world/attributes-validation";
import { slotToEventId } from "@workflow/world/slot-identity.js";
import { bare, page, sliced, wrong } from "./oracle-reads.ts";

type Data = Record<string, unknown>;

/** An event as it is asked for, seen without its many types. */
export interface Request {
  readonly eventType: string;
  readonly correlationId?: string;
  readonly specVersion?: number;
  readonly eventData?: Data;
}

/** A run and all that is its own. */
export interface RunRecord {
  run: WorkflowRun;
  readonly log: Event[];
  readonly steps: Map<string, Step>;
  readonly waits: Map<string, Wait>;
}

const over = (status: string | undefined) => status === "completed" || status === "failed" || status === "cancelled";
const conflict = (what: string) => new EntityConflictError(what);

function dropPayloads(entity: object | undefined): void {
  for (const field of ["input", "output", "error", "metadata"]) if (entity) delete (entity as Data)[field];
}

/** All that has happened. */
export class Oracle {
  readonly records: Map<string, RunRecord>;
  readonly hooks: Map<string, Hook>;
  /** Of resumes: run and resume id to the payload's digest. */
  readonly #digests: Map<string, string>;
  readonly now: () => number;
  readonly newRunId: () => string;

  constructor(now: () => number, newRunId: () => string, from?: Oracle) {
    this.now = now;
    this.newRunId = newRunId;
    const state = from && structuredClone([from.records, from.hooks, from.#digests] as const);
    [this.records, this.hooks, this.#digests] = state ?? [new Map(), new Map(), new Map()];
  }

  /** One event, at a time of its own in a batch. */
  create(runId: string, request: Request, params: CreateEventParams = {}, occurred?: number): EventResult {
    const { eventType: type, correlationId: id } = request;
    const given = Object.entries(request.eventData ?? {}).filter(([, value]) => value !== undefined);
    const data: Data = structuredClone(Object.fromEntries(given));
    if (/^(?:step|hook|wait)_/.test(type) && !id) throw wrong("no correlation id");
    if (type === "attr_set") this.#checkAttributes(data);
    const since = params.sinceCursor === undefined ? undefined : sliced(params.sinceCursor, "events");
    const record = this.#recordFor(runId, request, data, occurred);
    const before = record.log.length;
    const made = type === "run_created" || (type === "run_started" && record.run.status === "pending" && before === 0);
    if (made) this.#append(record, "run_created", undefined, data, request, occurred);
    const seen = record.log.length;
    const answer = this.#apply(record, request, data, params, occurred, made);
    const { event } = answer;
    const resolve = params.resolveData ?? "all";
    const shown: EventResult = structuredClone({ ...answer, ...(event && { event: bare(event, resolve) }) });
    if (resolve === "none") for (const entity of [shown.run, shown.step, shown.hook]) dropPayloads(entity);
    return Object.assign(
      shown,
      this.#log(record, type, params, since, record.log.length > before ? seen : undefined, before),
    );
  }

  #checkAttributes(data: Data): void {
    try {
      validateAttributeChanges(data["changes"] as [], {
        allowReservedAttributes: data["allowReservedAttributes"] === true,
      });
    } catch {
      throw wrong("bad attributes");
    }
  }

  /** The run that the event belongs to, made where the event may make it. */
  #recordFor(runId: string, { eventType: type, specVersion = 7 }: Request, data: Data, occurred?: number): RunRecord {
    const found = this.records.get(runId);
    if (found) {
      if (found.run.specVersion! > 7) throw new RunNotSupportedError(found.run.specVersion!, 7);
      if (type === "run_created") throw conflict("run exists");
      return found;
    }
    const complete = data["input"] !== undefined && data["deploymentId"] && data["workflowName"];
    if (type !== "run_created" && !(type === "run_started" && complete)) throw this.#noRun(runId, type, data);
    const at = new Date(occurred ?? this.now());
    const run = {
      runId,
      status: "pending",
      deploymentId: data["deploymentId"],
      workflowName: data["workflowName"],
      specVersion,
      executionContext: data["executionContext"],
      input: data["input"],
      attributes: data["attributes"] ?? {},
      encryptionPublicKey: data["encryptionPublicKey"],
      createdAt: at,
      updatedAt: at,
    } as WorkflowRun;
    const record = { run, log: [], steps: new Map(), waits: new Map() };
    this.records.set(runId, record);
    return record;
  }

  #noRun(runId: string, type: string, data: Data): Error {
    const lazy = type === "step_started" && data["input"] !== undefined && data["stepName"] !== undefined;
    if (type.endsWith("_created") || type.startsWith("run_") || type === "attr_set" || lazy)
      return new WorkflowRunNotFoundError(runId);
    if (type.startsWith("hook_")) return new HookNotFoundError(runId);
    return new WorkflowWorldError("nothing there", { status: 404 });
  }

  #append(
    record: RunRecord,
    type: string,
    id: string | undefined,
    data: Data,
    from: Request,
    occurred?: number,
  ): Event {
    const last = record.log.at(-1)?.createdAt.getTime() ?? 0;
    const without = from.eventData === undefined && type !== "hook_conflict";
    const event = {
      runId: record.run.runId,
      eventId: slotToEventId(record.log.length + 1),
      eventType: type,
      ...(id === undefined ? {} : { correlationId: id }),
      specVersion: from.specVersion ?? 7,
      createdAt: new Date(Math.max(last, occurred ?? this.now())),
      ...(without || type === "run_started" ? {} : { eventData: data }),
    } as Event;
    record.log.push(event);
    return event;
  }

  #apply(
    record: RunRecord,
    request: Request,
    data: Data,
    params: CreateEventParams,
    occurred: number | undefined,
    made: boolean,
  ): EventResult {
    const { eventType: type, correlationId: id = "" } = request;
    const at = () => this.#append(record, type, request.correlationId, data, request, occurred);
    if (type === "run_created") return { event: record.log[0]!, run: record.run, maxEvents: 25_000 } as EventResult;
    if (type.startsWith("run_")) return this.#applyRun(record, type, data, at, made);
    const ended = over(record.run.status);
    if (type === "attr_set") {
      if (ended) throw conflict("run is over");
      const once = (data["writer"] as Data)["type"] === "workflow" && request.correlationId !== undefined;
      if (once && record.log.some((event) => event.eventType === type && event.correlationId === id))
        throw conflict("set already");
      const attributes = applyAttributeChanges(record.run.attributes, data["changes"] as []);
      if (Object.keys(attributes).length > 64) throw wrong("too many attributes");
      record.run.attributes = attributes;
      return { event: at(), run: record.run } as EventResult;
    }
    if (type.startsWith("step_")) return this.#applyStep(record, request, data, at, ended, occurred);
    if (type.startsWith("wait_")) return this.#applyWait(record, type, id, data, at, ended);
    return this.#applyHook(record, request, data, params, at, ended, occurred);
  }

  #applyRun(record: RunRecord, type: string, data: Data, at: () => Event, made: boolean): EventResult {
    const run = record.run as Data & WorkflowRun;
    if (type === "run_started") {
      if (over(run.status)) throw new RunExpiredError("over");
      if (run.status === "running") return { run, maxEvents: 25_000 } as EventResult;
      const event = at();
      Object.assign(run, { status: "running", startedAt: event.createdAt });
      if (made) run.updatedAt = event.createdAt;
      return { event, run, maxEvents: 25_000 } as EventResult;
    }
    if (type === "run_cancelled" && run.status === "cancelled") return { run, maxEvents: 25_000 } as EventResult;
    if (over(run.status)) throw conflict("run is over");
    const event = at();
    const { output, error, errorCode } = data;
    const how = { run_completed: { output }, run_failed: { error, errorCode }, run_cancelled: {} }[type];
    Object.assign(run, how, { status: type.slice(4), completedAt: event.createdAt });
    for (const hook of [...this.hooks.values()]) if (hook.runId === run.runId) this.hooks.delete(hook.hookId);
    return { event, run, maxEvents: 25_000 } as EventResult;
  }

  #applyStep(
    record: RunRecord,
    request: Request,
    data: Data,
    at: () => Event,
    ended: boolean,
    occurred: number | undefined,
  ): EventResult {
    const { eventType: type, correlationId: id = "", specVersion = 7 } = request;
    const { runId } = record.run;
    const known = record.steps.get(id);
    const lazy = type === "step_started" && data["input"] !== undefined && data["stepName"] !== undefined;
    if (type === "step_created" || lazy) {
      if (ended || known) throw conflict("run is over, or the step exists");
      const { input, stepName } = data;
      if (lazy) this.#append(record, "step_created", id, { stepName, input }, request, occurred);
      if (lazy) delete data["input"];
      const event = at();
      const step = {
        runId,
        stepId: id,
        stepName,
        status: lazy ? "running" : "pending",
        attempt: lazy ? 1 : 0,
        input,
        ...(lazy && { startedAt: event.createdAt }),
        createdAt: event.createdAt,
        updatedAt: event.createdAt,
        specVersion,
      } as Step;
      record.steps.set(id, step);
      return { event, step, ...(lazy && { stepCreated: true }) } as EventResult;
    }
    if (!known) throw new WorkflowWorldError("no such step", { status: 404 });
    if (over(known.status)) throw conflict("step is over");
    const start = type === "step_started";
    if (ended && (start || known.status !== "running")) throw new RunExpiredError("run is over");
    const early = start && known.retryAfter ? known.retryAfter.getTime() - (occurred ?? this.now()) : 0;
    if (early > 0) throw new TooEarlyError("too early", { retryAfter: Math.ceil(early / 1000) });
    delete data["input"];
    const event = at();
    if (start) {
      Object.assign(known, { status: "running", attempt: known.attempt + 1 });
      known.startedAt ??= event.createdAt;
      delete known.retryAfter;
    } else if (type === "step_retrying") {
      delete known.retryAfter;
      Object.assign(known, { status: "pending", error: data["error"] });
      if (data["retryAfter"]) known.retryAfter = new Date(data["retryAfter"] as Date);
    } else {
      delete known.retryAfter;
      const how = type === "step_completed" ? { output: data["result"] } : { error: data["error"] };
      Object.assign(known, how, { status: type.slice(5), completedAt: event.createdAt });
    }
    return { event, step: known } as EventResult;
  }

  #applyWait(record: RunRecord, type: string, id: string, data: Data, at: () => Event, ended: boolean): EventResult {
    const known = record.waits.get(id);
    if (type === "wait_created") {
      if (ended || known) throw conflict("run is over, or the wait exists");
      const event = at();
      const { runId } = record.run;
      const times = { createdAt: event.createdAt, updatedAt: event.createdAt };
      const wait = { waitId: id, runId, status: "waiting", resumeAt: data["resumeAt"], ...times } as Wait;
      record.waits.set(id, wait);
      return { event, wait } as EventResult;
    }
    if (!known) throw new WorkflowWorldError("no such wait", { status: 404 });
    if (known.status === "completed") throw conflict("wait is over");
    const event = at();
    Object.assign(known, { status: "completed", completedAt: event.createdAt });
    return { event, wait: known } as EventResult;
  }

  #applyHook(
    record: RunRecord,
    request: Request,
    data: Data,
    params: CreateEventParams,
    at: () => Event,
    ended: boolean,
    occurred: number | undefined,
  ): EventResult {
    const { eventType: type, correlationId: id = "" } = request;
    const live = this.hooks.get(id);
    const own = live?.runId === record.run.runId ? live : undefined;
    if (type === "hook_created") {
      const logged = record.log.some(
        (event) => event.correlationId === id && /^hook_(?:created|conflict)$/.test(event.eventType),
      );
      if (ended || logged || live) throw conflict("run is over, or the hook exists");
      const holder = [...this.hooks.values()].find((hook) => hook.token === data["token"]);
      if (holder) {
        const lost = { token: data["token"], conflictingRunId: holder.runId };
        return { event: this.#append(record, "hook_conflict", id, lost, request, occurred) } as EventResult;
      }
      const event = at();
      const hook = this.#newHook(record, id, data, event, request.specVersion ?? 7);
      this.hooks.set(id, hook);
      return { event, hook } as EventResult;
    }
    if (type === "hook_disposed") {
      if (!own) throw new HookNotFoundError(id);
      this.hooks.delete(id);
      return { event: at() } as EventResult;
    }
    const { resumeId, resumePayloadDigest: digest } = params;
    const resumed = resumeId && record.log.find((event) => event.resumeId === resumeId);
    if (resumed) {
      const known = this.#digests.get(`${record.run.runId}|${resumeId}`);
      const other = digest && known && known !== digest;
      if (resumed.correlationId !== id || other) throw conflict("another resume");
      return { event: resumed } as EventResult;
    }
    if (!own) throw new HookNotFoundError(id);
    const event = at();
    if (resumeId) event.resumeId = resumeId;
    if (resumeId && digest) this.#digests.set(`${record.run.runId}|${resumeId}`, digest);
    return { event } as EventResult;
  }

  #newHook({ run }: RunRecord, hookId: string, data: Data, event: Event, specVersion: number): Hook {
    const context = (run.executionContext ?? {}) as Data;
    const resumeContext = {
      deploymentId: run.deploymentId,
      workflowName: run.workflowName,
      runSpecVersion: run.specVersion,
      workflowCoreVersion: context["workflowCoreVersion"],
      traceCarrier: context["traceCarrier"],
      encryptionPublicKey: run.encryptionPublicKey,
      hookResumeInputVersion: context["hookResumeInputVersion"],
    };
    return {
      runId: run.runId,
      hookId,
      token: data["token"],
      ownerId: "",
      projectId: "",
      environment: "",
      metadata: data["metadata"],
      createdAt: event.createdAt,
      specVersion,
      isWebhook: data["isWebhook"] === true,
      isSystem: data["isSystem"] === true,
      resumeContext: JSON.parse(JSON.stringify(resumeContext)),
    } as Hook;
  }

  #log(
    record: RunRecord,
    type: string,
    params: CreateEventParams,
    since: number | undefined,
    seen: number | undefined,
    before: number,
  ): Partial<EventResult> {
    const resolve = params.resolveData ?? "all";
    const behind = (slot: number, until = record.log.length): Partial<EventResult> => {
      const rows = record.log.slice(slot, until).map((event) => bare(event, resolve));
      const { data, cursor, hasMore } = page(
        rows,
        { cursor: params.sinceCursor },
        "events",
        (_, index) => slot + index + 1,
        -1,
        true,
      );
      return { events: structuredClone(data), cursor, hasMore } as Partial<EventResult>;
    };
    if (type === "run_started" && !params.skipPreload) return behind(0);
    if (since !== undefined) return behind(since);
    if (params.eventCount === undefined || seen === undefined || before <= params.eventCount) return {};
    return behind(params.eventCount, before);
  }
}
