// The kernel's methods by their names: what each takes, and which verb of the kernel it is. No framing and no port.
import type { CapData, ClusterConfig, Kernel, Kref, Once, VatBundle, VatConfig } from "../kernel";
import { KernelError } from "../kernel-error";
import * as checks from "./checks";
import { type Invoke, RPC_CODE, type RpcFault, type RpcOutcome } from "./json-rpc";
import { STEP_CRANKS_MAX } from "./limits";
import { unfit } from "./text";

/** A method that the door may have beside the kernel's own; it checks its parameters itself. */
export type OwnMethod = (params: unknown) => Promise<unknown>;

interface Method {
  readonly check: checks.Check;
  readonly call: (kernel: Kernel, params: unknown, once: Once) => Promise<unknown>;
}

/** A method; what `check` lets through is what `call` takes. */
function method<P>(check: checks.Check, call: (kernel: Kernel, params: P, once: Once) => Promise<unknown>): Method {
  return { check, call: (kernel, params, once) => call(kernel, params as P, once) };
}

const byVat = checks.record({ id: checks.vatId });
const byKref = checks.record({ kref: checks.kref });
type Id = { readonly id: string };
type Object = { readonly kref: Kref };

/** Methods of other kernels that this one has not. */
const unsupported = method(
  () => undefined,
  async () => {
    throw new KernelError("UNSUPPORTED", "this kernel speaks with no other kernels");
  },
);

/** Every method, in the order of the documentation. */
const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["ping", method(checks.nothing, (kernel) => kernel.ping())],
  ["getStatus", method(checks.nothing, (kernel) => kernel.getStatus())],
  [
    "launchSubcluster",
    method<{ config: ClusterConfig }>(checks.record({ config: checks.clusterConfig }), (kernel, { config }, once) =>
      kernel.launchSubcluster(config, once),
    ),
  ],
  [
    "terminateSubcluster",
    method<Id>(checks.record({ id: checks.subclusterId }), (kernel, { id }) => kernel.terminateSubcluster(id)),
  ],
  ["terminateVat", method<Id>(byVat, (kernel, { id }) => kernel.terminateVat(id))],
  ["restartVat", method<Id>(byVat, (kernel, { id }) => kernel.restartVat(id))],
  ["terminateAllVats", method(checks.nothing, (kernel) => kernel.terminateAllVats())],
  ["collectGarbage", method(checks.nothing, (kernel) => kernel.collectGarbage())],
  ["clearState", method(checks.nothing, (kernel) => kernel.clearState())],
  [
    "queueMessage",
    method<[Kref, string, readonly unknown[]]>(
      checks.list(["target", checks.kref], ["method", checks.method], ["args", checks.args]),
      (kernel, [target, name, args], once) => kernel.queueMessage(target, name, args, once),
    ),
  ],
  ["pingVat", method<Id>(byVat, (kernel, { id }) => kernel.pingVat(id))],
  ["revoke", method<Object>(byKref, (kernel, { kref }) => kernel.revoke(kref))],
  ["isRevoked", method<Object>(byKref, (kernel, { kref }) => kernel.isRevoked(kref))],
  ["issueOcapURL", method<Object>(byKref, (kernel, { kref }) => kernel.issueOcapURL(kref))],
  [
    "redeemOcapURL",
    method<{ url: string }>(checks.record({ url: checks.ocapUrl }), (kernel, { url }) => kernel.redeemOcapURL(url)),
  ],
  [
    "executeDBQuery",
    method<{ sql: string }>(checks.record({ sql: checks.sql }), (kernel, { sql }) => kernel.executeDBQuery(sql)),
  ],
  [
    "upgradeVat",
    method<Id & { config: VatConfig }>(
      checks.record({ id: checks.vatId, config: checks.vatConfig }),
      (kernel, { id, config }, once) => kernel.upgradeVat(id, config, once),
    ),
  ],
  [
    "queueCapData",
    method<[Kref, CapData]>(
      checks.list(["target", checks.kref], ["methargs", checks.methargs]),
      (kernel, [target, methargs], once) => kernel.queueCapData(target, methargs, once),
    ),
  ],
  ["releaseKref", method<Object>(byKref, (kernel, { kref }) => kernel.releaseKref(kref))],
  [
    "putBundle",
    method<{ name: string; bundle: VatBundle }>(
      checks.record({ name: checks.bundleName, bundle: checks.bundle }),
      (kernel, { name, bundle }) => kernel.putBundle(name, bundle),
    ),
  ],
  ["getGraph", method(checks.nothing, (kernel) => kernel.getGraph())],
  [
    "getTrace",
    method<{ after: number }>(checks.record({ after: checks.whole(0, Number.MAX_SAFE_INTEGER) }), (kernel, { after }) =>
      kernel.getTrace(after),
    ),
  ],
  ["pause", method(checks.nothing, (kernel) => kernel.pause())],
  [
    "step",
    method<{ cranks: number }>(checks.record({ cranks: checks.whole(1, STEP_CRANKS_MAX) }), (kernel, { cranks }) =>
      kernel.step(cranks),
    ),
  ],
  ["resume", method(checks.nothing, (kernel) => kernel.resume())],
  ["initRemoteComms", unsupported],
  ["registerLocationHints", unsupported],
]);

/** The names of all methods. */
export const METHOD_NAMES: readonly string[] = [...METHODS.keys()];

/** What goes wrong without anybody's having asked for it: told to the log, not to the caller. */
export type Fault = (method: string, thrown: unknown) => void;

/** Calls of a kernel by method and parameters. */
export function invokeKernel(kernel: Kernel, own: Readonly<Record<string, OwnMethod>>, fault: Fault): Invoke {
  const call = async (name: string, params: unknown, key: string | undefined): Promise<RpcOutcome> => {
    const method = METHODS.get(name);
    const further = Object.hasOwn(own, name) ? own[name] : undefined;
    if (method === undefined && further === undefined) return unknown;
    const wrong = unfitParams(params) ?? method?.check(params);
    if (wrong !== undefined) return refusedParams(wrong);
    const once = key === undefined ? {} : { key };
    return { result: await (method === undefined ? further!(params) : method.call(kernel, params, once)) };
  };
  return async (name, params, key) => {
    try {
      return await call(name, params, key);
    } catch (thrown) {
      if (thrown instanceof KernelError) return { error: toFault(thrown) };
      fault(name, thrown);
      return { error: { code: RPC_CODE.INTERNAL, message: "Internal error" } };
    }
  };
}

const unknown: RpcOutcome = { error: { code: RPC_CODE.METHOD_NOT_FOUND, message: "Method not found" } };

/** Parameters that came over a port may be anything that can be cloned. */
function unfitParams(params: unknown): checks.Misfit | undefined {
  const why = params === undefined ? undefined : unfit(params);
  if (why === undefined) return undefined;
  return why === "is no JSON" ? { why } : { why, code: "LIMIT_EXCEEDED" };
}

function refusedParams({ why, code }: checks.Misfit): RpcOutcome {
  const error = { code: RPC_CODE.INVALID_PARAMS, message: `Invalid params: ${why}` };
  return { error: code === undefined ? error : { ...error, data: { code } } };
}

/** A refusal of the kernel as JSON-RPC tells it. */
function toFault({ code, message, data }: KernelError): RpcFault {
  return { code: RPC_CODE.KERNEL, message, data: data === undefined ? { code } : { code, value: data } };
}
