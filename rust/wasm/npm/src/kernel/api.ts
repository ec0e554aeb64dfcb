// The public list of names of the kernel's module; every entry hands on exactly these.
export { CoreError } from "../core/core-error.js";
export { faultName, KERNEL_FAULT, KernelFault, type KernelFaultName } from "./fault.js";
export { liveHandles } from "./instance.js";
export { KernelLoader, KernelMachine, type MachineBatch, type MachineOutput } from "./machine.js";
