// What a kernel offers, by the names of its RPC methods, and the shapes that cross that door. No behaviour in here.

/** A body that the kernel does not read; `$n` in it stands for `slots[n]`. */
export interface CapData {
  readonly body: string;
  readonly slots: readonly string[];
}

/** The kernel's name for an object or a promise: `ko12`, `kp3`. */
export type Kref = string;

/** How a vat is made: exactly one of `bundleName` and `bundleSpec`. */
export interface VatConfig {
  /** A name of the registry, or one that a bundle was put under. */
  readonly bundleName?: string;
  /** `bundle:<sha256>`, or a path in the static assets. */
  readonly bundleSpec?: string;
  /** What `buildRootObject` gets; JSON data. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly creationOptions?: {
    readonly heap?: "replay" | "forget";
    readonly whenFull?: "restart" | "refuse";
    readonly imports?: "held" | "scoped";
  };
  readonly globals?: readonly string[];
}

/** A group of vats that start and end together. */
export interface ClusterConfig {
  /** The vat whose root's `bootstrap(roots, services)` is called. */
  readonly bootstrap: string;
  readonly services?: readonly string[];
  readonly vats: Readonly<Record<string, VatConfig>>;
  readonly bundles?: Readonly<Record<string, VatConfig>>;
  readonly forceReset?: boolean;
}

export interface LaunchResult {
  readonly subclusterId: string;
  readonly rootKref: Kref;
  readonly bootstrapResult: CapData;
}

export interface KernelStatus {
  readonly subclusters: readonly {
    readonly id: string;
    readonly config: ClusterConfig;
    readonly vats: readonly string[];
  }[];
  readonly vats: readonly {
    readonly id: string;
    readonly config: VatConfig;
    readonly subclusterId: string;
    readonly incarnation: number;
    readonly transcript: { readonly deliveries: number; readonly bytes: number };
    readonly clist: number;
  }[];
  readonly remoteComms: { readonly state: "disconnected" };
  readonly kernel: {
    readonly crank: number;
    readonly activityHash: string;
    readonly queue: number;
    readonly store: "d1" | "durable-object" | "memory";
    readonly paused: boolean;
    readonly incidents: readonly { readonly at: number; readonly text: string }[];
  };
}

/** What the page draws. At most 500 objects, 500 promises and 100 queue items; `truncated` says when there are more. */
export interface KernelGraph {
  readonly crank: number;
  readonly vats: readonly {
    readonly id: string;
    readonly name: string;
    readonly subcluster: string;
    readonly state: "starting" | "running" | "due" | "dying";
    readonly incarnation: number;
    readonly seq: number;
    readonly exports: number;
    readonly imports: number;
  }[];
  readonly objects: readonly {
    readonly kref: Kref;
    /** `v1`, `service:clock`, or null. */
    readonly owner: string | null;
    readonly root: boolean;
    readonly revoked: boolean;
    readonly reachable: number;
    readonly recognizable: number;
    readonly pins: number;
    /** Whether an answer brought it outside and it was not released. */
    readonly external: boolean;
    /** Vats that hold it; `reachable: false`: only recognise it. */
    readonly holders: readonly { readonly vat: string; readonly vref: string; readonly reachable: boolean }[];
    /** Slots of queued and waiting messages, and of promise values, that hold it; ocap URLs; service calls. */
    readonly held: {
      readonly messages: number;
      readonly promises: number;
      readonly urls: number;
      readonly calls: number;
    };
  }[];
  readonly promises: readonly {
    readonly kref: Kref;
    readonly state: "unresolved" | "fulfilled" | "rejected";
    /** `v1`, `kernel`, or null. */
    readonly decider: string | null;
    readonly count: number;
    readonly subscribers: readonly string[];
    readonly holders: readonly { readonly vat: string; readonly vref: string }[];
    readonly waiting: number;
  }[];
  readonly queue: readonly {
    readonly kind: "send" | "notify" | "start" | "restart" | "upgrade";
    readonly message: number | null;
    readonly target: string;
    readonly method: string | null;
    readonly result: Kref | null;
  }[];
  readonly truncated: boolean;
}

/** One crank, as the trace tells it, all in krefs. Texts are cut after 200 characters. */
export interface KernelStep {
  readonly crank: number;
  readonly kind: "message" | "notify" | "start" | "gc" | "reap" | "command" | "cleanup";
  /** The message's number; null for what is no message. */
  readonly message: number | null;
  readonly vat: string | null;
  /** Kref of the target, name of the command, or list of krefs. */
  readonly target: string;
  readonly method: string | null;
  readonly body: string | null;
  /** Of the body: what `$0` and `&0` in it stand for. */
  readonly slots: readonly Kref[];
  readonly result: Kref | null;
  readonly outcome: "done" | "aborted" | "lost";
  /** Why it was not done. */
  readonly why: string | null;
  readonly sends: readonly {
    readonly message: number;
    readonly target: Kref;
    readonly method: string;
    readonly result: Kref | null;
  }[];
  readonly resolves: readonly {
    readonly promise: Kref;
    readonly rejected: boolean;
    readonly body: string;
    readonly slots: readonly Kref[];
  }[];
  readonly drops: readonly Kref[];
}

/** A kernel in this process, or at the other end of a port. Every refusal is a `KernelError`. */
export interface Kernel {
  ping(): Promise<"pong">;
  getStatus(): Promise<KernelStatus>;
  launchSubcluster(config: ClusterConfig, options?: Once): Promise<LaunchResult>;
  terminateSubcluster(id: string): Promise<null>;
  terminateVat(id: string): Promise<null>;
  terminateAllVats(): Promise<null>;
  restartVat(id: string): Promise<null>;
  upgradeVat(id: string, config: VatConfig, options?: Once): Promise<null>;
  /** `args`: JSON data. A rejection is a `KernelError` with code `REJECTED` and the reason in `data`. */
  queueMessage(target: Kref, method: string, args: readonly unknown[], options?: Once): Promise<CapData>;
  /** The same with `[method, args]` as CapData, so that krefs can be passed. */
  queueCapData(target: Kref, methargs: CapData, options?: Once): Promise<CapData>;
  pingVat(id: string): Promise<"pong">;
  collectGarbage(): Promise<null>;
  clearState(): Promise<null>;
  revoke(kref: Kref): Promise<null>;
  isRevoked(kref: Kref): Promise<boolean>;
  issueOcapURL(kref: Kref): Promise<string>;
  redeemOcapURL(url: string): Promise<Kref>;
  releaseKref(kref: Kref): Promise<null>;
  putBundle(name: string, bundle: VatBundle): Promise<{ readonly sha256: string }>;
  executeDBQuery(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  getGraph(): Promise<KernelGraph>;
  /** The cranks above `after`, at most 500. The trace is kept from the first call on. */
  getTrace(after: number): Promise<readonly KernelStep[]>;
  /** Stops after the crank under way, until `resume` or until the object is evicted; commands are still taken. */
  pause(): Promise<null>;
  step(cranks: number): Promise<null>;
  resume(): Promise<null>;
}

/** `key`: the idempotency key; a repeat with the same one gets the first one's answer. */
export interface Once {
  readonly key?: string;
}

/** What `ferrule vat` writes. */
export interface VatBundle {
  readonly moduleFormat: "iife";
  readonly code: string;
  readonly sha256: string;
}
