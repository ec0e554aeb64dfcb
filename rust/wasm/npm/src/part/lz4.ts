// LZ4 blocks (the public block format, no frame header), as they stand in frames. One block at a time, at most 1 MiB raw.
import { lz4Compress as rawCompress, lz4Decompress as rawDecompress } from "../../generated/ferrule.js";
import { LIMIT } from "../constant/limit.js";
import { REASON } from "../constant/reason.js";
import { ARENA_BYTES, arenas, fill, recover } from "../core/instance.js";
import { taken } from "../wire/put.js";
import { WireError } from "../wire/wire-error.js";

/** Compresses at most 1 MiB into one block, an own copy. Throws WireError body_too_large above that. */
export function lz4Compress(bytes: Uint8Array): Uint8Array {
  if (bytes.length > LIMIT.BODY_DOWN_BYTES_MAX) throw new WireError(REASON.body_too_large);
  try {
    return taken(rawCompress(fill(bytes)));
  } catch (error) {
    throw recover(error);
  }
}

/**
 * The `rawBytes` bytes of one block, an own copy. Throws WireError bad_lz4 when the block is malformed or gives any other number
 * of bytes, body_too_large when more than 1 MiB is claimed. Nothing is allocated for a claim.
 */
export function lz4Decompress(block: Uint8Array, rawBytes: number): Uint8Array {
  if (rawBytes > LIMIT.BODY_DOWN_BYTES_MAX) throw new WireError(REASON.body_too_large);
  if (block.length > ARENA_BYTES || !Number.isInteger(rawBytes) || rawBytes < 0) throw new WireError(REASON.bad_lz4);
  try {
    const length = rawDecompress(fill(block), rawBytes);
    if (length < 0) throw new WireError(-length);
    return arenas().raw.slice(0, length);
  } catch (error) {
    throw recover(error);
  }
}
