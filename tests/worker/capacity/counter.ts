// Counts what the platform bills, at the platform's own doors: methods of its prototypes, and the handlers of the objects' classes. Only the
// Worker of `npm run capacity -- --measure` has it; the bundle that is deployed does not.
import { DurableObject } from "cloudflare:workers";

/** What is counted, one name for each thing that has a price or a limit. */
export const NAMES = [
  "requests",
  "consumerRuns",
  "cronRuns",
  "objectRequests",
  "rpcCalls",
  "alarms",
  "framesIn",
  "framesOut",
  "bytesOut",
  "objectStatements",
  "objectRowsRead",
  "objectRowsWritten",
  "alarmsSet",
  "d1Calls",
  "d1Statements",
  "d1RowsRead",
  "d1RowsWritten",
  "queueMessages",
  "queueBytes",
  "queueOperations",
  "kvReads",
  "kvWrites",
  "r2Writes",
  "r2Reads",
  "points",
  "logLines",
] as const;

/** One of them. */
export type Name = (typeof NAMES)[number];

const counts = new Map<Name, number>();
const add = (name: Name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by);

/** Bytes of the SQLite of each object by its name, after its last event. */
const sizes = new Map<string, number>();
type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;
/** A cursor counts while it is read, and tells its own object alone: it is asked at the end of the event. */
const cursors = new WeakMap<object, Cursor[]>();

function ask(sql: SqlStorage): void {
  for (const { rowsRead, rowsWritten } of cursors.get(sql) ?? []) {
    add("objectRowsRead", rowsRead);
    add("objectRowsWritten", rowsWritten);
  }
  cursors.delete(sql);
}

/** Everything since the start, and the bytes of objects. */
export const told = (): { counts: Record<string, number>; objectBytes: Record<string, number> } => ({
  counts: Object.fromEntries(counts),
  objectBytes: Object.fromEntries(sizes),
});

type Method = (this: object, ...args: unknown[]) => unknown;
type Seen = (args: readonly unknown[], answer: unknown, self: object) => void;

/** Has `seen` see each call of a method, when it has answered, a promise when it is fulfilled. */
function watch(holder: object, name: string, seen: Seen): void {
  const original: unknown = Reflect.get(holder, name);
  if (typeof original !== "function") throw new Error(`there is no method ${name} to be counted`);
  const value: Method = function (...args) {
    const answer: unknown = Reflect.apply(original, this, args);
    if (answer instanceof Promise)
      answer.then(
        (fulfilled) => seen(args, fulfilled, this),
        () => undefined,
      );
    else seen(args, answer, this);
    return answer;
  };
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
}

const once = new WeakSet<object>();
/** The prototype of a thing of the platform, when it is met for the first time. */
function prototypeOf(thing: object): object | undefined {
  const prototype: object = Object.getPrototypeOf(thing);
  if (once.has(prototype)) return undefined;
  once.add(prototype);
  return prototype;
}

const keysOf = (key: unknown) =>
  Array.isArray(key) ? key.length : typeof key === "object" && key !== null ? Object.keys(key).length : 1;

/** An object's storage. Whoever comes first has opened its tables uncounted: one is met before anything is measured. */
function watchStorage(storage: DurableObjectStorage): void {
  const sql = prototypeOf(storage.sql);
  if (sql !== undefined)
    watch(sql, "exec", (_, cursor, self) => {
      add("objectStatements");
      const open = cursors.get(self) ?? [];
      cursors.set(self, open);
      open.push(cursor as Cursor);
    });
  const prototype = prototypeOf(storage);
  if (prototype === undefined) return;
  watch(prototype, "setAlarm", () => add("alarmsSet"));
  for (const name of ["get", "list"]) watch(prototype, name, ([key]) => add("objectRowsRead", keysOf(key)));
  for (const name of ["put", "delete"]) watch(prototype, name, ([key]) => add("objectRowsWritten", keysOf(key)));
}

interface D1Answer {
  readonly meta?: { readonly rows_read?: number; readonly rows_written?: number };
}

function watchD1(db: D1Database): void {
  const prototype = prototypeOf(db.withSession("first-primary"));
  if (prototype === undefined) return;
  watch(prototype, "_send", (_, answer) => {
    add("d1Calls");
    for (const { meta } of [answer].flat() as readonly D1Answer[]) {
      add("d1Statements");
      add("d1RowsRead", meta?.rows_read ?? 0);
      add("d1RowsWritten", meta?.rows_written ?? 0);
    }
  });
}

/** An operation for each 64 KB of a message and its hundred bytes of metadata, when it is written, read and deleted. */
const OPERATION_BYTES = 64_000;
const METADATA_BYTES = 100;

function addMessage(body: unknown): void {
  const bytes =
    body instanceof ArrayBuffer || ArrayBuffer.isView(body)
      ? body.byteLength
      : new TextEncoder().encode(JSON.stringify(body)).length;
  add("queueMessages");
  add("queueBytes", bytes);
  add("queueOperations", 3 * Math.ceil((bytes + METADATA_BYTES) / OPERATION_BYTES));
}

function watchQueue(queue: Queue): void {
  const prototype = prototypeOf(queue);
  if (prototype === undefined) return;
  watch(prototype, "send", ([body]) => addMessage(body));
  watch(prototype, "sendBatch", ([messages]) => {
    for (const { body } of messages as Iterable<MessageSendRequest>) addMessage(body);
  });
}

const R2: Readonly<Record<string, Name>> = {
  put: "r2Writes",
  list: "r2Writes",
  createMultipartUpload: "r2Writes",
  get: "r2Reads",
  head: "r2Reads",
};
const KV: Readonly<Record<string, Name>> = {
  get: "kvReads",
  getWithMetadata: "kvReads",
  put: "kvWrites",
  delete: "kvWrites",
  list: "kvWrites",
};

/** Counts from now on what goes through these bindings, and what is said on sockets and in the log. */
export function watchBindings(env: Env): void {
  watchD1(env.DB);
  for (const queue of [env.ARCHIVE_QUEUE, env.WORKFLOW_QUEUE]) watchQueue(queue);
  const bucket = prototypeOf(env.FILES);
  if (bucket !== undefined) for (const [method, name] of Object.entries(R2)) watch(bucket, method, () => add(name));
  const kv = prototypeOf(env.KV);
  if (kv !== undefined) for (const [method, name] of Object.entries(KV)) watch(kv, method, () => add(name));
  const dataset = prototypeOf(env.METRICS);
  if (dataset !== undefined) watch(dataset, "writeDataPoint", () => add("points"));
  if (once.has(WebSocket.prototype)) return;
  once.add(WebSocket.prototype);
  watch(WebSocket.prototype, "send", ([message]) => {
    add("framesOut");
    add("bytesOut", typeof message === "string" ? message.length : (message as ArrayBuffer).byteLength);
  });
  for (const level of ["log", "warn", "error"]) watch(console, level, () => add("logLines"));
}

/** What an event of an object counts as; every other method is called by RPC. */
const EVENTS: Readonly<Record<string, Name | null>> = {
  constructor: null,
  fetch: "objectRequests",
  alarm: "alarms",
  webSocketMessage: "framesIn",
  webSocketClose: null,
  webSocketError: null,
  // asked by the kernel's object itself
  worldOf: null,
};

/** Counts the events of a class of objects, from outside: what one of its methods calls at once is part of that. */
export function watchObjects(type: { readonly prototype: object }): void {
  let inside = false;
  for (let holder = type.prototype; holder !== DurableObject.prototype; holder = Object.getPrototypeOf(holder)) {
    for (const name of Object.getOwnPropertyNames(holder)) {
      const original: unknown = Reflect.getOwnPropertyDescriptor(holder, name)?.value;
      const counted = Object.hasOwn(EVENTS, name) ? EVENTS[name] : "rpcCalls";
      if (typeof original !== "function" || name === "constructor") continue;
      const value: Method = function (...args) {
        if (inside) return Reflect.apply(original, this, args);
        const { storage, id } = Reflect.get(this, "ctx") as DurableObjectState;
        watchStorage(storage);
        if (counted) add(counted);
        const ended = () => {
          ask(storage.sql);
          sizes.set(id.name ?? id.toString(), storage.sql.databaseSize);
        };
        inside = true;
        try {
          const answer: unknown = Reflect.apply(original, this, args);
          if (answer instanceof Promise) answer.then(ended, ended);
          return answer;
        } finally {
          inside = false;
          ended();
        }
      };
      Object.defineProperty(holder, name, { value, configurable: true, writable: true });
    }
  }
}

/** Counts one event of the Worker itself. */
export const countEvent = (name: "requests" | "consumerRuns" | "cronRuns"): void => add(name);
