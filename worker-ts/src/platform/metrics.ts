// What the house measures: the one list of names, types and help texts, the text that Prometheus reads, and the points that
// go to Analytics Engine. Nothing here counts, stores or knows a table.
import type { Bindings } from "./env";
import type { RequestLine } from "./log";

/** A metric as Prometheus knows it. A counter only grows, and its name ends in `_total`. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
}

const counter = (name: string, help: string): Metric => ({ name: `ferrule_${name}_total`, type: "counter", help });
const gauge = (name: string, help: string): Metric => ({ name: `ferrule_${name}`, type: "gauge", help });

/** Every metric, in the order in which it is shown. None has a label whose values grow with rooms or people. */
export const METRICS = {
  messages: counter("messages", "Messages stored."),
  edits: counter("edits", "Edits of messages stored."),
  deletes: counter("deletes", "Messages erased."),
  reactions: counter("reactions", "Reactions set or taken back."),
  refused: counter("refused", "ERROR frames sent and writes by HTTP refused, by the name of the wire's error."),
  deliveries: counter("deliveries", "Broadcast frames times the sockets each was sent to."),
  bytes: counter("sent_bytes", "Bytes of binary messages sent on sockets."),
  opened: counter("sockets_opened", "Sockets accepted."),
  resumed: counter("sockets_resumed", "Sockets that went on where an earlier one broke off."),
  reset: counter("sockets_reset", "Sockets that wanted to go on and were told RESET."),
  lagging: counter("sockets_lagging", "Sockets closed because the client did not keep up."),
  entries: counter("log_entries", "Entries of the rooms' logs: messages and what the rooms themselves note."),
  unarchived: gauge("archive_lag_entries", "Entries that rooms have written and not yet heard of as archived."),
  batches: counter("archive_batches", "Batches of the archive written to D1, repeated deliveries included."),
  retries: counter("archive_retries", "Batches of the archive that failed and are to be delivered again."),
  dead: counter("dead_letters", "Batches given up and kept in the table dead_letter."),
  queued: gauge("queue_messages", "Messages waiting in a queue."),
  queuedBytes: gauge("queue_bytes", "Bytes of the messages waiting in a queue."),
  queuedAge: gauge("queue_oldest_seconds", "Age of the oldest message waiting in a queue; 0 when none waits."),
} as const satisfies Readonly<Record<string, Metric>>;

/** Key of a metric. */
export type MetricKey = keyof typeof METRICS;

/** One value of a metric. The values of one metric differ by their labels. */
export interface Sample {
  readonly metric: MetricKey;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Content type of `prometheusText`. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The samples in Prometheus' text format 0.0.4, by metric in the order of METRICS; a metric without samples is left out. */
export function prometheusText(samples: readonly Sample[]): string {
  const lines: string[] = [];
  for (const [key, { name, type, help }] of Object.entries(METRICS)) {
    const own = samples.filter((sample) => sample.metric === key);
    if (own.length === 0) continue;
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    for (const { labels = {}, value } of own) lines.push(`${name}${labelText(labels)} ${value}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}

/** A point for Analytics Engine: what it is of, then texts and numbers in the order that docs/operations.md tells. */
export interface Point {
  readonly kind: "request" | "queue" | "room";
  /** What is sampled apart when there is too much: a route, a queue, a room. At most 96 bytes. */
  readonly of: string;
  readonly texts?: readonly string[];
  readonly numbers: readonly number[];
}

/** Writes a point; where the binding is missing nothing happens. The runtime sends it when the answer is out. */
export function writePoint(env: Pick<Bindings, "METRICS">, { kind, of, texts = [], numbers }: Point): void {
  env.METRICS?.writeDataPoint({ indexes: [of], blobs: [kind, of, ...texts], doubles: [...numbers] });
}

/** Writes the point of one request: route, method, status, code of the refusal; count 1, ms. */
export function countRequest(env: Pick<Bindings, "METRICS">, line: RequestLine): void {
  const { route, method, status, ms, error } = line;
  writePoint(env, { kind: "request", of: route, texts: [method, String(status), error?.code ?? ""], numbers: [1, ms] });
}

/** Writes the point of one run of a queue's consumer: messages, and how many of them were delivered before. */
export function countQueue(env: Pick<Bindings, "METRICS">, { queue, messages }: MessageBatch): void {
  const again = messages.filter(({ attempts }) => attempts > 1).length;
  writePoint(env, { kind: "queue", of: queue, numbers: [messages.length, again] });
}

/**
 * What a point of a room tells, in this order, which never changes: what came to be counted later stands at the end. `refused` are
 * refusals of all sorts as one number.
 */
const ROOM_NUMBERS = [
  "messages",
  "deliveries",
  "bytes",
  "opened",
  "resumed",
  "reset",
  "lagging",
  "refused",
  "edits",
  "deletes",
  "reactions",
] as const;

/** Writes the point of one room: by how much its counters have grown since the point before. */
export function countRoom(
  env: Pick<Bindings, "METRICS">,
  roomId: string,
  grown: Readonly<Record<string, number>>,
): void {
  const refused = Object.entries(grown)
    .filter(([name]) => name.startsWith("refused_"))
    .reduce((sum, [, by]) => sum + by, 0);
  const numbers = ROOM_NUMBERS.map((name) => (name === "refused" ? refused : (grown[name] ?? 0)));
  if (numbers.some((by) => by > 0)) writePoint(env, { kind: "room", of: roomId, numbers });
}
