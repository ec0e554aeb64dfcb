// federate over stubs that are functions and a clock that jumps: what is resolved, bounded, timed, retried, ordered and told.
import { describe, expect, expectTypeOf, it } from "vitest";
import { namesOf, randomBy, VirtualTime } from "../../../../tests/worker/ws-kit/federation/simulation";
import type { DurableIdLike, DurableNamespaceLike } from "../platform";
import { type FederateOptions, type FederateResult, federate } from "./federate";

/** Knows its object, and which of the stubs made for it it is. */
interface Stub {
  readonly object: string;
  readonly made: number;
}

const idOf = (name: string, named = true): DurableIdLike => ({
  ...(named ? { name } : {}),
  toString: () => `#${name}`,
  equals: (other) => other.toString() === `#${name}`,
});

function world(over: Partial<DurableNamespaceLike<Stub>> = {}) {
  const time = new VirtualTime();
  let made = 0;
  const namespace: DurableNamespaceLike<Stub> = {
    idFromName(name) {
      if (name === "") throw new TypeError("a name must not be empty");
      return idOf(name);
    },
    get: (id) => ({ object: id.toString().slice(1), made: ++made }),
    ...over,
  };
  const runtime = {
    now: () => time.nowMs,
    random: () => 0.5,
    startTimer: (delayMs: number, run: () => void) => time.startTimer(delayMs, run),
  };
  const sleep = (delayMs: number) => new Promise<void>((go) => void time.startTimer(delayMs, go));
  return { time, namespace, sleep, with: (options: FederateOptions = {}) => ({ runtime, ...options }) };
}

const nameOf = async ({ object }: Stub) => object;
const failing = (properties: object = {}) => Object.assign(new Error("no"), properties);
const statuses = (results: Iterable<FederateResult<unknown>>) => [...results].map(({ status }) => status);

describe("A33 targets", () => {
  it("A33 names are resolved, each once, and results are in their order", async () => {
    const { namespace, sleep, time, with: settings } = world();
    const asked: [string, number, number][] = [];
    const action = async ({ object }: Stub, call: { name: string; index: number; attempt: number }) => {
      asked.push([call.name, call.index, call.attempt]);
      await sleep(object === "a" ? 50 : 5);
      return object.toUpperCase();
    };
    const results = await time.until(federate(namespace, ["a", "b", "a", "c", "b"], action, settings()));
    expect([...results]).toEqual([
      { status: "fulfilled", name: "a", value: "A", ms: 50, attempts: 1 },
      { status: "fulfilled", name: "b", value: "B", ms: 5, attempts: 1 },
      { status: "fulfilled", name: "c", value: "C", ms: 5, attempts: 1 },
    ]);
    expect(asked).toEqual([
      ["a", 0, 1],
      ["b", 1, 1],
      ["c", 2, 1],
    ]);
    expect([results.ok, results.values, results.failed, results.throwIfFailed()]).toEqual([
      true,
      ["A", "B", "C"],
      [],
      results,
    ]);
    expectTypeOf(results.values).toEqualTypeOf<string[]>();
    expect(Object.keys(results)).toEqual(["0", "1", "2"]);
  });

  it("A33 getByName is used where the platform has it", async () => {
    const { namespace, with: settings } = world({ getByName: (name) => ({ object: `by name: ${name}`, made: 0 }) });
    expect((await federate(namespace, ["a"], nameOf, settings())).values).toEqual(["by name: a"]);
  });

  it("A33 ids and stubs are targets too, each once; a stub may answer to any name", async () => {
    const { namespace, with: settings } = world();
    const proxy = (id: DurableIdLike | undefined, object: string) =>
      new Proxy(
        { object, made: 0 },
        {
          get: (target, name) =>
            (name === "id" ? id : Reflect.get(target, name)) ??
            (name === "then" || name === "id" ? undefined : () => "remote"),
        },
      );
    const [named, bare] = [proxy(idOf("c"), "c"), { object: "d", made: 0 }];
    const targets = [idOf("a"), idOf("a"), idOf("b", false), named, named, bare, bare, proxy(idOf("c"), "c again")];
    const results = await federate(namespace, targets, nameOf, settings());
    expect([...results].map(({ name }) => name)).toEqual(["a", "#b", "c", "#5"]);
    expect(results.values).toEqual(["a", "b", "c", "d"]);
  });

  it("A33 targets may come one by one", async () => {
    const { namespace, with: settings } = world();
    async function* directory() {
      yield "a";
      await undefined;
      yield* ["b", "a"];
    }
    expect((await federate(namespace, directory(), nameOf, settings())).values).toEqual(["a", "b"]);
    async function* broken() {
      yield "a";
      throw new Error("directory is down");
    }
    await expect(federate(namespace, broken(), nameOf, settings())).rejects.toThrow("directory is down");
  });

  it("A34 a name that cannot be resolved is that target's failure", async () => {
    const { namespace, with: settings } = world();
    const results = await federate(namespace, ["a", "", "b"], nameOf, settings());
    expect(statuses(results)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results.failed).toMatchObject([{ name: "", attempts: 1, timedOut: false, remote: false, retryable: false }]);
    expect(results.failed[0]!.reason).toBeInstanceOf(TypeError);
  });
});

describe("A34 failures", () => {
  it("A34 one target throws, late or at once: the others are there, and the error is told as it was", async () => {
    const { namespace, sleep, time, with: settings } = world();
    const late = failing({ remote: true });
    const action = ({ object }: Stub): Promise<string> => {
      if (object === "b") throw failing({ retryable: true });
      return object === "c" ? sleep(20).then(() => Promise.reject(late)) : Promise.resolve(object);
    };
    const results = await time.until(federate(namespace, ["a", "b", "c", "d"], action, settings()));
    expect(statuses(results)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect([results.ok, results.values]).toEqual([false, ["a", "d"]]);
    expect(results.failed).toMatchObject([
      { name: "b", ms: 0, attempts: 1, timedOut: false, remote: false, retryable: true },
      { name: "c", ms: 20, attempts: 1, timedOut: false, remote: true, retryable: false, reason: late },
    ]);
    expect(() => results.throwIfFailed()).toThrow(
      expect.objectContaining({ errors: results.failed.map(({ reason }) => reason) }),
    );
  });

  it("A34 anything may be thrown", async () => {
    const { namespace, with: settings } = world();
    for (const thrown of [undefined, null, "no", 5]) {
      const results = await federate(namespace, ["a"], () => Promise.reject(thrown), settings());
      expect(results.failed).toMatchObject([{ reason: thrown, timedOut: false, remote: false, retryable: false }]);
    }
  });
});

describe("A35 timeout", () => {
  it("A35 flags it, aborts the call's signal, clears the timer and swallows what comes later", async () => {
    const { namespace, sleep, time, with: settings } = world();
    const signals: AbortSignal[] = [];
    const action = async ({ object }: Stub, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      if (object === "slow") await sleep(100).then(() => Promise.reject(failing()));
      return object;
    };
    const results = await time.until(federate(namespace, ["quick", "slow"], action, settings({ timeoutMs: 30 })));
    expect(results.failed).toMatchObject([
      { name: "slow", ms: 30, attempts: 1, timedOut: true, remote: false, retryable: false },
    ]);
    expect(results.failed[0]!.reason).toMatchObject({ name: "TimeoutError" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    expect(time.pending).toBe(1); // the sleep of the call itself, nothing of ours
    await time.drain();
  });

  it("A35 no timer is left over, whatever happened; 0 sets none", async () => {
    const { namespace, time, with: settings } = world();
    const action = ({ object }: Stub) => (object === "b" ? Promise.reject(failing()) : Promise.resolve(object));
    await federate(namespace, ["a", "b"], action, settings());
    expect(time.pending).toBe(0);
    await federate(namespace, ["a"], async () => expect(time.pending).toBe(0), settings({ timeoutMs: 0 }));
    await federate(namespace, ["a"], async () => expect(time.pending).toBe(1), settings());
    expect(time.pending).toBe(0);
  });
});

it("A36 never more calls under way than the limit, and never fewer while there is work", async () => {
  for (const [concurrency, count] of [
    [1, 9],
    [3, 50],
    [32, 200],
    [1_000, 40],
  ] as const) {
    const { namespace, sleep, time, with: settings } = world();
    const random = randomBy(concurrency);
    let under = 0;
    let most = 0;
    const action = async () => {
      most = Math.max(most, ++under);
      await sleep(1 + random() * 50);
      under--;
    };
    const results = await time.until(federate(namespace, namesOf(count), action, settings({ concurrency })));
    expect(results.ok).toBe(true);
    expect(most).toBe(Math.min(concurrency, count));
  }
});

describe("A37 abort", () => {
  it("A37 stops new calls, ends those under way, keeps what is done", async () => {
    const { namespace, sleep, time, with: settings } = world();
    const stop = new AbortController();
    const asked: string[] = [];
    const action = async ({ object }: Stub) => {
      asked.push(object);
      await sleep(object === "s0" ? 5 : 50);
    };
    time.startTimer(20, () => stop.abort("enough"));
    const options = settings({ concurrency: 2, signal: stop.signal });
    const results = await time.until(federate(namespace, namesOf(6), action, options));
    expect(asked).toEqual(["s0", "s1", "s2"]);
    expect(statuses(results)).toEqual(["fulfilled", ...Array(5).fill("rejected")]);
    expect(results.failed.map(({ attempts, reason, timedOut }) => [attempts, reason, timedOut])).toEqual([
      [1, "enough", false],
      [1, "enough", false],
      [0, "enough", false],
      [0, "enough", false],
      [0, "enough", false],
    ]);
    expect(time.nowMs).toBe(20);
  });

  it("A37 aborted before the start: rejects and calls nobody", async () => {
    const { namespace, with: settings } = world();
    const signal = AbortSignal.abort(new Error("too late"));
    const action = async () => expect.unreachable("called");
    await expect(federate(namespace, ["a"], action, settings({ signal }))).rejects.toThrow("too late");
  });

  it("A37 also ends the wait before a retry", async () => {
    const { namespace, time, with: settings } = world();
    const stop = new AbortController();
    time.startTimer(10, () => stop.abort("enough"));
    const options = settings({ retries: 3, idempotent: true, signal: stop.signal });
    const results = await time.until(
      federate(namespace, ["a"], () => Promise.reject(failing({ retryable: true })), options),
    );
    expect(results.failed).toMatchObject([{ attempts: 1, reason: "enough", ms: 10 }]);
    expect(time.pending).toBe(0);
  });
});

describe("A38 retries", () => {
  const run = async (errors: object[], options: FederateOptions, target: string | DurableIdLike = "a") => {
    const { namespace, time, with: settings } = world();
    const stubs: number[] = [];
    const action = async ({ made }: Stub, { attempt }: { attempt: number }) => {
      stubs.push(made);
      if (errors[attempt - 1]) throw failing(errors[attempt - 1]);
      return "done";
    };
    const [result] = await time.until(federate(namespace, [target], action, settings(options)));
    return { result, stubs, ms: time.nowMs };
  };

  it("A38 a retryable error is tried again, after 50 to 250 ms, on a fresh stub", async () => {
    for (const target of ["a", idOf("a")]) {
      const { result, stubs, ms } = await run(
        [{ retryable: true }, { retryable: true }],
        { retries: 2, idempotent: true },
        target,
      );
      expect(result).toMatchObject({ status: "fulfilled", attempts: 3, value: "done", ms: 300 });
      expect(stubs).toEqual([1, 2, 3]);
      expect(ms).toBe(2 * 150);
    }
  });

  it("A38 not without attempts left, not when it is not retryable, not when overloaded", async () => {
    const options = { retries: 1, idempotent: true };
    const twice = await run([{ retryable: true }, { retryable: true }], options);
    expect(twice.result).toMatchObject({ status: "rejected", attempts: 2, retryable: true });
    for (const error of [{}, { retryable: false }, { retryable: "yes" }, { retryable: true, overloaded: true }]) {
      const { result, stubs } = await run([error], options);
      expect(result).toMatchObject({ status: "rejected", attempts: 1, retryable: false });
      expect(stubs).toHaveLength(1);
    }
    expect((await run([{ retryable: true }], {})).result).toMatchObject({
      status: "rejected",
      attempts: 1,
      retryable: true,
    });
    expect((await run([{ retryable: true }], { idempotent: true })).result).toMatchObject({ attempts: 1 });
  });

  it("A38 a stub that was handed in is replaced by way of its id", async () => {
    const { namespace, time, with: settings } = world();
    const stub = { object: "mine", made: 0, id: idOf("a"), fetch: () => {} };
    const seen: number[] = [];
    const action = async ({ made }: Stub) => {
      seen.push(made);
      throw failing({ retryable: true });
    };
    await time.until(federate(namespace, [stub], action, settings({ retries: 2, idempotent: true })));
    expect(seen).toEqual([0, 1, 2]);
  });
});

describe("A39 self", () => {
  it("A39 runs once and locally, by whatever it is named", async () => {
    const { namespace, with: settings } = world();
    const me = { id: idOf("me"), runs: 0, run: async () => `local ${++me.runs}` };
    const targets = [
      "a",
      "me",
      idOf("me", false),
      { object: "me", made: 0, id: idOf("me"), fetch: () => {} },
      "b",
      "me",
    ];
    const results = await federate(namespace, targets, nameOf, settings({ self: me }));
    expect(results.values).toEqual(["a", "local 1", "b"]);
    expect([...results].map(({ name }) => name)).toEqual(["a", "me", "b"]);
    expect(me.runs).toBe(1);
  });

  it("A39 is not run where it is no target, and may fail like any other", async () => {
    const { namespace, with: settings } = world();
    const self = { id: idOf("me"), run: () => Promise.reject(failing()) };
    expect((await federate(namespace, ["a", ""], nameOf, settings({ self }))).values).toEqual(["a"]);
    expect(statuses(await federate(namespace, ["a", "me"], nameOf, settings({ self })))).toEqual([
      "fulfilled",
      "rejected",
    ]);
  });
});

describe("A40 edges", () => {
  it("A40 nothing to do is well done", async () => {
    const { namespace, with: settings } = world();
    const results = await federate(namespace, [], nameOf, settings());
    expect([[...results], results.ok, results.values, results.failed, results.length]).toEqual([[], true, [], [], 0]);
    expect(results.throwIfFailed()).toBe(results);
  });

  it.each<FederateOptions>([
    { concurrency: 0 },
    { concurrency: 1_001 },
    { concurrency: 1.5 },
    { timeoutMs: -1 },
    { timeoutMs: Number.NaN },
    { timeoutMs: Number.POSITIVE_INFINITY },
    { retries: -1, idempotent: true },
    { retries: 11, idempotent: true },
    { retries: 1 },
    { retries: 1, idempotent: false },
  ])("A40 refuses %j", async (options) => {
    const { namespace } = world();
    const action = async () => expect.unreachable("called");
    await expect(federate(namespace, ["a"], action, options)).rejects.toBeInstanceOf(RangeError);
  });
});

describe("A38 order", () => {
  /** Two federations at once; the first's call to `a` fails once and is tried again. */
  const race = async (ordered: boolean, waitMs = 5) => {
    const { namespace, sleep, time, with: settings } = world();
    const log: string[] = [];
    const call =
      (tag: string) =>
      async ({ object }: Stub, { attempt }: { attempt: number }) => {
        await sleep(waitMs);
        if (tag === "1" && object === "a" && attempt === 1) throw failing({ retryable: true });
        log.push(tag + object);
      };
    const options = settings({ ordered, retries: 1, idempotent: true, concurrency: 2 });
    const both = ["1", "2", "3"].map((tag) => federate(namespace, ["a", "b", "c"], call(tag), options));
    for (const results of await time.until(Promise.all(both))) expect(results.ok).toBe(true);
    return { log, pending: time.pending };
  };

  it("A38 ordered: who comes later waits, across retries; other targets do not", async () => {
    const { log, pending } = await race(true);
    for (const object of ["a", "b", "c"])
      expect(log.filter((line) => line.endsWith(object))).toEqual([`1${object}`, `2${object}`, `3${object}`]);
    expect(log.indexOf("1b")).toBeLessThan(log.indexOf("1a"));
    expect(pending).toBe(0);
    expect((await race(false)).log.filter((line) => line.endsWith("a"))).toEqual(["2a", "3a", "1a"]);
  });

  it("A38 ordered: many at once, in any order of targets, neither stick nor overtake", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { namespace, sleep, time, with: settings } = world();
      const random = randomBy(seed);
      const log: [target: string, round: number][] = [];
      let busy = new Set<string>();
      const rounds = Array.from({ length: 8 }, (_, round) => {
        const targets = namesOf(12)
          .sort(() => random() - 0.5)
          .slice(0, 1 + Math.floor(random() * 12));
        const action = async ({ object }: Stub) => {
          expect(busy.has(object), "two calls at a time").toBe(false);
          busy = new Set(busy).add(object);
          await sleep(random() * 30);
          busy.delete(object);
          log.push([object, round]);
        };
        return federate(
          namespace,
          targets,
          action,
          settings({ ordered: true, concurrency: 1 + Math.floor(random() * 3) }),
        );
      });
      for (const results of await time.until(Promise.all(rounds))) expect(results.ok).toBe(true);
      for (const name of namesOf(12)) {
        const order = log.filter(([target]) => target === name).map(([, round]) => round);
        expect(order, `seed ${seed}: ${name}`).toEqual([...order].sort((one, other) => one - other));
      }
      expect(time.pending).toBe(0);
    }
  });

  it("A38 ordered: who comes while others wait is behind them; who gives up lets nobody pass who is busy", async () => {
    for (const giveUp of [false, true]) {
      const { namespace, sleep, time, with: settings } = world();
      const log: string[] = [];
      const stop = new AbortController();
      const run = (tag: string, signal = new AbortController().signal) => {
        const action = async () => {
          log.push(`${tag} in`);
          await sleep(100);
          log.push(`${tag} out`);
        };
        return federate(namespace, ["a"], action, settings({ ordered: true, signal }));
      };
      const all = [run("1"), run("2", stop.signal)];
      time.startTimer(giveUp ? 10 : 1_000, () => stop.abort("enough"));
      await time.until(sleep(giveUp ? 50 : 150)); // before: 1 is busy and 2 gave up; else 1 is over and 2 is busy
      all.push(run("3"));
      await time.until(Promise.all(all));
      const expected = giveUp ? ["1", "3"] : ["1", "2", "3"];
      expect(log).toEqual(expected.flatMap((tag) => [`${tag} in`, `${tag} out`]));
    }
  });

  it("A38 ordered: the dead hold nobody up longer because many came before them", async () => {
    const { namespace, sleep, time, with: settings } = world();
    const call = () => federate(namespace, ["a"], () => sleep(10), settings({ ordered: true, timeoutMs: 1_000 }));
    let last = call();
    for (let round = 0; round < 100; round++) {
      const next = call(); // before the last one is done, so that there is always somebody
      await time.until(last);
      last = next;
    }
    const deaf = { ...settings().runtime, startTimer: () => () => {} };
    void federate(namespace, ["a"], () => new Promise<never>(() => {}), {
      ordered: true,
      runtime: deaf,
      timeoutMs: 1_000,
    });
    await time.until(last);
    const startMs = time.nowMs;
    expect((await time.until(federate(namespace, ["a"], nameOf, settings({ ordered: true })))).values).toEqual(["a"]);
    expect(time.nowMs - startMs).toBeGreaterThan(1_000);
    expect(time.nowMs - startMs).toBeLessThan(3_000);
    expect(time.pending).toBe(0);
  });

  it("A38 ordered: the dead hold nobody up for ever", async () => {
    const { namespace, time, with: settings } = world();
    // As an object that was evicted in the middle: its timers are gone, and nobody will ever say that the call is over.
    const deaf = { ...settings().runtime, startTimer: () => () => {} };
    const never = () => new Promise<never>(() => {});
    void federate(namespace, ["a"], never, { ordered: true, runtime: deaf, timeoutMs: 1_000 });
    const stop = new AbortController();
    const impatient = federate(namespace, ["a"], nameOf, settings({ ordered: true, signal: stop.signal }));
    const patient = federate(namespace, ["a"], nameOf, settings({ ordered: true }));
    time.startTimer(10, () => stop.abort("enough"));
    expect((await time.until(impatient)).failed).toMatchObject([{ attempts: 0, reason: "enough", ms: 10 }]);
    expect((await time.until(patient)).values).toEqual(["a"]);
    expect(time.nowMs).toBeGreaterThan(1_000);
    expect(time.nowMs).toBeLessThan(10_000);
    expect(time.pending).toBe(0);
  });
});
