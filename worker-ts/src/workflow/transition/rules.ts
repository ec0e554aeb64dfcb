// The rules: which statements make up a transition, and where in their results its answer stands. Pure. A transition is a guard, which
// changes one row or none; a slot from the run's counter; and the event. Why a guard refuses is told by refusal.ts.
import { encodeMeta, eventsBehind } from "../store/events";
import { NO_PAYLOAD, type Payload } from "../store/payload";
import { type Statement, statement } from "../store/reader";
import { selectRun } from "../store/runs";
import { selectStep } from "../store/steps";
import { type Command, time } from "./command";
import * as sql from "./statements";

/** A transition, ready to be sent. The numbers are places in `statements`, and so in the results. */
export interface Plan {
  readonly statements: readonly Statement[];
  /** The event: its row says slot and time, no row that the guard refused. */
  readonly event: number;
  /** The event of another type that may have come out instead. */
  readonly conflict?: number;
  /** The row of the entity after the write. */
  readonly entity?: number;
  readonly run?: number;
  /** Rows of the log that the answer carries. */
  readonly log?: number;
}

interface Draft {
  statements: Statement[];
  event: number;
  conflict?: number;
  entity?: number;
  run?: number;
}

/** The status in which an event leaves its run or step. */
const ENDS = {
  run_completed: "completed",
  run_failed: "failed",
  run_cancelled: "cancelled",
  step_completed: "completed",
  step_failed: "failed",
} as const;

/** The statements of a transition at `now`. */
export function planOf(command: Command, now: number): Plan {
  const draft = draftOf(command, now);
  if (command.type === "hook_received" && command.read.whole) {
    draft.run = draft.statements.length;
    draft.statements.push(selectRun(command.runId, command.read.resolve));
  }
  if (!command.read.behind) return draft;
  const read = eventsBehind(command.runId, command.read.behind.slot, command.read.resolve);
  // of a fan-out each event skips all those before it: the answers are cut from one read, where a read for each would be its square
  const log: Statement = command.read.skippedOnly ? { ...read, shared: true } : read;
  return { ...draft, statements: [...draft.statements, log], log: draft.statements.length };
}

function draftOf(command: Command, now: number): Draft {
  const { runId, correlationId: id, type, data } = command;
  switch (type) {
    case "run_created":
      return withRun(command, [addRun(command, now), append(command)], 1);
    case "run_started": {
      const first = command.creates ? [addRun(command, now), append({ ...command, type: "run_created" })] : [];
      const start = [
        statement(sql.START_RUN, runId, now),
        append({ ...command, data: undefined, payload: NO_PAYLOAD }),
      ];
      return withRun(command, [...first, ...start], first.length + 1);
    }
    case "run_completed":
    case "run_failed":
    case "run_cancelled": {
      const code = type === "run_failed" ? (data?.["errorCode"] as string | undefined) : undefined;
      const end = statement(sql.END_RUN, runId, now, ENDS[type], code ?? null);
      return withRun(command, [end, append(command), statement(sql.DROP_HOOKS, runId)], 1);
    }
    case "attr_set":
      return withRun(command, [setAttributes(command, now), append(command)], 1);
    case "step_created": {
      const add = statement(sql.ADD_STEP, runId, now, id, nameOf(data), "pending", 0);
      return { statements: [add, advance(command, now, 1), append(command)], event: 2 };
    }
    case "step_started":
      if (command.creates) return bornRunning(...lazyPair(command), now);
      return {
        statements: [
          statement(sql.START_STEP, runId, now, id, command.resumeId),
          advance(command, now, 1),
          append({ ...command, payload: NO_PAYLOAD }),
          selectStep(runId, id ?? "", command.read.resolve),
        ],
        event: 2,
        entity: 3,
      };
    case "step_completed":
    case "step_failed":
      return guarded(command, now, statement(sql.END_STEP, runId, now, id, ENDS[type]));
    case "step_retrying": {
      const after = data?.["retryAfter"];
      return guarded(command, now, statement(sql.RETRY_STEP, runId, now, id, after === undefined ? null : time(after)));
    }
    case "hook_created":
      return addHook(command, now);
    case "hook_received": {
      const receive = statement(sql.RECEIVE, runId, now, id, command.resumeId);
      return { statements: [receive, append(command)], event: 1 };
    }
    case "hook_disposed":
      return guarded(command, now, statement(sql.DISPOSE, runId, id));
    case "wait_created":
      return guarded(command, now, statement(sql.ADD_WAIT, runId, now, id, time(data?.["resumeAt"])));
    case "wait_completed":
      return guarded(command, now, statement(sql.COMPLETE_WAIT, runId, now, id));
  }
}

/** Guard, slot, event; the guard's row is the entity. */
function guarded(command: Command, now: number, guard: Statement): Draft {
  return { statements: [guard, advance(command, now, 1), append(command)], event: 2, entity: 0 };
}

/** Transitions of the run itself give the slot in their guard, and read the run back. */
function withRun(command: Command, statements: Statement[], event: number): Draft {
  return {
    statements: [...statements, selectRun(command.runId, command.read.resolve)],
    event,
    run: statements.length,
  };
}

/** The two events of a lazy start: the creation with the input, the start without. */
function lazyPair(command: Command): [Command, Command] {
  const created: Command = { ...command, type: "step_created", data: { stepName: nameOf(command.data) } };
  return [created, { ...command, payload: NO_PAYLOAD }];
}

/** A step that exists from now on and runs at once: two events, one claim. `event` is the second. */
export function bornRunning(created: Command, started: Command, now: number): Draft {
  const { runId, correlationId } = created;
  return {
    statements: [
      statement(sql.ADD_STEP, runId, now, correlationId, nameOf(created.data), "running", 1),
      advance(created, now, 2),
      append(created, sql.APPEND_BEFORE),
      // who comes again finds the step: that is enough
      append({ ...started, resumeId: null }),
    ],
    event: 3,
  };
}

function addRun({ runId, data, specVersion, ownerId }: Command, now: number): Statement {
  const context = data?.["executionContext"];
  return statement(
    sql.ADD_RUN,
    runId,
    now,
    data?.["workflowName"] as string,
    data?.["deploymentId"] as string,
    specVersion,
    ownerId,
    context === undefined ? null : JSON.stringify(context),
    JSON.stringify(data?.["attributes"] ?? {}),
    (data?.["encryptionPublicKey"] as string | undefined) ?? null,
  );
}

function addHook(command: Command, now: number): Draft {
  const { runId, correlationId: id, data, specVersion } = command;
  const token = data?.["token"] as string;
  const flag = (name: string) => (data?.[name] === true ? 1 : 0);
  return {
    statements: [
      statement(sql.ADD_HOOK, runId, now, id, token, specVersion, flag("isWebhook"), flag("isSystem")),
      advance(command, now, 1),
      append(command),
      statement(sql.ADVANCE_CONFLICT, runId, now, id, token),
      statement(sql.APPEND_CONFLICT, runId, id, token, specVersion),
    ],
    event: 2,
    conflict: 4,
    entity: 0,
  };
}

function setAttributes(command: Command, now: number): Statement {
  return statement(sql.SET_ATTRIBUTES, command.runId, now, patchOf(command), onceId(command));
}

/** A workflow's own write counts once; a step's may come again with the step. */
export function onceId({ data, correlationId }: Command): string | null {
  return (data?.["writer"] as { type?: string } | undefined)?.type === "workflow" ? correlationId : null;
}

/** The changes as a JSON merge patch: null removes. */
export function patchOf({ data }: Command): string | null {
  const changes = data?.["changes"] as { key: string; value: string | null }[] | undefined;
  return changes ? JSON.stringify(Object.fromEntries(changes.map(({ key, value }) => [key, value]))) : null;
}

function nameOf(data: Command["data"]): string {
  return data?.["stepName"] as string;
}

function advance({ runId }: Command, now: number, slots: number): Statement {
  return statement(sql.ADVANCE, runId, now, slots);
}

function append(command: Command, text: string = sql.APPEND): Statement {
  const payload: Payload = command.payload;
  return statement(
    text,
    command.runId,
    command.type,
    command.correlationId,
    command.resumeId,
    command.resumeDigest,
    command.specVersion,
    payload.bytes,
    payload.ref,
    encodeMeta(command.type, command.data, payload),
    payload.text,
  );
}
