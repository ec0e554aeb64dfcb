// Bodies that are bytes and no JSON: how long they may be, and the way into the bucket. What they are for, their routes know.
import { ApiError } from "../../../platform";
import type { Picture } from "../../files/sniff";
import { LengthError, type Put, putStream } from "../../files/upload";

/** How long the body is said to be, at most `bytesMax`. Throws `length_required`, `too_large` or `bad_request`. */
export function sentLength({ headers, body }: Request, bytesMax: number): number {
  const sent = headers.get("content-length");
  if (sent === null || !/^\d{1,15}$/.test(sent))
    throw new ApiError("length_required", "say how long the body is", { field: "content-length" });
  const length = Number(sent);
  if (length > bytesMax) throw new ApiError("too_large", `the body may have ${bytesMax} bytes`, { field: "body" });
  if (length === 0 || body === null)
    throw new ApiError("bad_request", "there is nothing in the body", { field: "body" });
  return length;
}

/** Puts the body under `key`, see `putStream`. A body that is not as long as it was said to be is `bad_request`. */
export async function putBody(
  bucket: R2Bucket,
  key: string,
  request: Request,
  length: number,
  accept?: (picture: Picture | null) => void,
): Promise<Put> {
  try {
    return await putStream(bucket, key, request.body!, length, accept);
  } catch (thrown) {
    if (!(thrown instanceof LengthError)) throw thrown;
    throw new ApiError("bad_request", thrown.message, { field: "body", cause: thrown });
  }
}
