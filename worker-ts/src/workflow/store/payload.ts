// The bytes of an event: base64 in the row, or an object in R2 that the row names. Encoding and loading only; which event holds what
// is decided elsewhere. A BLOB column was measured at three to five times the price of text (D1 hands it back as an array of numbers).
import { Buffer } from "node:buffer";
import { WorkflowWorldError } from "@workflow/errors";
import { toBase64 } from "../base64";
import { INLINE_BYTES_MAX, PAYLOAD_BYTES_MAX, PAYLOAD_READS_MAX } from "../limits";

/**
 * Waits for what a database, a bucket or a queue does. Where that fails, the error is one after which the runtime delivers again; any other
 * error it would take for the workflow's own, and end the run.
 */
export async function orOutage<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const message = `${what} failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new WorkflowWorldError(message, { status: 503, code: "STORE_FAILED", cause });
  }
}

/** A payload on its way into a row. */
export interface Payload {
  /** As it came, for the answer. */
  readonly value: unknown;
  readonly bytes: number;
  readonly ref: string | null;
  readonly text: string | null;
  /** Not bytes but a value of JSON; the event's meta says so. */
  readonly json: boolean;
}

/** What payloads need of the world. */
export interface PayloadPorts {
  readonly bucket: R2Bucket;
  /** SHA-256 in hex. */
  digest(bytes: Uint8Array): Promise<string>;
}

/** The event has none. */
export const NO_PAYLOAD: Payload = { value: undefined, bytes: 0, ref: null, text: null, json: false };

/** Makes a payload ready for its row. One that is too large for a row lies in R2 when this returns; writing it twice does no harm. */
export async function encodePayload(ports: PayloadPorts, runId: string, value: unknown): Promise<Payload> {
  if (value === undefined) return NO_PAYLOAD;
  const json = !(value instanceof Uint8Array);
  const text = json ? jsonOf(value) : null;
  const bytes = text === null ? (value as Uint8Array) : Buffer.from(text);
  if (bytes.length > PAYLOAD_BYTES_MAX)
    throw new WorkflowWorldError(`a payload has ${bytes.length} bytes, the limit is ${PAYLOAD_BYTES_MAX}`, {
      status: 413,
      code: "PAYLOAD_TOO_LARGE",
    });
  if (bytes.length <= INLINE_BYTES_MAX)
    return { value, bytes: bytes.length, ref: null, text: text ?? toBase64(bytes), json };
  const ref = `payloads/${runId}/${await ports.digest(bytes)}`;
  await orOutage("the bucket", ports.bucket.put(ref, bytes));
  return { value, bytes: bytes.length, ref, text: null, json };
}

function jsonOf(value: unknown): string {
  try {
    const text = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch {
    // a circle or a bigint: said below
  }
  throw new WorkflowWorldError("a payload is neither bytes nor JSON", { status: 400, code: "BAD_PAYLOAD" });
}

/** Where a row says its payload is. */
export interface StoredPayload {
  readonly text: string | null;
  readonly ref: string | null;
  readonly json: boolean;
}

/** Brings stored payloads back, those of R2 a few at a time and each once. One per answer: every answer has bytes of its own. */
export class PayloadLoader {
  readonly #bucket: R2Bucket;
  readonly #reading = new Map<string, Promise<Uint8Array>>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  /** The value, or undefined where there is none. */
  async load({ text, ref, json }: StoredPayload): Promise<unknown> {
    if (text !== null) return json ? JSON.parse(text) : new Uint8Array(Buffer.from(text, "base64"));
    if (ref === null) return undefined;
    const reading = this.#reading.get(ref) ?? this.#read(ref);
    this.#reading.set(ref, reading);
    const bytes = await reading;
    return json ? JSON.parse(Buffer.from(bytes).toString()) : bytes.slice();
  }

  async #read(ref: string): Promise<Uint8Array> {
    if (this.#busy >= PAYLOAD_READS_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy += 1;
    try {
      const object = await orOutage("the bucket", this.#bucket.get(ref));
      if (object === null)
        throw new WorkflowWorldError(`payload ${ref} is gone`, { status: 500, code: "PAYLOAD_GONE" });
      return new Uint8Array(await orOutage("the bucket", object.arrayBuffer()));
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy -= 1;
    }
  }
}
