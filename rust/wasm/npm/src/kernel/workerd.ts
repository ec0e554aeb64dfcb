// workerd: the module comes compiled from the bundle; nothing may be compiled at run time.
import { initSync } from "../../generated/ferrule_kernel.js";
import wasm from "../../generated/ferrule_kernel_bg.wasm";

initSync({ module: wasm });

export { CoreError, faultName, KERNEL_FAULT, KernelFault, KernelLoader, KernelMachine, liveHandles } from "./api.js";

/** Resolves once the module is instantiated: here it already is. */
export const ready: Promise<void> = Promise.resolve();
