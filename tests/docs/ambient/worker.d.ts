// What snippets for Workers take for granted: bindings, compiled workflows, somebody's sign-in. A snippet's own names go first.
type Rooms = import("@ferrule/worker/rooms").RoomObject;

interface Env {
  readonly ROOM: DurableObjectNamespace<Rooms>;
  readonly KERNEL: DurableObjectNamespace<import("@ferrule/worker/kernel").KernelObject>;
  /** A class of somebody's own, with a method `count`. */
  readonly ROOMS: DurableObjectNamespace<import("cloudflare:workers").DurableObject & { count(): number }>;
  readonly DB: D1Database;
  readonly LOADER: WorkerLoader;
  readonly WORKFLOW_DB: D1Database;
  readonly WORKFLOW_BUCKET: R2Bucket;
  readonly WORKFLOW_QUEUE: Queue;
  readonly WORKFLOW_DEAD_QUEUE: Queue;
  readonly WORKFLOW_STREAM: DurableObjectNamespace<import("@ferrule/worker/workflow").StreamObject>;
  readonly WORKFLOW_RUN: DurableObjectNamespace<import("@ferrule/worker/workflow").RunObject>;
}

type User = { name: string };

declare const factory: import("@ferrule/worker/ws-kit").RouterFactory<User, object>;
declare const scope: import("@ferrule/worker/ws-kit").DurableScope<Env>;
declare function authenticate(request: Request): User | undefined;
declare const Announce: typeof import("./messages").Announce;
declare const Announced: typeof import("./messages").Announced;

declare const env: Env;
declare const ctx: ExecutionContext;
declare const batch: MessageBatch;
declare const day: string;
declare const user: { readonly id: string };
declare function isAdmin(request: Request, env: Env): Promise<boolean>;
declare function whoIs(
  request: Request,
): Promise<{ readonly id: string; readonly name: string; readonly session: string }>;

declare module "*/generated/index.mjs" {
  export const workflows: import("@ferrule/worker/workflow").CompiledWorkflows;
}
declare module "*/vats/counter" {
  export const buildRootObject: import("@ferrule/worker/kernel").BuildRootObject;
}
