// The door of the kernel: what its host offers to the Worker's composition and to other Workers.

export { type KernelRoutesOptions, kernelRoutes } from "./http/kernel-routes";
export type {
  CapData,
  ClusterConfig,
  Kernel,
  KernelGraph,
  KernelStatus,
  KernelStep,
  Kref,
  LaunchResult,
  Once,
  VatBundle,
  VatConfig,
} from "./kernel";
export { KernelError, type KernelErrorCode } from "./kernel-error";
export { defineKernelObject, type KernelEnv, KernelObject, type KernelPorts } from "./kernel-object";
export { type KernelOptions, type LocalKernel, makeKernel } from "./make-kernel";
export { makeKernelClient } from "./rpc/client";
export { defineService, type Service, type ServiceContext, type ServiceMethod } from "./services";
export { makeD1KernelStore } from "./store/d1";
export { type KernelDatabase, makeD1KernelDatabase } from "./store/database";
export { makeDurableKernelStore } from "./store/durable";
export { makeMemoryKernelStore } from "./store/memory";
export type { CommitOutcome, KernelStore, Row, StoreBatch } from "./store/store";
export { defineVat } from "./vat/registry";
export type { Baggage } from "./vat/runtime/baggage";
export type { VatPowers } from "./vat/runtime/powers";
export type { BuildRootObject } from "./vat/runtime/runtime";
