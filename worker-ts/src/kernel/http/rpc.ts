// JSON-RPC over HTTP for one kernel: from the request to its Durable Object and back. Who may call was seen to before. No framework.
import { isKey } from "../rpc/json-rpc";
import { REQUEST_BYTES_MAX } from "../rpc/limits";

/** What HTTP needs of a kernel's Durable Object. */
export interface KernelStub {
  rpc(text: string, key?: string): Promise<string | null>;
}

/** Why a request is not even JSON-RPC: the part of it that is wrong, and a sentence. */
export interface BadRequest {
  readonly field: "content-type" | "idempotency-key";
  readonly message: string;
}

const JSON_TYPE = "application/json";

/**
 * The answer: 200 with JSON-RPC, errors too, or 204 where there were only notifications. Asking for the content type of JSON also keeps
 * pages of others out: a browser asks first before it sends that.
 */
export async function answerRpc(kernel: KernelStub, request: Request): Promise<Response | BadRequest> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? ""))
    return { field: "content-type", message: `the body must be JSON, with content-type ${JSON_TYPE}` };
  const key = request.headers.get("idempotency-key") ?? undefined;
  if (key !== undefined && !isKey(key)) return { field: "idempotency-key", message: "this is no key" };
  const text = await readText(request);
  const answer = typeof text === "string" ? await kernel.rpc(text, key) : text.answer;
  if (answer === null) return new Response(null, { status: 204 });
  return new Response(answer, { headers: { "content-type": JSON_TYPE } });
}

/** The body, read no further than it may be long; or what JSON-RPC says to one that is too long or no text. */
async function readText(request: Request): Promise<string | { readonly answer: string }> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.byteLength;
    if (length > REQUEST_BYTES_MAX) return { answer: TOO_LARGE };
    parts.push(part);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(joined(parts, length));
  } catch {
    return { answer: NO_TEXT };
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

const refusal = (error: object) => JSON.stringify({ jsonrpc: "2.0", id: null, error });
const TOO_LARGE = refusal({
  code: -32_600,
  message: `Invalid request: a request may have ${REQUEST_BYTES_MAX} bytes`,
  data: { code: "LIMIT_EXCEEDED" },
});
const NO_TEXT = refusal({ code: -32_700, message: "Parse error" });
