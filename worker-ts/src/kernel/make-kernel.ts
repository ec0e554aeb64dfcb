// A kernel from its parts: store, vats, services, machine. What workerd gives (clock, timers, randomness) comes in here; what a Durable
// Object adds is in kernel-object.ts.
import { KernelFault, KernelLoader } from "@ferrule/core/kernel";
import { now } from "../platform/clock";
import { randomBytes, toBase64url } from "../platform/ids";
import { Host, type HostParts } from "./host/host";
import { Lives } from "./host/lives";
import type { HostPorts } from "./host/ports";
import type { Kernel } from "./kernel";
import { KernelError } from "./kernel-error";
import { readBundle } from "./notation/config";
import { withoutTokens } from "./notation/ocap-url";
import { serveKernel } from "./rpc/channel";
import type { OwnMethod } from "./rpc/methods";
import { builtInServices, type Service, serviceTable } from "./services";
import type { KernelDatabase } from "./store/database";
import type { KernelStore } from "./store/store";
import { checkBundle } from "./vat/bundle";
import { type DynamicVatParts, dynamicVats } from "./vat/dynamic";
import type { VatSource } from "./vat/heap";
import { defineVat, findVat } from "./vat/registry";
import type { BuildRootObject } from "./vat/runtime/runtime";
import { STATIC_PREFIX, staticVats } from "./vat/static";
import { refused } from "./verbs/answers";
import { Bundles } from "./verbs/bundles";
import { kernelMethods } from "./verbs/methods";

/** How a kernel is made; every part may be left out. */
export interface KernelOptions {
  /** Its name, which stands in ocap URLs. */
  readonly kernel?: string;
  /** Everything but the counters is wiped first. */
  readonly resetStorage?: boolean;
  readonly logger?: { error(...data: unknown[]): void };
  /** Vats that are compiled in, by name; `defineVat` does the same. */
  readonly vats?: Readonly<Record<string, BuildRootObject>>;
  /** Beside the built-in ones. */
  readonly services?: readonly Service[];
  /** Isolates for bundles: the binding, and the facets of the Durable Object that the kernel runs in. */
  readonly loader?: Pick<DynamicVatParts, "loader" | "facets">;
  /** The text of a file of the static assets, for `bundleSpec`; null when there is none. */
  readonly asset?: (path: string) => Promise<string | null>;
  /** Further methods of the port. */
  readonly own?: Readonly<Record<string, OwnMethod>>;
  /** Rows by SQL, where the store can. */
  readonly query?: Kernel["executeDBQuery"];
  /** Where heaps of bundles come from instead of `loader`. */
  readonly source?: VatSource;
  /** Within which a vat answers, in ms. */
  readonly deadlineMs?: number;
  /** Parts of the world to be others than workerd's. */
  readonly ports?: Partial<HostPorts>;
  /** The kernel is over for good: another owner has its store, or its database has failed. */
  readonly onEnd?: (error: KernelError) => void;
}

/** A kernel in this process. */
export interface LocalKernel extends Kernel {
  /** Whether something is under way that goes on by itself. */
  hasWork(): Promise<boolean>;
  /** Nothing is under way any more. */
  rested(): Promise<void>;
  /** Recounts every reference from its holders; the sentences say what differs. */
  audit(): Promise<readonly string[]>;
  /** Writes what is left and ends it; the store is closed with it. */
  close(): Promise<void>;
}

/** A kernel, open and running; on `port` it speaks JSON-RPC. `rows`: its store, or its synchronous database, whose store it shares. */
export async function makeKernel(
  port: MessagePort | null,
  rows: KernelDatabase | KernelStore,
  options: KernelOptions = {},
): Promise<LocalKernel> {
  const kernel = prepareKernel(rows, options);
  if (options.resetStorage) await kernel.clearState();
  else await kernel.hasWork();
  if (port) serveKernel(port, kernel, served(options));
  return kernel;
}

/** What `serveKernel` is told beside the kernel. */
export function served({ own, logger }: KernelOptions) {
  const fault = (method: string, thrown: unknown) =>
    logger?.error(
      withoutTokens(`kernel: ${method}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown}`),
    );
  return { ...(own && { own }), ...(logger && { fault }) };
}

/** The same kernel, which opens at its first use. */
export function prepareKernel(rows: KernelDatabase | KernelStore, options: KernelOptions = {}): LocalKernel {
  const name = options.kernel ?? "default";
  const database = "kernelKVStore" in rows ? rows : null;
  const store = "kernelKVStore" in rows ? rows.store : rows;
  const ports: HostPorts = { ...platformPorts(options.logger), ...options.ports };
  const control: HostParts["control"] = { left: null, watched: false, incidents: [] };
  for (const [vat, build] of Object.entries(options.vats ?? {})) defineVat(vat, build);

  const bundles = new Bundles({
    store,
    ports,
    compiled: (vat) => (findVat(vat) === undefined ? null : `${STATIC_PREFIX}${vat}`),
    check: checkBundle,
    asset: options.asset,
    putRows: async (found) => (await lives.current()).putRows(found),
  });
  const code = (sha256: string) => bundles.code(sha256);
  const dynamic = options.source ?? (options.loader ? dynamicVats({ ...options.loader, bundle: code }) : null);
  const services = serviceTable(
    [...builtInServices({ now: ports.now, randomBytes }), ...(options.services ?? [])],
    () => methods,
  );
  const open = async (): Promise<Host> => {
    let host: Host | undefined;
    const sealed = database && { opened: await database.attach(() => host?.handleSealed()), sealed: database };
    host = await opening({
      ...{ kernel: name, store, ports, control, services, readBundle, ...sealed },
      source: eitherSource(dynamic),
      loader: () => new KernelLoader(),
      faultOf: (error) => (error instanceof KernelFault ? error.code : null),
      ...(options.deadlineMs !== undefined && { deadlineMs: options.deadlineMs }),
      onEnd: (error) => lives.handleEnd(error),
    });
    return host;
  };
  const lives = new Lives<Host>({
    ports,
    open,
    // a database cannot be read again under its user's feet
    again: (error) => error.code !== "FENCED" && database === null,
    onEnd: (error) => options.onEnd?.(error),
  });
  const methods = kernelMethods({
    ...{ kernel: name, store, ports, control },
    running: () => lives.current(),
    async find(source) {
      // the store is read, so it must be open
      await lives.current();
      return bundles.find(source);
    },
    putBundle: (bundle, given) => bundles.put(bundle, given),
    query: options.query ?? unsupported,
  });
  return {
    ...methods,
    hasWork: async () => (await lives.current()).hasWork,
    rested: async () => (await lives.current()).rested(),
    audit: async () => (await lives.current()).look((machine) => machine.audit()),
    async close() {
      const life = await lives.opened?.catch(() => null);
      if (life?.ended === null) await life.flush().catch(() => {});
      await lives.close(new KernelError("CLOSED", "the kernel is closed"));
      store.close();
    },
  };
}

/** Refusals of the loader are refusals of the kernel. A database whose kernel does not open is told: nobody will write for it. */
async function opening(parts: HostParts): Promise<Host> {
  try {
    return await Host.open(parts);
  } catch (cause) {
    const fault = parts.faultOf(cause);
    const unclear = () => new KernelError("STORE_FAILED", "the kernel does not open", { cause });
    const error = cause instanceof KernelError ? cause : fault === null ? unclear() : refused(fault);
    parts.sealed?.settled(error);
    throw error;
  }
}

/** Heaps of vats that are compiled in, and of bundles. */
function eitherSource(dynamic: VatSource | null): VatSource {
  return {
    open(vat) {
      if (vat.bundle.startsWith(STATIC_PREFIX)) return staticVats.open(vat);
      if (dynamic === null)
        throw new KernelError("UNSUPPORTED", "this Worker has no loader for vats that come as bundles");
      return dynamic.open(vat);
    },
  };
}

async function unsupported(): Promise<never> {
  throw new KernelError("UNSUPPORTED", "this store takes no SQL");
}

function platformPorts(logger: KernelOptions["logger"]): HostPorts {
  return {
    now,
    nonce: () => toBase64url(randomBytes(12)),
    token: () => toBase64url(randomBytes(32)),
    async digest(text) {
      const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
      return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
    },
    later(ms, then) {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
    wait: async (step) => step(),
    wake() {},
    log: (text) => (logger ?? console).error(withoutTokens(text)),
  };
}
