// ws-kit's `ctx.send`, `reply` and `progress` put each frame off with the global `setImmediate`. Here is decided which one that is; no
// other file touches a global.
import { WsKitDurableError } from "./platform";

/**
 * `true`: a stand-in where the platform has none. `"always"`: the stand-in everywhere, for it costs no timer, and the platform runs
 * 10,000 of those at a time and no more. `false`: the platform's, or an error.
 */
type Shim = boolean | "always";

/**
 * Turns in one millisecond before the platform's own takes over. A loop that waits by `setImmediate` for something to happen would otherwise
 * keep it from happening: the clock of workerd stands still until there is I/O. However many are put off in one turn, it is one.
 */
const TURNS_MAX = 1_000;

type Callback = (...args: unknown[]) => void;
type SetImmediate = (run: Callback, ...args: unknown[]) => unknown;
/** Where the two stand; `globalThis`, but for tests. */
export interface ImmediateScope {
  setImmediate?: unknown;
  clearImmediate?: unknown;
}

/** What our `setImmediate` answers, for `clearImmediate` alone. */
class Waiting {
  cancelled = false;
}

const ours = new WeakSet<object>();

/**
 * Sees to a `setImmediate`, once per isolate.
 * @throws WsKitDurableError `CORE_UNSUPPORTED` when it is missing and may not be put in.
 */
export function provideSetImmediate(shim: Shim, now: () => number, scope: ImmediateScope = globalThis): void {
  const native = isFunction(scope.setImmediate) ? scope.setImmediate : undefined;
  if (native ? shim !== "always" || ours.has(native) : false) return;
  if (!shim)
    throw new WsKitDurableError(
      "CORE_UNSUPPORTED",
      "ws-kit needs setImmediate: set the flag nodejs_compat, or `shim: true`",
    );
  const standIn = byMicrotask(native?.bind(scope), now);
  ours.add(standIn);
  put(scope, "setImmediate", standIn);
  const clear = isFunction(scope.clearImmediate) ? scope.clearImmediate.bind(scope) : undefined;
  put(scope, "clearImmediate", (waiting: unknown) => {
    if (waiting instanceof Waiting) waiting.cancelled = true;
    else clear?.(waiting);
  });
}

function byMicrotask(native: SetImmediate | undefined, now: () => number): SetImmediate {
  let inTurn = false;
  let turns = 0;
  let lastMs = Number.NaN;
  const begin = () => {
    const ms = now();
    turns = ms === lastMs ? turns + 1 : 0;
    lastMs = ms;
    inTurn = true;
    queueMicrotask(() => {
      inTurn = false;
    });
  };
  return (run, ...args) => {
    if (!inTurn) begin();
    if (native && turns >= TURNS_MAX) return native(run, ...args);
    const waiting = new Waiting();
    // each in a microtask of its own, which keeps the AsyncLocalStorage of its caller
    queueMicrotask(() => {
      if (!waiting.cancelled) run(...args);
    });
    return waiting;
  };
}

function put(scope: ImmediateScope, name: keyof ImmediateScope, value: unknown): void {
  Object.defineProperty(scope, name, { value, configurable: true, writable: true });
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === "function";
}
