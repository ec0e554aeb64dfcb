// What is known of a run: itself and how it ended, each with its own failure; what is asked again, and what is not for ever.
import { expect, it } from "vitest";
import { ApiError } from "../../api/call";
import type { Result, Run, Status } from "../api";
import { LOOK_AGAIN_MS, Looking, RESULT_LOOKS_MAX, type Seen } from "./looking";

const run = (status: Status): Run => ({
  id: "wrun_1",
  name: "digest",
  status,
  mayAct: true,
  deploymentId: "dpl",
  otherCode: false,
  attributes: {},
  events: 1,
  createdAt: 0,
  startedAt: 0,
  completedAt: null,
  lastEventAt: 0,
});
const result: Result = { status: "completed", output: 4, error: null };
const refused = (status: number) => () => Promise.reject(new ApiError(status, "code", `answered ${status}`));

function world(getRun: () => Promise<Run>, getResult: () => Promise<Result>) {
  const ports = { getRun, getResult };
  let [asked, due]: [number, (() => void) | undefined] = [0, undefined];
  let seen: Seen | undefined;
  const looking = new Looking(
    {
      getRun: () => ports.getRun(),
      getResult: () => {
        asked += 1;
        return ports.getResult();
      },
      after: (ms, f) => {
        expect(ms).toBe(LOOK_AGAIN_MS);
        due = f;
        return () => {
          due = undefined;
        };
      },
    },
    (told) => {
      seen = told;
    },
  );
  const settled = () => new Promise((done) => setTimeout(done));
  return {
    looking,
    ports,
    seen: () => seen,
    asked: () => asked,
    waits: () => due !== undefined,
    async pass() {
      const f = due;
      due = undefined;
      f?.();
      await settled();
    },
  };
}

it("tells the run, and how it ended once it has; an end is asked for once", async () => {
  const { looking, ports, seen, asked, waits } = world(
    () => Promise.resolve(run("running")),
    () => Promise.resolve(result),
  );
  await looking.look();
  expect(seen()).toMatchObject({ run: { status: "running" }, result: undefined });
  ports.getRun = () => Promise.resolve(run("completed"));
  await looking.look();
  await looking.look();
  expect(seen()).toMatchObject({ run: { status: "completed" }, result, failure: undefined, resultFailure: undefined });
  expect([asked(), waits()]).toEqual([1, false]);
});

it("a run whose end cannot be told can be seen all the same, and is not asked for ever", async () => {
  const { looking, seen, asked, waits, pass } = world(() => Promise.resolve(run("completed")), refused(500));
  await looking.look();
  expect(seen()).toMatchObject({ run: { status: "completed" }, failure: undefined, resultFailure: "answered 500" });
  for (let times = 0; times < 2 * RESULT_LOOKS_MAX; times++) await pass();
  expect([asked(), waits()]).toEqual([RESULT_LOOKS_MAX, false]);
});

it("an end that can be told later is told", async () => {
  const { looking, ports, seen, pass } = world(() => Promise.resolve(run("completed")), refused(503));
  await looking.look();
  ports.getResult = () => Promise.resolve(result);
  await pass();
  expect(seen()).toMatchObject({ result, resultFailure: undefined });
});

it("a run that cannot be seen is looked for until it can", async () => {
  const { looking, ports, seen, waits, pass } = world(refused(503), () => Promise.resolve(result));
  await looking.look();
  for (let times = 0; times < 3 * RESULT_LOOKS_MAX; times++) await pass();
  expect([seen()?.failure, waits()]).toEqual(["answered 503", true]);
  ports.getRun = () => Promise.resolve(run("completed"));
  await pass();
  expect(seen()).toMatchObject({ result, failure: undefined });
  expect(waits()).toBe(false);
});

it("one that there is not is missing, also where only its end is asked for", async () => {
  for (const [getRun, getResult] of [
    [refused(404), refused(500)],
    [() => Promise.resolve(run("failed")), refused(404)],
  ] as const) {
    const { looking, seen, waits } = world(getRun, getResult);
    await looking.look();
    expect(seen()?.missing).toBe(true);
    expect(waits()).toBe(false);
  }
});

it("what was overtaken or disposed of tells nothing", async () => {
  let answer: (found: Run) => void = () => {};
  const first = new Promise<Run>((resolve) => {
    answer = resolve;
  });
  const { looking, ports, seen, waits } = world(
    () => first,
    () => Promise.resolve(result),
  );
  const early = looking.look();
  ports.getRun = () => Promise.resolve(run("cancelled"));
  await looking.look();
  answer(run("running"));
  await early;
  expect(seen()?.run?.status).toBe("cancelled");
  ports.getRun = refused(503);
  const late = looking.look();
  looking[Symbol.dispose]();
  await late;
  expect(seen()?.failure).toBeUndefined();
  expect(waits()).toBe(false);
});
