// For hosts that load the module themselves, by `init` or `initSync`, before they call anything else.
export { default as init, initSync } from "../../generated/ferrule_kernel.js";
export { CoreError, faultName, KERNEL_FAULT, KernelFault, KernelLoader, KernelMachine, liveHandles } from "./api.js";
