// The platform's published prices and limits, each with where it stands. Figures and addresses only; nothing here is measured or reckoned.

/** When the sources were read: stored copies of the platform's own documentation, the newest that could be had. */
export const LOOKED_UP = "2026-11-21";

const DOCS = "https://developers.cloudflare.com";

/** Where prices and limits stand. */
export const SOURCES = {
  workers: { title: "Workers, pricing", url: `${DOCS}/workers/platform/pricing/`, commit: "07acbb6" },
  objects: { title: "Durable Objects, pricing", url: `${DOCS}/durable-objects/platform/pricing/`, commit: "07e200b" },
  objectLimits: {
    title: "Durable Objects, limits",
    url: `${DOCS}/durable-objects/platform/limits/`,
    commit: "078f3e2",
  },
  objectState: { title: "Durable Object state", url: `${DOCS}/durable-objects/api/state/`, commit: null },
  d1: { title: "D1, pricing", url: `${DOCS}/d1/platform/pricing/`, commit: "25a83ce" },
  d1Limits: { title: "D1, limits (last updated 2026-04-21)", url: `${DOCS}/d1/platform/limits/`, commit: "2101c08" },
  queues: { title: "Queues, pricing", url: `${DOCS}/queues/platform/pricing/`, commit: "96996fd" },
  queueLimits: { title: "Queues, limits", url: `${DOCS}/queues/platform/limits/`, commit: "018b6dd" },
  r2: { title: "R2, pricing", url: `${DOCS}/r2/pricing/`, commit: "07ec87d" },
  r2Limits: { title: "R2, limits", url: `${DOCS}/r2/platform/limits/`, commit: "003617a" },
  kv: { title: "KV, pricing", url: `${DOCS}/kv/platform/pricing/`, commit: "16f657e" },
  kvLimits: { title: "KV, limits", url: `${DOCS}/kv/platform/limits/`, commit: "1a596a5" },
  logs: { title: "Workers Logs", url: `${DOCS}/workers/observability/logs/workers-logs/`, commit: "0ec9be2" },
  observability: { title: "Observability, pricing", url: `${DOCS}/observability/pricing/`, commit: "0ec9be2" },
  points: { title: "Analytics Engine, pricing", url: `${DOCS}/analytics/analytics-engine/pricing/`, commit: "4917098" },
} as const satisfies Readonly<Record<string, { title: string; url: string; commit: string | null }>>;

/** Name of a source. */
export type Source = keyof typeof SOURCES;

/** A price of the plan Workers Paid. */
export interface Price {
  readonly what: string;
  /** What one is. */
  readonly unit: string;
  /** So many a month are in the plan. */
  readonly included: number;
  /** US dollars for `per` units more. */
  readonly dollars: number;
  readonly per: number;
  readonly source: Source;
  readonly note?: string;
}

/** The plan itself, US dollars a month. */
export const PLAN_DOLLARS = 5;

const M = 1e6;

/** Every price that a line of the bill has, in the order of the bill. */
export const PRICES = {
  requests: { what: "Workers: requests", unit: "request", included: 10 * M, dollars: 0.3, per: M, source: "workers" },
  cpu: { what: "Workers: processor time", unit: "ms", included: 30 * M, dollars: 0.02, per: M, source: "workers" },
  objectRequests: {
    what: "Objects: requests",
    unit: "request",
    included: M,
    dollars: 0.15,
    per: M,
    source: "objects",
    note: "HTTP, RPC, alarms; 20 WebSocket messages received are one; messages sent are free",
  },
  duration: {
    what: "Objects: duration",
    unit: "GB-s",
    included: 400_000,
    dollars: 12.5,
    per: M,
    source: "objects",
    note: "128 MB for as long as an object is active; free while it could hibernate",
  },
  objectRowsRead: {
    what: "Objects: rows read",
    unit: "row",
    included: 25e9,
    dollars: 0.001,
    per: M,
    source: "objects",
  },
  objectRowsWritten: {
    what: "Objects: rows written",
    unit: "row",
    included: 50 * M,
    dollars: 1,
    per: M,
    source: "objects",
    note: "an index is one more; setting an alarm is one",
  },
  objectBytes: { what: "Objects: storage", unit: "GB-month", included: 5, dollars: 0.2, per: 1, source: "objects" },
  d1RowsRead: { what: "D1: rows read", unit: "row", included: 25e9, dollars: 0.001, per: M, source: "d1" },
  d1RowsWritten: { what: "D1: rows written", unit: "row", included: 50 * M, dollars: 1, per: M, source: "d1" },
  d1Bytes: { what: "D1: storage", unit: "GB-month", included: 5, dollars: 0.75, per: 1, source: "d1" },
  queueOperations: {
    what: "Queues: operations",
    unit: "operation",
    included: M,
    dollars: 0.4,
    per: M,
    source: "queues",
    note: "written, read, deleted: three for each 64 KB of a message",
  },
  r2Bytes: { what: "R2: storage", unit: "GB-month", included: 10, dollars: 0.015, per: 1, source: "r2" },
  r2Writes: { what: "R2: class A operations", unit: "operation", included: M, dollars: 4.5, per: M, source: "r2" },
  r2Reads: { what: "R2: class B operations", unit: "operation", included: 10 * M, dollars: 0.36, per: M, source: "r2" },
  kvReads: { what: "KV: reads", unit: "read", included: 10 * M, dollars: 0.5, per: M, source: "kv" },
  kvWrites: { what: "KV: writes, deletes, lists", unit: "write", included: M, dollars: 5, per: M, source: "kv" },
  logs: {
    what: "Logs: events",
    unit: "event",
    included: 20 * M,
    dollars: 0.6,
    per: M,
    source: "logs",
    note: "each event of the Worker and of an object is one, and each line it logs; until 2026-12-01, then by the GB",
  },
  points: {
    what: "Analytics Engine: points",
    unit: "point",
    included: 10 * M,
    dollars: 0.25,
    per: M,
    source: "points",
    note: "published, not billed yet",
  },
} as const satisfies Readonly<Record<string, Price>>;

/** Name of a price. */
export type PriceName = keyof typeof PRICES;

/** All of them, in the order of the bill. */
export const PRICE_NAMES = Object.keys(PRICES) as readonly PriceName[];

/** What is no price and no limit, but is used to reckon with them. */
export const PLATFORM = {
  /** WebSocket messages received that are one request. */
  framesPerRequest: 20,
  /** GB of memory that an object's duration is billed for. */
  objectGb: 0.128,
} as const;

/** A limit of the platform. `soft`: the platform calls it so, or it can be raised on request. */
export interface Limit {
  readonly what: string;
  readonly most: number;
  readonly unit: string;
  readonly source: Source;
  readonly soft?: boolean;
}

/** The limits that big use comes near to. */
export const LIMITS = {
  objectSockets: { what: "sockets of one object", most: 32_768, unit: "sockets", source: "objectState" },
  objectRequests: {
    what: "requests a second of one object",
    most: 1_000,
    unit: "requests/s",
    source: "objectLimits",
    soft: true,
  },
  objectBytes: { what: "storage of one object", most: 10e9, unit: "bytes", source: "objectLimits" },
  d1Bytes: { what: "size of one D1 database", most: 10e9, unit: "bytes", source: "d1Limits" },
  d1Rate: {
    what: "queries a second of one D1 database, at 1 ms each",
    most: 1_000,
    unit: "queries/s",
    source: "d1Limits",
    soft: true,
  },
  d1AccountBytes: { what: "D1 storage of an account", most: 1e12, unit: "bytes", source: "d1Limits", soft: true },
  d1Databases: { what: "D1 databases of an account", most: 50_000, unit: "databases", source: "d1Limits", soft: true },
  queueRate: { what: "messages a second of one queue", most: 5_000, unit: "messages/s", source: "queueLimits" },
} as const satisfies Readonly<Record<string, Limit>>;

/** Name of a limit of the platform. */
export type LimitName = keyof typeof LIMITS;
