// Bindings of the Worker of these tests.
declare namespace Cloudflare {
  interface Env {
    WSKIT_ROOM: DurableObjectNamespace<import("./worker.ts").PlannedRoom>;
    WSKIT_OLD: DurableObjectNamespace<import("./worker.ts").OldRoom>;
    WSKIT_READY: DurableObjectNamespace<import("./worker.ts").ReadyRoom>;
    WSKIT_SCOPED: DurableObjectNamespace<import("./worker.ts").ScopedRoom>;
  }
}
