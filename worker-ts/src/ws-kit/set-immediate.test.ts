// Which setImmediate an isolate has after a handler was made; the scopes are made up, the process's own is left alone.
import { expect, it } from "vitest";
import { type ImmediateScope, provideSetImmediate } from "./set-immediate";

type Put = (run: (...args: unknown[]) => void, ...args: unknown[]) => unknown;

/** A scope of a platform that has both, and what was handed to it. */
function platform() {
  const handed: string[] = [];
  const scope = {
    setImmediate: (run: () => void) => {
      handed.push("set");
      setTimeout(run, 0);
      return "a timer";
    },
    clearImmediate: (waiting: unknown) => {
      handed.push(`clear ${String(waiting)}`);
    },
  };
  const put: Put = (run, ...args) => Reflect.apply(scope.setImmediate, scope, [run, ...args]);
  return { scope, handed, put };
}

it("A27 leaves the platform's own where there is one", () => {
  for (const shim of [true, false] as const) {
    const { scope } = platform();
    const own = { ...scope };
    provideSetImmediate(shim, () => 0, scope);
    expect(scope).toEqual(own);
  }
});

it("A27 puts one in where there is none: as a microtask, in order, with its arguments", async () => {
  const scope: ImmediateScope = {};
  provideSetImmediate(true, () => 0, scope);
  const ran: unknown[] = [];
  for (const n of [1, 2, 3]) (scope.setImmediate as Put)((...args) => ran.push(args), n, "x");
  expect(ran).toEqual([]);
  await Promise.resolve();
  expect(ran).toEqual([1, 2, 3].map((n) => [n, "x"]));
});

it("A27 refuses to where it may not", () => {
  expect(() => provideSetImmediate(false, () => 0, {})).toThrow(expect.objectContaining({ code: "CORE_UNSUPPORTED" }));
});

it('A27 "always" takes the place of the platform\'s, once, and clears what either has put off', async () => {
  const { scope, handed, put } = platform();
  provideSetImmediate("always", () => 0, scope);
  const first = scope.setImmediate;
  provideSetImmediate("always", () => 0, scope);
  expect(scope.setImmediate).toBe(first);
  let ran = 0;
  put(() => ran++);
  scope.clearImmediate(put(() => ran++));
  scope.clearImmediate("a timer");
  await Promise.resolve();
  expect([ran, handed]).toEqual([1, ["clear a timer"]]);
});

it('A27 "always" hands the platform no timer, however many are put off at once', async () => {
  const { scope, handed, put } = platform();
  provideSetImmediate("always", () => 0, scope);
  let ran = 0;
  for (let n = 0; n < 12_000; n++) put(() => ran++);
  await Promise.resolve();
  expect([ran, handed]).toEqual([12_000, []]);
});

it('A27 "always" lets the platform have its turn: a loop that waits by it does not stop the clock for good', async () => {
  const { scope, handed, put } = platform();
  let ms = 0;
  provideSetImmediate("always", () => ms, scope);
  setTimeout(() => {
    ms = 1; // what a loop might be waiting for
  }, 0);
  let turns = 0;
  while (ms === 0) {
    turns++;
    await new Promise<void>((resolve) => put(() => resolve()));
  }
  expect(turns).toBeGreaterThan(1_000);
  expect(handed.length).toBeGreaterThan(0);
});
