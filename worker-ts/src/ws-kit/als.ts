// @ferrule/worker/ws-kit/als: one module's router for many objects. The only file here that imports `node:async_hooks`, which needs the
// compatibility flag nodejs_als or nodejs_compat.
import { AsyncLocalStorage } from "node:async_hooks";
import type { DurableScoping, DurableStateLike } from "./platform";

/**
 * Tells a `DurablePubSub` which object the running code belongs to, through await, timers and `setImmediate`. Pass the same one to the
 * adapter and to every handler: `new DurablePubSub({ scoping })` and `createDurableObjectHandler(router, { scoping, pubsub, … })`. Limits
 * that ws-kit counts for a router (`maxPending`) are then shared by its objects.
 */
export function asyncScope(): DurableScoping {
  const storage = new AsyncLocalStorage<DurableStateLike>();
  return {
    run: (state, work) => storage.run(state, work),
    current: () => storage.getStore(),
  };
}
