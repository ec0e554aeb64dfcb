// What the kernel's RPC methods answer, as far as this page draws it. The page knows the door alone, so the shapes stand here once
// more; shapes.test.ts holds them against the kernel's own.

/** `$n` in the body stands for `slots[n]`. */
export interface CapData {
  readonly body: string;
  readonly slots: readonly string[];
}

export interface VatConfig {
  readonly bundleName?: string;
  readonly bundleSpec?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** What `launchSubcluster` is given. */
export interface ClusterConfig {
  readonly bootstrap: string;
  readonly services?: readonly string[];
  readonly vats: Readonly<Record<string, VatConfig>>;
}

export interface Launched {
  readonly subclusterId: string;
  readonly rootKref: string;
  readonly bootstrapResult: CapData;
}

export interface Status {
  readonly subclusters: readonly { readonly id: string; readonly vats: readonly string[] }[];
  readonly vats: readonly {
    readonly id: string;
    readonly config: VatConfig;
    readonly subclusterId: string;
    readonly transcript: { readonly deliveries: number; readonly bytes: number };
    readonly clist: number;
  }[];
  readonly kernel: {
    readonly crank: number;
    readonly activityHash: string;
    readonly queue: number;
    readonly store: string;
    readonly paused: boolean;
    readonly incidents: readonly { readonly at: number; readonly text: string }[];
  };
}

export interface GraphVat {
  readonly id: string;
  readonly name: string;
  readonly subcluster: string;
  readonly state: "starting" | "running" | "due" | "dying";
  readonly incarnation: number;
  readonly seq: number;
  readonly exports: number;
  readonly imports: number;
}

export interface GraphObject {
  readonly kref: string;
  /** `v1`, `service:clock`, or null. */
  readonly owner: string | null;
  readonly root: boolean;
  readonly revoked: boolean;
  readonly reachable: number;
  readonly recognizable: number;
  readonly pins: number;
  readonly external: boolean;
  readonly holders: readonly { readonly vat: string; readonly vref: string; readonly reachable: boolean }[];
  readonly held: {
    readonly messages: number;
    readonly promises: number;
    readonly urls: number;
    readonly calls: number;
  };
}

export interface GraphPromise {
  readonly kref: string;
  readonly state: "unresolved" | "fulfilled" | "rejected";
  readonly decider: string | null;
  readonly count: number;
  readonly subscribers: readonly string[];
  readonly holders: readonly { readonly vat: string; readonly vref: string }[];
  readonly waiting: number;
}

export interface QueueItem {
  readonly kind: "send" | "notify" | "start" | "restart" | "upgrade";
  readonly message: number | null;
  readonly target: string;
  readonly method: string | null;
  readonly result: string | null;
}

export interface Graph {
  readonly crank: number;
  readonly vats: readonly GraphVat[];
  readonly objects: readonly GraphObject[];
  readonly promises: readonly GraphPromise[];
  readonly queue: readonly QueueItem[];
  readonly truncated: boolean;
}

/** One crank. */
export interface Step {
  readonly crank: number;
  readonly kind: "message" | "notify" | "start" | "gc" | "reap" | "command" | "cleanup";
  readonly message: number | null;
  readonly vat: string | null;
  readonly target: string;
  readonly method: string | null;
  readonly body: string | null;
  readonly slots: readonly string[];
  readonly result: string | null;
  readonly outcome: "done" | "aborted" | "lost";
  readonly why: string | null;
  readonly sends: readonly {
    readonly message: number;
    readonly target: string;
    readonly method: string;
    readonly result: string | null;
  }[];
  readonly resolves: readonly {
    readonly promise: string;
    readonly rejected: boolean;
    readonly body: string;
    readonly slots: readonly string[];
  }[];
  readonly drops: readonly string[];
}
