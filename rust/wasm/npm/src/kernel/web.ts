// Browsers and bundlers: the bytes are fetched from a URL that bundlers understand. Await `ready` before the first call.
import init from "../../generated/ferrule_kernel.js";

export { CoreError, faultName, KERNEL_FAULT, KernelFault, KernelLoader, KernelMachine, liveHandles } from "./api.js";

/** Resolves once the module is instantiated; rejects when it could not be loaded. */
export const ready: Promise<void> = init({
  module_or_path: new URL("../../generated/ferrule_kernel_bg.wasm", import.meta.url),
}).then(() => undefined);
