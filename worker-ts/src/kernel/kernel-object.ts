// The kernel's Durable Object: one per kernel id. It owns the port pair, the alarm and the storage; the loop is in host.ts. Nothing in RAM
// is needed after it sleeps: what it was called and which store it has stand in its storage, the rest in the kernel's rows.
import { DurableObject } from "cloudflare:workers";
import { now } from "../platform/clock";
import { DEMO_KERNEL, type DemoAnswer, demoAnswer, demoMethods } from "./demo";
import { WAKE_FAILED_MS, WAKE_MS } from "./host/limits";
import type { HostPorts } from "./host/ports";
import { KernelError } from "./kernel-error";
import { type KernelOptions, type LocalKernel, prepareKernel, served } from "./make-kernel";
import { withoutTokens } from "./notation/ocap-url";
import { serveKernel } from "./rpc/channel";
import { type Door, openDoor } from "./rpc/door";
import { answerText, RPC_CODE } from "./rpc/json-rpc";
import { makeD1KernelStore } from "./store/d1";
import { makeD1KernelDatabase } from "./store/database";
import { makeDurableKernelStore } from "./store/durable";
import { TABLES } from "./store/rows/statements";
import { queryDurable } from "./verbs/query";

/** What the object takes of its environment; all of it may be missing. */
export interface KernelEnv {
  /** The tables of `migrations/kernel`: for kernel `demo`, and where KERNEL_STORE is `d1`. */
  readonly DB?: D1Database;
  /** Isolates for vats that come as bundles. */
  readonly LOADER?: WorkerLoader;
  /** Where `bundleSpec` finds its paths. */
  readonly ASSETS?: Fetcher;
  /** `durable-object` (default) or `d1`: where the rows of kernels lie that were not started yet. */
  readonly KERNEL_STORE?: string;
  /** `1`: `executeDBQuery` answers. */
  readonly KERNEL_SQL?: string;
}

/** What the composition hands in: workerd constructs the object, so nothing comes at run time. */
export type KernelPorts = Pick<KernelOptions, "vats" | "services" | "logger"> & {
  /** Told of a kernel's first start; nothing else names its object. What it throws is told to the log, and it is told again next time. */
  readonly started?: (env: object, name: string, store: StoreKind) => Promise<void>;
};

type StoreKind = "durable-object" | "d1";

/** What stands in the object's storage beside the rows. */
interface Identity {
  readonly name: string;
  readonly store: StoreKind;
  /** Whether `started` was told. */
  readonly told?: boolean;
}

const IDENTITY_KEY = "kernel";
/** Stands in the storage while rows of a backup come; and which call emptied it last, which stays. */
const RESTORING_KEY = "restoring";
const EMPTIED_KEY = "emptied";

/** A kernel and the way to it. */
interface Opened {
  readonly kernel: LocalKernel;
  readonly door: Door;
  /** The kernel's end; nothing else holds it. */
  readonly channel: { close(): void };
}

/** The class of the kernels' Durable Object. */
export function defineKernelObject(
  ports: KernelPorts = {},
): new (
  state: DurableObjectState,
  env: KernelEnv,
) => KernelObject {
  return class extends KernelObject {
    constructor(state: DurableObjectState, env: KernelEnv) {
      super(state, env, ports);
    }
  };
}

/** One kernel. Made by `defineKernelObject`. */
export class KernelObject extends DurableObject<KernelEnv> {
  readonly #given: KernelPorts;
  #opened: Promise<Opened> | null = null;
  #alarmed = false;
  #emptying: Promise<void> = Promise.resolve();

  constructor(state: DurableObjectState, env: KernelEnv, ports: KernelPorts) {
    super(state, env);
    this.#given = ports;
  }

  /** One text of JSON-RPC, through the port; null when nothing is to be answered. `key`: the idempotency key of requests without one. */
  async rpc(text: string, key?: string): Promise<string | null> {
    try {
      return await (await this.#open()).door.rpc(text, key);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      // the kernel does not open: every request in the text hears of it
      const { code, message } = error;
      const answer = await answerText(text, async () => ({
        error: { code: RPC_CODE.KERNEL, message, data: { code } },
      }));
      return answer === null ? null : JSON.stringify(answer);
    }
  }

  /** What `GET /kernel/demo` answers. */
  async demo(): Promise<DemoAnswer> {
    const { door } = await this.#open();
    return demoAnswer(door, now());
  }

  /** Opens a kernel that died with work left, and sees to it until nothing is. */
  override async alarm(): Promise<void> {
    this.#alarmed = false;
    try {
      const { kernel } = await this.#open();
      await patiently(kernel.rested());
      if (await kernel.hasWork()) this.#wake();
    } catch (error) {
      // workerd gives an alarm up after some failures; what was left here would wait for somebody to ask. Whoever has fenced us has it
      if (error instanceof KernelError && error.code === "FENCED") return;
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
      (this.#given.logger ?? console).error("kernel: it has work and does not open", withoutTokens(cause));
      this.#wake(WAKE_FAILED_MS);
    }
  }

  /**
   * The kernel ends here; its rows in this object are gone, and those of a backup are about to come. Until `restored` nobody gets in.
   * `turn` is greater with each call that means something new: the same again, or one that comes late, empties nothing.
   */
  emptied(turn = ""): Promise<void> {
    // one after another: of two that mean the same, the second finds it done
    this.#emptying = this.#emptying.catch(() => undefined).then(() => this.#empty(turn));
    return this.#emptying;
  }

  async #empty(turn: string): Promise<void> {
    if (turn !== "" && ((await this.ctx.storage.get<string>(EMPTIED_KEY)) ?? "") >= turn) return;
    const identity = await this.#identity();
    const opening = this.#opened;
    this.#opened = null;
    await this.ctx.storage.put(RESTORING_KEY, true);
    const opened = await opening?.catch(() => null);
    opened?.channel.close();
    await opened?.kernel.close().catch(() => undefined);
    await this.ctx.storage.deleteAll();
    const kept = { [RESTORING_KEY]: true, [IDENTITY_KEY]: identity, [EMPTIED_KEY]: turn };
    await this.ctx.storage.put<boolean | string | Identity>(kept);
    if (identity.store === "durable-object") for (const sql of TABLES) this.ctx.storage.sql.exec(sql);
    this.#alarmed = false;
  }

  /** The rows have come, whole cranks all of them: it goes on with the next. */
  async restored(): Promise<void> {
    await this.ctx.storage.delete(RESTORING_KEY);
    const { name, store } = await this.#identity();
    await this.#given.started?.(this.env, name, store);
    this.#alarmed = false;
    this.#wake(0);
  }

  /** Nothing comes: there is no such kernel in the backup. */
  async clear(): Promise<void> {
    const turn = await this.ctx.storage.get<string>(EMPTIED_KEY);
    await this.ctx.storage.deleteAll();
    if (turn !== undefined) await this.ctx.storage.put(EMPTIED_KEY, turn);
  }

  /** Other parts of the world than workerd's. */
  worldOf(): Partial<HostPorts> {
    return {};
  }

  async #open(): Promise<Opened> {
    if (this.#opened === null) {
      const opening = this.#begin();
      this.#opened = opening;
      opening.catch(() => this.#forget(opening));
    }
    return this.#opened;
  }

  async #begin(): Promise<Opened> {
    if ((await this.ctx.storage.get(RESTORING_KEY)) !== undefined)
      throw new KernelError("CLOSED", "the kernel is being restored from a backup");
    const { name, store } = await this.#identity();
    this.#alarmed = (await this.ctx.storage.getAlarm()) !== null;
    const { LOADER: loader, ASSETS: assets } = this.env;
    const options: KernelOptions = {
      ...this.#given,
      kernel: name,
      ...(loader && { loader: { loader, facets: this.ctx.facets } }),
      ...(assets && { asset: (path) => readAsset(assets, path) }),
      ports: { wake: () => this.#wake(), ...this.worldOf() },
      // a next call begins anew, and takes the store over; the calls under way still get their answers
      onEnd: () => {
        this.#opened = null;
      },
    };
    if (name !== DEMO_KERNEL) {
      if (store === "d1")
        return connect(prepareKernel(makeD1KernelStore(this.#databaseOf(name), name), options), options);
      const query = async (sql: string) => queryDurable(this.ctx.storage, sql);
      const own = { ...options, ...(this.env.KERNEL_SQL === "1" && { query }) };
      return connect(prepareKernel(makeDurableKernelStore(this.ctx.storage, name), own), own);
    }
    const database = await makeD1KernelDatabase(this.#databaseOf(name), { kernel: name, logger: this.#given.logger });
    const own = { ...options, own: demoMethods(database) };
    return connect(prepareKernel(database, own), own);
  }

  /** Name and store of the kernel, as they were at its first start. */
  async #identity(): Promise<Identity> {
    const found = await this.ctx.storage.get<Identity>(IDENTITY_KEY);
    const name = this.ctx.id.name ?? found?.name;
    if (name === undefined) throw new KernelError("BAD_CONFIG", "a kernel's object is got by its name");
    const store = this.#storeOf(name);
    if (found?.told !== true) await this.#tell({ name, store });
    if (found !== undefined && found.store !== store)
      throw new KernelError(
        "BAD_CONFIG",
        `the rows of kernel ${name} lie in ${found.store}; KERNEL_STORE says otherwise`,
      );
    return { name, store };
  }

  async #tell(identity: Identity): Promise<void> {
    let told = false;
    try {
      await this.#given.started?.(this.env, identity.name, identity.store);
      told = true;
    } catch (error) {
      (this.#given.logger ?? console).error("kernel: nobody could be told of it", error);
    }
    await this.ctx.storage.put<Identity>(IDENTITY_KEY, { ...identity, told });
  }

  #storeOf(name: string): StoreKind {
    const { KERNEL_STORE: kind = "durable-object" } = this.env;
    if (name === DEMO_KERNEL) return "d1";
    if (kind !== "d1" && kind !== "durable-object")
      throw new KernelError("BAD_CONFIG", "KERNEL_STORE must be durable-object or d1");
    return kind;
  }

  #databaseOf(name: string): D1Database {
    const { DB: database } = this.env;
    if (!database) throw new KernelError("BAD_CONFIG", `the rows of kernel ${name} lie in D1: bind a database as DB`);
    return database;
  }

  /** Sees to it that the kernel is opened again, should the object die. */
  #wake(ms = WAKE_MS): void {
    if (this.#alarmed) return;
    this.#alarmed = true;
    this.ctx.storage.setAlarm(now() + ms).catch(() => {
      this.#alarmed = false;
    });
  }

  #forget(opening: Promise<Opened>): void {
    if (this.#opened === opening) this.#opened = null;
  }
}

function connect(kernel: LocalKernel, options: KernelOptions): Opened {
  const { port1, port2 } = new MessageChannel();
  return { kernel, door: openDoor(port1), channel: serveKernel(port2, kernel, served(options)) };
}

/** Waits, though not for ever. */
async function patiently(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((done) => {
    timer = setTimeout(done, WAKE_MS);
  });
  // a timer that is left would hold the object awake
  await Promise.race([work, patience]).finally(() => clearTimeout(timer));
}

/** A file of the static assets as text. */
async function readAsset(assets: Fetcher, path: string): Promise<string | null> {
  const url = new URL(path, "https://assets.invalid/");
  const answer = await assets.fetch(url);
  // where a page is answered for every unknown path, the path is unknown
  const isPage = answer.headers.get("content-type")?.startsWith("text/html") ?? false;
  return answer.ok && !isPage ? answer.text() : null;
}
