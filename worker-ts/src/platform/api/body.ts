// Reading a body under a byte limit, whatever its headers claim; and one that is JSON.
import { ApiError } from "../errors";

/** A text of TEXT_BYTES_MAX (16,384) bytes may be six times as long when every character is escaped; the rest is room. */
export const JSON_BYTES_MAX = 131_072;

/** The body as JSON. Throws `bad_request` (no JSON, or not called so) or `too_large`. */
export async function readJson(request: Request, bytesMax = JSON_BYTES_MAX): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new ApiError("bad_request", "the body must be JSON, with content-type application/json", {
      field: "content-type",
    });
  const bytes = await readBytes(request, bytesMax);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw new ApiError("bad_request", "the body is not JSON in UTF-8", { field: "body" });
  }
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
