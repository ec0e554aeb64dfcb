// What goes wrong around the Worker of the crash suite: its database, its queues, its buckets and the disk under its objects, each as
// much as was asked for, and counted. Bindings are wrapped; nothing of the Worker itself is another than in production.

/** What goes wrong now. */
export interface Faults {
  /** Of a hundred calls of D1 so many are refused, and of so many the answer is lost. */
  readonly d1Percent: number;
  /** A call of D1 begins up to so much later (ms): what was told before it was stored is not stored for so long. */
  readonly d1Ms: number;
  /** Nothing can be sent to any queue. */
  readonly queueOut: boolean;
  /** A call of R2 takes so much longer (ms). */
  readonly r2Ms: number;
  /** Of a hundred writes of an object, and of D1, so many find the disk full: half of them at once, half when they are to be durable. */
  readonly diskPercent: number;
}

/** How often each has happened since the process started. */
export type Counted = Record<
  "d1Refused" | "d1Lost" | "queueRefused" | "r2Slow" | "diskRefused" | "diskAborted",
  number
>;

const FULL = "database or disk is full: SQLITE_FULL";
const WRITES = /^\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b/i;

let faults: Faults = { d1Percent: 0, d1Ms: 0, queueOut: false, r2Ms: 0, diskPercent: 0 };
const counted: Counted = { d1Refused: 0, d1Lost: 0, queueRefused: 0, r2Slow: 0, diskRefused: 0, diskAborted: 0 };

/** From now on these. */
export function setFaults(wanted: Faults): void {
  faults = wanted;
}

/** How often each has happened. */
export const countedFaults = (): Counted => ({ ...counted });

const chance = (percent: number): boolean => percent > 0 && Math.random() * 100 < percent;

/** One call of D1. */
async function ask<T>(call: () => Promise<T>): Promise<T> {
  if (faults.d1Ms > 0) await scheduler.wait(Math.random() * faults.d1Ms);
  if (chance(faults.diskPercent / 2)) {
    counted.diskRefused += 1;
    throw new Error(`D1_ERROR: ${FULL}`);
  }
  if (chance(faults.d1Percent)) {
    counted.d1Refused += 1;
    throw new Error("D1_ERROR: refused by the crash suite");
  }
  const answer = await call();
  if (!chance(faults.d1Percent)) return answer;
  counted.d1Lost += 1;
  throw new Error("D1_ERROR: the crash suite lost the answer");
}

/** The statement of D1 itself behind a wrapped one. */
const inner = new WeakMap<object, D1PreparedStatement>();
const ASKING: readonly (string | symbol)[] = ["run", "all", "first", "raw"];

function statement(real: D1PreparedStatement): D1PreparedStatement {
  const wrapped: D1PreparedStatement = new Proxy(real, {
    get(target, name) {
      if (name === "bind") return (...values: unknown[]) => statement(target.bind(...values));
      const member = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      if (!ASKING.includes(name)) return member.bind(target);
      return (...given: unknown[]) => ask(() => member.apply(target, given));
    },
  });
  inner.set(wrapped, real);
  return wrapped;
}

/** A database that refuses, and loses answers. */
const badDatabase = (db: D1Database): D1Database =>
  new Proxy(db, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => statement(target.prepare(sql));
      if (name === "batch")
        return (list: D1PreparedStatement[]) => ask(() => target.batch(list.map((one) => inner.get(one) ?? one)));
      const member = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });

const badQueue = <T extends object>(queue: T): T =>
  new Proxy(queue, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...given: unknown[]) => {
        if (faults.queueOut) {
          counted.queueRefused += 1;
          throw new Error("the queue is out: the crash suite");
        }
        return member.apply(target, given);
      };
    },
  });

const slowBucket = (bucket: R2Bucket): R2Bucket =>
  new Proxy(bucket, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...given: unknown[]) => {
        if (faults.r2Ms > 0) {
          counted.r2Slow += 1;
          await scheduler.wait(faults.r2Ms);
        }
        return member.apply(target, given);
      };
    },
  });

const wrapped = new WeakMap<object, object>();

/** The bindings, all that can go wrong wrapped. */
export function badBindings<T extends object>(env: T): T {
  const known = wrapped.get(env);
  if (known !== undefined) return known as T;
  const bad = Object.fromEntries(
    Object.entries(env).map(([name, binding]) => {
      if (typeof binding !== "object") return [name, binding];
      if (name === "DB" || name.endsWith("_DB")) return [name, badDatabase(binding)];
      if (name.endsWith("_QUEUE")) return [name, badQueue(binding)];
      if (name === "FILES" || name.endsWith("_BUCKET")) return [name, slowBucket(binding)];
      return [name, binding];
    }),
  );
  wrapped.set(env, bad);
  return bad as T;
}

/** Objects whose disk is known to be bad. */
const disks = new WeakMap<object, DurableObjectState>();
let patched = false;

/**
 * Puts a bad disk under an object, before anything in it writes. A write that is refused throws; one that cannot be made durable takes
 * the object with it, as workerd does then: what it would have answered is never sent.
 */
export function badDisk(state: DurableObjectState): void {
  const { sql } = state.storage;
  disks.set(sql, state);
  if (patched) return;
  patched = true;
  const prototype = Object.getPrototypeOf(sql) as SqlStorage;
  const { exec } = prototype;
  prototype.exec = function (this: SqlStorage, query: string, ...values: unknown[]) {
    const victim = disks.get(this);
    if (victim !== undefined && faults.diskPercent > 0 && WRITES.test(query)) {
      if (chance(faults.diskPercent / 2)) {
        counted.diskRefused += 1;
        throw new Error(FULL);
      }
      if (chance(faults.diskPercent / 2)) {
        counted.diskAborted += 1;
        victim.abort(`${FULL}: the crash suite`);
      }
    }
    return exec.call(this, query, ...values);
  } as SqlStorage["exec"];
}
