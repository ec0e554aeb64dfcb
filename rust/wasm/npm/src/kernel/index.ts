// Types of every runtime's entry; at run time one of workerd.ts, node.ts, web.ts stands in its place.
export {
  CoreError,
  faultName,
  KERNEL_FAULT,
  KernelFault,
  type KernelFaultName,
  KernelLoader,
  KernelMachine,
  liveHandles,
  type MachineBatch,
  type MachineOutput,
} from "./api.js";

/** Resolves once the module is instantiated. */
export declare const ready: Promise<void>;
