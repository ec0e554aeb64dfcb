// Node: the bytes are read from the package's own folder.
import { readFileSync } from "node:fs";
import { initSync } from "../../generated/ferrule_kernel.js";

initSync({ module: readFileSync(new URL("../../generated/ferrule_kernel_bg.wasm", import.meta.url)) });

export { CoreError, faultName, KERNEL_FAULT, KernelFault, KernelLoader, KernelMachine, liveHandles } from "./api.js";

/** Resolves once the module is instantiated: here it already is. */
export const ready: Promise<void> = Promise.resolve();
