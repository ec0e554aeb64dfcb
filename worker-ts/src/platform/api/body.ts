// Reading a body under a byte limit, whatever its headers claim; and one that is JSON.
import { ApiError } from "../errors";
import { parseJson } from "../text";

/** A text of TEXT_BYTES_MAX (16,384) bytes may be six times as long when every character is escaped; the rest is room. */
export const JSON_BYTES_MAX = 131_072;

/** How deep JSON may nest: whatever walks it later (checks, copies, queues) does so by calling itself. */
export const JSON_DEPTH_MAX = 32;

/** The body as JSON. Throws `bad_request` (no JSON, not called so, or too deep) or `too_large`. */
export async function readJson(request: Request, bytesMax = JSON_BYTES_MAX): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new ApiError("bad_request", "the body must be JSON, with content-type application/json", {
      field: "content-type",
    });
  const bytes = await readBytes(request, bytesMax);
  const text = decoded(bytes);
  if (text === undefined) throw new ApiError("bad_request", "the body is not UTF-8", { field: "body" });
  if (depthOf(text) > JSON_DEPTH_MAX)
    throw new ApiError("bad_request", `the body may nest ${JSON_DEPTH_MAX} deep`, { field: "body" });
  const value = parseJson(text);
  if (value === undefined) throw new ApiError("bad_request", "the body is not JSON", { field: "body" });
  return value;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** How deep arrays and objects nest in a text of JSON; of one that is none, some number. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (mark === "[" || mark === "{") deepest = Math.max(deepest, ++depth);
    else if (mark === "]" || mark === "}") depth--;
  }
  return deepest;
}

/** The body's bytes, counted while they come in: a wrong content-length cannot make us hold more. Throws `too_large`. */
export async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new ApiError("too_large", `the body may have ${bytesMax} bytes`, { field: "body" });
  if (Number(request.headers.get("content-length")) > bytesMax) throw tooLarge();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.byteLength;
    if (length > bytesMax) throw tooLarge();
    parts.push(part);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
