// Every cell of event × state of the run × state of the entity, on the storage on D1 and on the oracle: the same answer or the same
// refusal, and afterwards the same log and the same entities.
import { describe, expect, it } from "vitest";
import { d1Subject } from "../../../../../tests/worker/workflow/contract/d1.ts";
import { type Ask, bytes, fresh, put, runData, stepData } from "../../../../../tests/worker/workflow/contract/kit.ts";
import { createOracle } from "../../../../../tests/worker/workflow/contract/oracle-storage.ts";
import { snapshot, told } from "../../../../../tests/worker/workflow/model/compare.ts";

const subject = d1Subject();
const world = subject.scope();
const oracle = createOracle(subject.clock.now, () => fresh());
const NOW = subject.clock.now();

/** An event on a run. */
type Step = readonly [type: string, ask?: Ask];

const PAYLOAD = bytes(5);
const SOON = new Date(NOW + 90_000);
const LATE = new Date(NOW - 1);

const RUNS: Readonly<Record<string, readonly Step[] | undefined>> = {
  none: undefined,
  pending: [],
  running: [["run_started"]],
  completed: [["run_started"], ["run_completed", { data: { output: PAYLOAD } }]],
  failed: [["run_started"], ["run_failed", { data: { error: PAYLOAD, errorCode: "USER_ERROR" } }]],
  cancelled: [["run_started"], ["run_cancelled"]],
  unread: [],
};

const started: Step = ["step_started", { id: "step_a", data: stepData }];
const STEPS: Readonly<Record<string, readonly Step[]>> = {
  absent: [],
  pending: [["step_created", { id: "step_a", data: stepData }]],
  running: [started],
  waiting: [started, ["step_retrying", { id: "step_a", data: { error: PAYLOAD, retryAfter: SOON } }]],
  due: [started, ["step_retrying", { id: "step_a", data: { error: PAYLOAD, retryAfter: LATE } }]],
  again: [started, ["step_retrying", { id: "step_a", data: { error: PAYLOAD } }], ["step_started", { id: "step_a" }]],
  completed: [started, ["step_completed", { id: "step_a", data: { result: PAYLOAD } }]],
  failed: [started, ["step_failed", { id: "step_a", data: { error: PAYLOAD } }]],
};
const STEP_EVENTS: Readonly<Record<string, Step>> = {
  created: ["step_created", { id: "step_a", data: stepData }],
  lazy: ["step_started", { id: "step_a", data: { ...stepData, ownerMessageId: "msg" } }],
  bare: ["step_started", { id: "step_a", data: { attempt: 2 } }],
  completed: ["step_completed", { id: "step_a", data: { result: bytes(6) } }],
  failed: ["step_failed", { id: "step_a", data: { error: bytes(6) } }],
  retrying: ["step_retrying", { id: "step_a", data: { error: bytes(6), retryAfter: SOON } }],
};

const WAITS: Readonly<Record<string, readonly Step[]>> = {
  absent: [],
  waiting: [["wait_created", { id: "wait_a", data: { resumeAt: SOON } }]],
  completed: [
    ["wait_created", { id: "wait_a", data: { resumeAt: LATE } }],
    ["wait_completed", { id: "wait_a" }],
  ],
};
const WAIT_EVENTS: Readonly<Record<string, Step>> = {
  created: ["wait_created", { id: "wait_a", data: { resumeAt: SOON } }],
  completed: ["wait_completed", { id: "wait_a", data: { resumeAt: SOON } }],
};

const writer = { type: "workflow" };
const set: Step = ["attr_set", { id: "attr_a", data: { changes: [{ key: "a", value: "1" }], writer } }];
const many = Array.from({ length: 64 }, (_, index) => ({ key: `k${index}`, value: "v" }));
const ATTRIBUTES: Readonly<Record<string, readonly Step[]>> = {
  unset: [],
  set: [set],
  full: [["attr_set", { id: "attr_b", data: { changes: many, writer } }]],
};
const ATTRIBUTE_EVENTS: Readonly<Record<string, Step>> = {
  workflow: set,
  step: [
    "attr_set",
    { data: { changes: [{ key: "a", value: "2" }], writer: { type: "step", stepId: "s", attempt: 1 } } },
  ],
  removal: ["attr_set", { data: { changes: [{ key: "k1", value: null }], writer } }],
  reserved: ["attr_set", { data: { changes: [{ key: "$a", value: "2" }], writer } }],
};

const RUN_EVENTS: Readonly<Record<string, Step>> = {
  created: ["run_created", { data: runData() }],
  started: ["run_started"],
  bringing: ["run_started", { data: runData({ attributes: { a: "1" } }) }],
  completed: ["run_completed", { data: { output: bytes(3) } }],
  failed: ["run_failed", { data: { error: bytes(3), errorCode: "RUNTIME_ERROR" } }],
  cancelled: ["run_cancelled", { data: { cancelReason: "enough" } }],
};

/** One cell on both: the run reaches its state last, for what is made on it is made while it is open. */
async function cell(run: string, runSteps: readonly Step[] | undefined, entity: readonly Step[], event: Step) {
  const runId = fresh();
  const both = [world, oracle];
  const answers = await Promise.all(
    both.map(async (storage) => {
      if (runSteps) await put(storage, runId, "run_created", { data: runData() });
      for (const [type, ask] of runSteps ? entity : []) await put(storage, runId, type, ask);
      for (const [type, ask] of runSteps ?? []) await put(storage, runId, type, ask);
      if (run === "unread") await raiseSpec(storage === oracle, runId);
      const answer = await told(put(storage, runId, event[0], event[1]));
      return [answer, await snapshot(storage, runId)] as const;
    }),
  );
  return answers;
}

/** Makes a run one of a spec that is not read, which no event does. */
async function raiseSpec(inMemory: boolean, runId: string): Promise<void> {
  if (inMemory) oracle.raiseSpec(runId);
  else await subject.ports().db.prepare("UPDATE workflow_runs SET spec_version = 8 WHERE id = ?").bind(runId).run();
}

interface Cell {
  readonly run: string;
  readonly state: string;
  readonly name: string;
  readonly entity: readonly Step[];
  readonly event: Step;
}

/** All cells of a family of events; a run that is not there has no entities. */
function cells(entities: Readonly<Record<string, readonly Step[]>>, events: Readonly<Record<string, Step>>): Cell[] {
  return Object.entries(RUNS).flatMap(([run, runSteps]) =>
    Object.entries(entities)
      .slice(0, runSteps ? undefined : 1)
      .flatMap(([state, entity]) =>
        Object.entries(events).map(([name, event]): Cell => ({ run, state, name, entity, event })),
      ),
  );
}

/** Cells have nothing in common, so many are tried at once, and their writes fold. */
async function checkAll(all: readonly Cell[]): Promise<number> {
  for (let at = 0; at < all.length; at += 24)
    await Promise.all(
      all.slice(at, at + 24).map(async ({ run, state, name, entity, event }) => {
        const [d1, expected] = await cell(run, RUNS[run], entity, event);
        const where = `${name} on ${state} in a run that is ${run}`;
        expect([where, ...d1!]).toEqual([where, ...expected!]);
      }),
    );
  return all.length;
}

const HOOKS = ["absent", "live", "received", "resumed", "disposed", "gone", "held", "conflict", "foreign"] as const;
const HOOK_EVENTS = ["created", "another", "received", "resumed", "reused", "disposed"] as const;

/** A cell of hooks: ids and tokens of its own, and another run that holds a token, or the very id. */
async function hookCell(run: string, state: (typeof HOOKS)[number], name: (typeof HOOK_EVENTS)[number]): Promise<Cell> {
  const [id, mine, theirs, holder] = [fresh("hook"), fresh("token"), fresh("token"), fresh()];
  const resume = { resumeId: "resume_1", resumePayloadDigest: "digest" };
  const create: Step = ["hook_created", { id, data: { token: mine, metadata: PAYLOAD } }];
  const receive: Step = ["hook_received", { id, data: { payload: PAYLOAD } }];
  const resumed: Step = ["hook_received", { id, data: { payload: PAYLOAD }, params: resume }];
  const dispose: Step = ["hook_disposed", { id }];
  const taken: Step = ["hook_created", { id, data: { token: theirs } }];
  for (const storage of [world, oracle]) {
    await put(storage, holder, "run_created", { data: runData() });
    await put(storage, holder, "hook_created", {
      id: state === "foreign" ? id : fresh("hook"),
      data: { token: theirs },
    });
  }
  const entity = {
    absent: [],
    live: [create],
    received: [create, receive, receive],
    resumed: [create, resumed],
    disposed: [create, dispose],
    gone: [create, resumed, dispose],
    held: [],
    conflict: [taken],
    foreign: [],
  }[state];
  const reused = { ...resume, resumePayloadDigest: "another" };
  const event: Record<typeof name, Step> = {
    created: state === "held" || state === "conflict" ? taken : create,
    another: ["hook_created", { id: fresh("hook"), data: { token: mine } }],
    received: receive,
    resumed,
    reused: ["hook_received", { id, data: { payload: PAYLOAD }, params: reused }],
    disposed: dispose,
  };
  return { run, state, name, entity, event: event[name] };
}

describe("cells of the transitions", () => {
  it("WE4 WE5 WE6 WE7 WE8 WE10: events of runs in 7 states", async () => {
    expect(await checkAll(cells({ bare: [] }, RUN_EVENTS))).toBe(42);
  });

  it("WE9 WE11 WE12 WE13 WE14 WE15: events of steps in 8 states, runs in 7", { timeout: 60_000 }, async () => {
    expect(await checkAll(cells(STEPS, STEP_EVENTS))).toBe(6 * (6 * 8 + 1));
  });

  it("WE9 WE21: events of waits in 3 states, runs in 7", async () => {
    expect(await checkAll(cells(WAITS, WAIT_EVENTS))).toBe(2 * (6 * 3 + 1));
  });

  it("WE9 WE22: attributes unset, set and full, runs in 7 states", async () => {
    expect(await checkAll(cells(ATTRIBUTES, ATTRIBUTE_EVENTS))).toBe(4 * (6 * 3 + 1));
  });

  it("WE9 WE16 WE18 WE19 WE20: events of hooks in 9 states, runs in 7", { timeout: 60_000 }, async () => {
    const all: Cell[] = [];
    for (const run of Object.keys(RUNS))
      for (const state of HOOKS)
        all.push(...(await Promise.all(HOOK_EVENTS.map((name) => hookCell(run, state, name)))));
    expect(await checkAll(all)).toBe(7 * 9 * 6);
  });
});
