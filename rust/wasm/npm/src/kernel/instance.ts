// The kernel's WASM instance: its replacement after a trap, and how many handles it holds. A module of its own, so that a page that
// only speaks the wire protocol does not load it.
import { liveHandles as rawLiveHandles, __wbg_reset_state as resetState } from "../../generated/ferrule_kernel.js";
import { CoreError } from "../core/core-error.js";
import type { Instance } from "../core/handle.js";

let generation = 0;

/** For `catch`: after a trap a new instance stands ready and a CoreError comes back; any other error as it was. */
function recover(error: unknown): unknown {
  if (!(error instanceof WebAssembly.RuntimeError)) return error;
  resetState();
  generation++;
  return new CoreError(`the WebAssembly kernel trapped and was started anew: ${error.message}`, { cause: error });
}

/** The instance that handles are made in. */
export const instance: Instance = {
  get generation() {
    return generation;
  },
  recover,
};

/** How many handles (KernelLoader, KernelMachine) have not been disposed of. */
export function liveHandles(): number {
  return rawLiveHandles();
}
