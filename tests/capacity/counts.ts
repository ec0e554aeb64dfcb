// What is counted of one unit of work, and how such counts are added and taken apart. Pure; the counter itself is in tests/worker/capacity.

/** Everything that has a price or a limit, by name: what one is, and its short name in tables. */
export const COUNTED = {
  requests: ["requests of the Worker", "requests"],
  consumerRuns: ["runs of queue consumers", "consumer runs"],
  cronRuns: ["runs of the cron", "cron runs"],
  objectRequests: ["requests to objects", "object requests"],
  rpcCalls: ["RPC calls of objects", "RPC"],
  alarms: ["alarms of objects that rang", "alarms"],
  framesIn: ["WebSocket messages received", "frames in"],
  framesOut: ["WebSocket messages sent", "frames out"],
  bytesOut: ["bytes of WebSocket messages sent", "bytes out"],
  objectStatements: ["statements of objects", "object statements"],
  objectRowsRead: ["rows read in objects", "object rows read"],
  objectRowsWritten: ["rows written in objects", "object rows written"],
  alarmsSet: ["alarms of objects set, a row written each", "alarms set"],
  d1Calls: ["calls of D1", "D1 calls"],
  d1Statements: ["statements of D1", "D1 statements"],
  d1RowsRead: ["rows read in D1", "D1 rows read"],
  d1RowsWritten: ["rows written in D1", "D1 rows written"],
  queueMessages: ["messages of queues", "queue messages"],
  queueBytes: ["bytes of queue messages", "queue bytes"],
  queueOperations: ["operations of queues", "queue operations"],
  kvReads: ["reads of KV", "KV reads"],
  kvWrites: ["writes of KV", "KV writes"],
  r2Writes: ["class A operations of R2", "R2 A"],
  r2Reads: ["class B operations of R2", "R2 B"],
  points: ["data points of Analytics Engine", "points"],
  logLines: ["lines of the log", "log lines"],
} as const satisfies Readonly<Record<string, readonly [about: string, short: string]>>;

/** Name of something counted. */
export type CountName = keyof typeof COUNTED;

/** All names, in the order of tables. */
export const COUNT_NAMES = Object.keys(COUNTED) as readonly CountName[];

/** How much of each; what is left out is none. */
export type Counts = Readonly<Partial<Record<CountName, number>>>;

/** `a` by `factor`, and `b` by the other one, added. Names that come to 0 are left out. */
export function combine(a: Counts, factor: number, b: Counts = {}, other = 1): Counts {
  const pairs = COUNT_NAMES.map((name) => [name, (a[name] ?? 0) * factor + (b[name] ?? 0) * other] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== 0));
}

/** What came to `before` until it was `after`, by so many units. */
export const slope = (before: Counts, after: Counts, units = 1): Counts =>
  combine(after, 1 / units, before, -1 / units);

/** The sum of counts, each by its factor. */
export const sum = (parts: readonly (readonly [Counts, number])[]): Counts =>
  parts.reduce<Counts>((all, [counts, factor]) => combine(counts, factor, all), {});

/** None below 0: what a difference of two measurements leaves where the same is in both. */
export const atLeastNone = (counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).filter(([, value]) => value > 0));
