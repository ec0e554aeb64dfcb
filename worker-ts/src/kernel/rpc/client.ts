// A kernel at the other end: of a MessagePort, or of the binding of its Durable Object. The same verbs as in this process.
import { parseJson } from "../../platform/text";
import type {
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
} from "../kernel";
import { KernelError } from "../kernel-error";
import { openDoor } from "./door";
import type { RpcAnswer, RpcRequest } from "./json-rpc";
import { outcomeValue } from "./outcome";

/** A kernel's Durable Object, as its stub shows it. */
export interface KernelBinding {
  rpc(text: string, key?: string): Promise<string | null>;
}

type Call = (method: string, params: unknown, once?: Once) => Promise<unknown>;

/** A kernel to be called through a port of its own, or through the stub of its Durable Object. */
export function makeKernelClient(target: MessagePort | KernelBinding): Kernel {
  if (typeof MessagePort === "undefined" || !(target instanceof MessagePort)) return remoteKernel(callBinding(target));
  const door = openDoor(target);
  return remoteKernel((method, params, once) => door.call(method, params, once?.key));
}

/** Calls by text. A stub tells of no method whether it has it, so nothing is asked of it but `rpc`. */
function callBinding(target: KernelBinding | MessagePort): Call {
  const binding = target as KernelBinding;
  return async (method, params, once) => {
    const request: RpcRequest = { jsonrpc: "2.0", id: 1, method, params };
    const text = await binding.rpc(JSON.stringify(request), once?.key);
    const answer = text === null ? undefined : (parseJson(text) as RpcAnswer | undefined);
    if (answer === undefined) throw new KernelError("OUTCOME_UNKNOWN", "the kernel did not answer");
    return outcomeValue(answer);
  };
}

function remoteKernel(call: Call): Kernel {
  /** The answer has the shape that the method's table says; the other end is a kernel. */
  const ask = <R>(method: string, params: unknown = [], once?: Once) => call(method, params, once) as Promise<R>;
  return {
    ping: () => ask<"pong">("ping"),
    getStatus: () => ask<KernelStatus>("getStatus"),
    launchSubcluster: (config: ClusterConfig, once) => ask<LaunchResult>("launchSubcluster", { config }, once),
    terminateSubcluster: (id) => ask<null>("terminateSubcluster", { id }),
    terminateVat: (id) => ask<null>("terminateVat", { id }),
    terminateAllVats: () => ask<null>("terminateAllVats"),
    restartVat: (id) => ask<null>("restartVat", { id }),
    upgradeVat: (id, config: VatConfig, once) => ask<null>("upgradeVat", { id, config }, once),
    queueMessage: (target, method, args, once) => ask<CapData>("queueMessage", [target, method, args], once),
    queueCapData: (target, methargs, once) => ask<CapData>("queueCapData", [target, methargs], once),
    pingVat: (id) => ask<"pong">("pingVat", { id }),
    collectGarbage: () => ask<null>("collectGarbage"),
    clearState: () => ask<null>("clearState"),
    revoke: (kref) => ask<null>("revoke", { kref }),
    isRevoked: (kref) => ask<boolean>("isRevoked", { kref }),
    issueOcapURL: (kref) => ask<string>("issueOcapURL", { kref }),
    redeemOcapURL: (url) => ask<Kref>("redeemOcapURL", { url }),
    releaseKref: (kref) => ask<null>("releaseKref", { kref }),
    putBundle: (name, bundle: VatBundle) => ask<{ readonly sha256: string }>("putBundle", { name, bundle }),
    executeDBQuery: (sql) => ask<readonly Readonly<Record<string, unknown>>[]>("executeDBQuery", { sql }),
    getGraph: () => ask<KernelGraph>("getGraph"),
    getTrace: (after) => ask<readonly KernelStep[]>("getTrace", { after }),
    pause: () => ask<null>("pause"),
    step: (cranks) => ask<null>("step", { cranks }),
    resume: () => ask<null>("resume"),
  };
}
