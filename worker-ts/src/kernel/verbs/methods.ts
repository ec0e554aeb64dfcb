// The kernel's methods in process: from what a caller gives to the machine's commands, and from their answers to what he gets. No loop,
// no store, no port.

import type { Answer, Command, Machine } from "../host/machine";
import type { HostPorts, Incident } from "../host/ports";
import type { Kernel, KernelGraph, KernelStatus, KernelStep, Kref, Once } from "../kernel";
import { KernelError } from "../kernel-error";
import { toMethargs } from "../notation/arguments";
import { type BundleSource, toLaunch, toUpgrade } from "../notation/config";
import { formatOcapUrl, parseOcapUrl } from "../notation/ocap-url";
import type { KernelStore, Row } from "../store/store";
import { taken } from "./answers";

/** What the methods use of a life of the host. */
export interface Running {
  command(command: Command, key?: string | null): Promise<Answer>;
  look<T>(read: (machine: Machine) => T): T;
  flush(): Promise<void>;
  /** As `flush`; refused with `FENCED` when another owner has the store. */
  confirm(): Promise<void>;
  rested(): Promise<void>;
  putRows(rows: readonly Row[]): Promise<void>;
  handleControl(): void;
}

/** What the methods are made of. */
export interface MethodsParts {
  readonly kernel: string;
  readonly store: KernelStore;
  readonly ports: HostPorts;
  /** The life that goes on, or a new one. */
  readonly running: () => Promise<Running>;
  readonly control: { left: number | null; watched: boolean; readonly incidents: readonly Incident[] };
  readonly find: (source: BundleSource) => Promise<string | null>;
  readonly putBundle: Kernel["putBundle"];
  readonly query: Kernel["executeDBQuery"];
}

type Of<T extends Answer["type"]> = Extract<Answer, { readonly type: T }>;

/** The kernel, for callers in this process. */
export function kernelMethods(parts: MethodsParts): Kernel {
  const { kernel, ports, control, find } = parts;
  const digest = (text: string) => ports.wait(() => ports.digest(text));
  // commands are taken in the order in which they were asked for, though the hash of a key takes its time
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (command: Command, { key }: Once = {}) => {
    const accepting = last.then(async () => {
      const hash = key === undefined ? null : await digest(key);
      const host = await parts.running();
      return { answer: host.command(command, hash) };
    });
    last = accepting.catch(() => {});
    const { answer } = await accepting;
    return taken(await answer);
  };
  const launches = new Map<string, Promise<unknown>>();
  const done = async (command: Command, once?: Once): Promise<null> => {
    await ask(command, once);
    return null;
  };
  const look = async <T>(read: (machine: Machine) => T) => (await parts.running()).look(read);
  const status = async () => JSON.parse(await look((machine) => machine.status())) as KernelStatus;
  const steer = async (left: number | null, until: (host: Running) => Promise<void>): Promise<null> => {
    control.left = left;
    const host = await parts.running();
    host.handleControl();
    await until(host);
    return null;
  };
  const rested = (host: Running) => host.rested();

  return {
    async ping() {
      await parts.running();
      return "pong";
    },
    async getStatus() {
      const told = await status();
      const { left, incidents } = control;
      const added = { store: parts.store.kind, paused: left !== null, incidents: [...incidents] };
      return { ...told, kernel: { ...told.kernel, ...added } };
    },
    async launchSubcluster(config, once = {}) {
      const { reset, command } = await toLaunch(config, find);
      const launch = async () => {
        // a repeat must not wipe what the first one launched
        if (reset && !(await isKnown(parts, once))) await done({ type: "clear" });
        return (await ask(command, once)) as Of<"launched">;
      };
      const { subcluster, root, result } = await (reset ? inTurn(launches, once, launch) : launch());
      return { subclusterId: subcluster, rootKref: root, bootstrapResult: result };
    },
    terminateSubcluster: (subcluster) => done({ type: "terminateSubcluster", subcluster }),
    terminateVat: (vat) => done({ type: "terminateVat", vat }),
    terminateAllVats: () => done({ type: "terminateAll" }),
    restartVat: (vat) => done({ type: "restartVat", vat }),
    upgradeVat: async (vat, config, once) => done(await toUpgrade(vat, config, find), once),
    queueMessage: async (target, method, args, once) => send(ask, target, toMethargs(method, args), once),
    queueCapData: async (target, methargs, once) => send(ask, target, methargs, once),
    async pingVat(id) {
      if ((await status()).vats.some((vat) => vat.id === id)) return "pong";
      throw new KernelError("UNKNOWN_VAT", "no such vat");
    },
    collectGarbage: () => done({ type: "collectGarbage" }),
    clearState: () => done({ type: "clear" }),
    revoke: (kref) => done({ type: "revoke", kref }),
    async isRevoked(kref) {
      // after what was asked for before
      await last;
      const host = await parts.running();
      const revoked = host.look((machine) => machine.isRevoked(kref));
      // what is told must be so after a crash, too, and no later owner may have revoked it
      await host.confirm();
      return revoked;
    },
    async issueOcapURL(kref) {
      const token = ports.token();
      await ask({ type: "issueUrl", kref, token: await digest(token) });
      return formatOcapUrl({ token, kernel });
    },
    async redeemOcapURL(url) {
      const parsed = parseOcapUrl(url);
      if (parsed?.kernel !== kernel) throw new KernelError("UNKNOWN_URL", "no such ocap URL");
      const { kref } = (await ask({ type: "redeemUrl", token: await digest(parsed.token) })) as Of<"kref">;
      return kref;
    },
    releaseKref: (kref) => done({ type: "releaseExternal", kref }),
    putBundle: (name, bundle) => parts.putBundle(name, bundle),
    executeDBQuery: (sql) => parts.query(sql),
    getGraph: async () => JSON.parse(await look((machine) => machine.graph())) as KernelGraph,
    async getTrace(after) {
      if (!control.watched) await look((machine) => machine.watch(true));
      control.watched = true;
      return JSON.parse(await look((machine) => machine.trace(after))) as KernelStep[];
    },
    pause: () => steer(0, rested),
    async step(cranks) {
      try {
        return await steer(cranks, rested);
      } finally {
        // whatever became of this life: the next one begins paused
        await steer(0, async () => {});
      }
    },
    resume: () => steer(null, async () => {}),
  };
}

async function send(
  ask: (command: Command, once?: Once) => Promise<ReturnType<typeof taken>>,
  target: Kref,
  methargs: { readonly body: string; readonly slots: readonly string[] },
  once?: Once,
) {
  const { value } = (await ask({ type: "send", target, methargs }, once)) as Of<"value">;
  return value;
}

/** Runs after whatever goes on under the same key, and tells who comes next. */
async function inTurn<T>(turns: Map<string, Promise<unknown>>, { key }: Once, work: () => Promise<T>): Promise<T> {
  if (key === undefined) return work();
  const before = turns.get(key);
  const mine = before === undefined ? work() : before.then(work, work);
  turns.set(key, mine);
  try {
    return await mine;
  } finally {
    if (turns.get(key) === mine) turns.delete(key);
  }
}

/** Whether a command came with this key before. */
async function isKnown({ store, ports, running }: MethodsParts, { key }: Once): Promise<boolean> {
  if (key === undefined) return false;
  const hash = await ports.wait(() => ports.digest(key));
  await (await running()).flush();
  return (await ports.wait(() => store.load(`x/${hash}`, "", 1))).length > 0;
}
