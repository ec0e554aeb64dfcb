// The WASM instance of streams: its replacement after a trap, and how many handles it holds. A module of its own, so that who only
// speaks the wire protocol does not load it.
import { liveHandles as rawLiveHandles, __wbg_reset_state as resetState } from "../../../generated/ferrule_chunk.js";
import { CoreError } from "../../core/core-error.js";
import type { Instance } from "../../core/handle.js";
import { ChunkFault } from "../fault.js";

let generation = 0;

/** For `catch`: a number is a refusal; after a trap a new instance stands ready and a CoreError comes back; else as it was. */
function recover(error: unknown): unknown {
  if (typeof error === "number") return new ChunkFault(error);
  if (!(error instanceof WebAssembly.RuntimeError)) return error;
  resetState();
  generation++;
  return new CoreError(`the WebAssembly core of streams trapped and was started anew: ${error.message}`, {
    cause: error,
  });
}

/** The instance that handles are made in. */
export const instance: Instance = {
  get generation() {
    return generation;
  },
  recover,
};

/** How many handles (readers, writers, segments, indices) have not been disposed of. */
export function liveHandles(): number {
  return rawLiveHandles();
}
