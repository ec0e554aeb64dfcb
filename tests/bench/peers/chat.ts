// What the rooms of the peers have in common, as their users would write it: the shape of a message in JSON and the checks of one.
// Plain values; no sockets, no storage, no clock.

/** A message as everybody gets it: the fields of ours. */
export interface ChatMessage {
  readonly type: "message";
  readonly seq: number;
  /** Server time in ms since 1970. */
  readonly ts: number;
  /** A UUID that the author chose. */
  readonly id: string;
  readonly sender: number;
  /** Seq of another message, 0 for none. */
  readonly replyTo: number;
  readonly text: string;
}

/** What a client sends: a message, or from which seq on it missed everything. */
export type Request =
  | { readonly type: "message"; readonly id: string; readonly replyTo: number; readonly text: string }
  | { readonly type: "resume"; readonly after: number };

/** What a room sends besides messages. */
export type Answer =
  | {
      readonly type: "ack";
      readonly id: string;
      readonly seq: number;
      readonly ts: number;
      readonly duplicate: boolean;
    }
  | { readonly type: "missed"; readonly messages: readonly ChatMessage[] }
  | { readonly type: "error"; readonly code: string; readonly id: string | null; readonly retryAfterMs: number };

/** The same limit as ours, TEXT_BYTES_MAX. */
const TEXT_BYTES_MAX = 16_384;
/** An UTF-16 unit takes at most three bytes, so shorter texts need no counting. */
const TEXT_UNITS_SURE = Math.floor(TEXT_BYTES_MAX / 3);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const encoder = new TextEncoder();

/** The request in a text, or the code of the refusal. */
export function readRequest(text: string): Request | string {
  let value: Request;
  try {
    value = JSON.parse(text);
  } catch {
    return "bad_json";
  }
  if (value.type === "resume") return Number.isSafeInteger(value.after) && value.after >= 0 ? value : "bad_request";
  if (value.type !== "message" || typeof value.id !== "string" || !UUID.test(value.id)) return "bad_request";
  if (!Number.isSafeInteger(value.replyTo) || value.replyTo < 0) return "bad_request";
  if (typeof value.text !== "string" || value.text === "") return "bad_request";
  const long = value.text.length > TEXT_UNITS_SURE && encoder.encode(value.text).length > TEXT_BYTES_MAX;
  return long ? "too_large" : value;
}

/** A token bucket: `perSecond` tokens come in, at most `burst` wait. */
export class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #level: number;
  #at: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#level = burst;
    this.#at = now;
  }

  /** Takes a token and answers 0, or how many ms later there will be one. */
  spend(now: number): number {
    this.#level = Math.min(this.#burst, this.#level + ((now - this.#at) * this.#perSecond) / 1000);
    this.#at = now;
    if (this.#level < 1) return Math.ceil(((1 - this.#level) * 1000) / this.#perSecond);
    this.#level -= 1;
    return 0;
  }
}
