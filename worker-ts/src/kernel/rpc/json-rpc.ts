// JSON-RPC 2.0, framing alone: what a request is, batches, notifications, and what an answer looks like. Knows no method and no kernel.
import { isWellFormed, parseJson, utf8Length } from "../../platform/text";
import { BATCH_MAX, KEY_LENGTH_MAX, REQUEST_BYTES_MAX } from "./limits";
import { isRecord, isShallow } from "./text";

/** What names a request; given back with its answer. */
export type RpcId = string | number | null;

/** Numbers of the specification; `KERNEL`: the kernel refuses, and `data.code` says why. */
export const RPC_CODE = {
  PARSE: -32_700,
  INVALID_REQUEST: -32_600,
  METHOD_NOT_FOUND: -32_601,
  INVALID_PARAMS: -32_602,
  INTERNAL: -32_603,
  KERNEL: -32_000,
} as const;

/** Why there is no result. */
export interface RpcFault {
  readonly code: number;
  readonly message: string;
  /** `code`: that of a KernelError; `value`: the reason that a vat gave. */
  readonly data?: { readonly code: string; readonly value?: unknown };
}

/** What one call came to. */
export type RpcOutcome =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: RpcFault };

/** The answer to one request. */
export type RpcAnswer = { readonly jsonrpc: "2.0"; readonly id: RpcId } & RpcOutcome;

/** One request; without `id` it is a notification. `key` is ours: the idempotency key. */
export interface RpcRequest {
  readonly jsonrpc: "2.0";
  readonly method: string;
  readonly params?: unknown;
  readonly id?: RpcId;
  readonly key?: string;
}

/** Carries out one call; never rejects. */
export type Invoke = (method: string, params: unknown, key: string | undefined) => Promise<RpcOutcome>;

/** Whether a text may be an idempotency key: visible ASCII, as a header can carry it; behind a line break, a place in a batch. */
export function isKey(key: unknown): key is string {
  if (typeof key !== "string") return false;
  const [, own] = /^([!-~](?:[ -~]*[!-~])?)(?:\n[0-9]{1,2})?$/.exec(key) ?? [];
  return own !== undefined && own.length <= KEY_LENGTH_MAX;
}

/** The answer to a text, as a value; null when it holds nothing but notifications. `key`: for requests that bring none. */
export async function answerText(
  text: string,
  invoke: Invoke,
  key?: string,
): Promise<RpcAnswer | readonly RpcAnswer[] | null> {
  if (text.length > REQUEST_BYTES_MAX || utf8Length(text) > REQUEST_BYTES_MAX)
    return invalid(null, `a request may have ${REQUEST_BYTES_MAX} bytes`, "LIMIT_EXCEEDED");
  if (!isShallow(text)) return invalid(null, "a request may not nest so deep", "LIMIT_EXCEEDED");
  const message = parseJson(text);
  if (message === undefined) return failed(null, { code: RPC_CODE.PARSE, message: "Parse error" });
  return answerMessage(message, invoke, key);
}

/**
 * The answer to a request or a batch. Requests of a batch begin in its order and are answered in its order; each has a key of its own, or
 * that of the whole with its place behind it, so that a repeated batch is known again request by request.
 */
export async function answerMessage(
  message: unknown,
  invoke: Invoke,
  key?: string,
): Promise<RpcAnswer | readonly RpcAnswer[] | null> {
  if (!Array.isArray(message)) return answerOne(message, invoke, key);
  if (message.length === 0) return invalid(null, "an empty batch");
  if (message.length > BATCH_MAX) return invalid(null, `a batch may have ${BATCH_MAX} requests`, "LIMIT_EXCEEDED");
  // a line break stands in no header, so no single request has such a key by one
  const answers = await Promise.all(
    message.map((entry: unknown, place) => answerOne(entry, invoke, key === undefined ? key : `${key}\n${place}`)),
  );
  const told = answers.filter((answer) => answer !== null);
  return told.length === 0 ? null : told;
}

async function answerOne(message: unknown, invoke: Invoke, key: string | undefined): Promise<RpcAnswer | null> {
  const id = idOf(message);
  const wrong = whyInvalid(message);
  if (wrong !== undefined) return invalid(id, wrong);
  const request = message as RpcRequest;
  const outcome = await invoke(request.method, request.params, request.key ?? key);
  return request.id === undefined ? null : { jsonrpc: "2.0", id, ...outcome };
}

/** Why a value is no request; undefined when it is one. */
function whyInvalid(message: unknown): string | undefined {
  if (!isRecord(message)) return "a request is an object";
  if (message["jsonrpc"] !== "2.0") return 'jsonrpc must be "2.0"';
  if (typeof message["method"] !== "string") return "method must be a string";
  const { id, params, key } = message;
  if (id !== undefined && !isId(id)) return "id must be a string, a number or null";
  if (params !== undefined && !Array.isArray(params) && !isRecord(params))
    return "params must be an array or an object";
  if (key !== undefined && !isKey(key)) return `key must be visible ASCII, at most ${KEY_LENGTH_MAX} characters`;
  return undefined;
}

const isId = (id: unknown): id is RpcId =>
  id === null || (typeof id === "string" && isWellFormed(id)) || (typeof id === "number" && Number.isFinite(id));

/** The id of whatever came, so that even an invalid request is answered by its name. */
function idOf(message: unknown): RpcId {
  const id = isRecord(message) ? message["id"] : null;
  return isId(id) ? id : null;
}

function invalid(id: RpcId, why: string, code?: string): RpcAnswer {
  const fault = { code: RPC_CODE.INVALID_REQUEST, message: `Invalid request: ${why}` };
  return failed(id, code === undefined ? fault : { ...fault, data: { code } });
}

function failed(id: RpcId, error: RpcFault): RpcAnswer {
  return { jsonrpc: "2.0", id, error };
}
