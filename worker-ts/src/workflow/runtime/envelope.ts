// What travels in the queue around a message of the runtime, and the parcel that a large one becomes in R2. Shapes and their conversion;
// nothing is sent here.
import { type QueuePayload, QueuePayloadSchema } from "@workflow/world";
import { toBase64 } from "../base64";

/** A message of the queue; structured clone carries it. */
export interface Envelope {
  readonly v: 1;
  /** Ours, so it is the same on every delivery and after a renewed send. */
  readonly messageId: string;
  readonly queueName: string;
  /** Absent for what names no run, a health check for instance. */
  readonly runId?: string;
  /** The key it was sent under, `run|key`. */
  readonly idem?: string;
  /** Deliveries under earlier envelopes of the same message. */
  readonly base: number;
  /** How often it came back from the dead letters. */
  readonly fresh: number;
  /** Who starts the run; only with a message that creates it, since every other one works for whom the run's row names. */
  readonly ownerId?: string;
  /** The runtime's message, or the R2 key of its parcel. */
  readonly message?: QueuePayload;
  readonly ref?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a message is known by when it comes anew. */
type EnvelopeHead = Pick<Envelope, "messageId" | "queueName"> & {
  readonly runId: string;
  readonly fresh?: number;
};

/** A message under its own id once more, with all its attempts; it says no more than which run is to go on. */
export function freshEnvelope({ messageId, queueName, runId, fresh = 0 }: EnvelopeHead): Envelope {
  return { v: 1, messageId, queueName, runId, base: 0, fresh, message: { runId } };
}

/** Bytes of a message that travel in the queue itself; the queue takes 128 KB. */
export const MESSAGE_BYTES_MAX = 100_000;

/** Whether a body from the queue is an envelope of ours. */
export function isEnvelope(body: unknown): body is Envelope {
  if (typeof body !== "object" || body === null) return false;
  const { v, messageId, queueName, base, fresh, message, ref } = body as Partial<Record<keyof Envelope, unknown>>;
  return (
    v === 1 &&
    typeof messageId === "string" &&
    typeof queueName === "string" &&
    Number.isInteger(base) &&
    Number.isInteger(fresh) &&
    (typeof ref === "string" || QueuePayloadSchema.safeParse(message).success)
  );
}

/** About how many bytes the clone of a value takes; never too few for what the runtime sends. */
export function cloneBytes(value: unknown): number {
  if (typeof value === "string") return value.length * 2 + 8;
  if (value instanceof Uint8Array) return value.byteLength + 16;
  if (typeof value !== "object" || value === null || value instanceof Date) return 16;
  let bytes = 16;
  for (const [key, member] of Object.entries(value)) bytes += key.length * 2 + 8 + cloneBytes(member);
  return bytes;
}

/** The parcel of a message: JSON in which bytes, dates and undefined are marked by the key `$`. */
export function pack(message: QueuePayload): string {
  return JSON.stringify(marked(message));
}

/** The message of a parcel. */
export function unpack(parcel: string): QueuePayload {
  return unmarked(JSON.parse(parcel)) as QueuePayload;
}

function marked(value: unknown): unknown {
  if (value === undefined) return { $: "undefined" };
  if (value instanceof Uint8Array) return { $: "bytes", value: toBase64(value) };
  if (value instanceof Date) return { $: "date", value: value.getTime() };
  if (typeof value === "bigint") return { $: "bigint", value: String(value) };
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, marked(member)]));
  return "$" in value ? { $: "object", value: members } : members;
}

function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null) return value;
  const { $: mark, value: inner } = value as { $?: unknown; value?: unknown };
  if (mark === "undefined") return undefined;
  if (mark === "bytes") return fromBase64(inner as string);
  if (mark === "date") return new Date(inner as number);
  if (mark === "bigint") return BigInt(inner as string);
  const members = mark === "object" ? (inner as object) : value;
  return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, unmarked(member)]));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
