// One call at a time per target, over several federations on one namespace: who comes later waits for who came before.
import type { Runtime } from "../platform";
import { within } from "./attempt";

type TurnsRuntime = Pick<Runtime, "now" | "startTimer">;

/** A place in the queue of one target. */
export interface Turn {
  /** Resolves when all before it are done, or can only be dead. Rejects with the signal's reason. */
  wait(runtime: TurnsRuntime, signal: AbortSignal | undefined): Promise<void>;
  /** To be called once the call is over, and when it was never made. */
  end(): void;
}

interface Place {
  readonly done: Promise<void>;
  /** Nobody holds the place longer; Infinity = for ever. The end may never be told: an object that is evicted takes its promises with it. */
  endMs: number;
}

/** The last place of each target. By namespace, so that it is forgotten with it. */
const queues = new WeakMap<object, Map<unknown, Place>>();

/**
 * Queues for all of `items` at once: were it done one by one, two federations could wait for each other.
 * @param ownMs how long they take at most, once their turn has come; 0 = nobody knows
 */
export function takeTurns(
  namespace: object,
  items: readonly { readonly key: unknown }[],
  ownMs: number,
  nowMs: number,
): Turn[] {
  const queue = queues.get(namespace) ?? new Map<unknown, Place>();
  queues.set(namespace, queue);
  const before = items.map(({ key }) => queue.get(key));
  const mostMs = ownMs || Number.POSITIVE_INFINITY;
  const endMs = before.reduce((latestMs, place) => Math.max(latestMs, place?.endMs ?? 0), nowMs) + mostMs;
  return items.map(({ key }, index) => {
    const former = before[index];
    let settle: (done: void | Promise<void>) => void = () => {};
    const place = { done: new Promise<void>((resolve) => (settle = resolve)), endMs };
    const leave = () => {
      if (queue.get(key) === place) queue.delete(key);
    };
    let begun = former === undefined;
    queue.set(key, place);
    return {
      async wait(runtime, signal) {
        if (former) await waitFor(former, runtime, signal);
        begun = true;
        // What those before did not need must not be waited for by all who come after.
        place.endMs = Math.min(place.endMs, runtime.now() + mostMs);
      },
      end() {
        if (!begun) return settle(former?.done.then(leave)); // who gives up lets nobody pass who is still busy
        leave();
        settle();
      },
    };
  });
}

async function waitFor(place: Place, runtime: TurnsRuntime, signal: AbortSignal | undefined): Promise<void> {
  const leftMs = Number.isFinite(place.endMs) ? Math.max(1, place.endMs - runtime.now()) : 0;
  try {
    await within(runtime, leftMs, signal, () => place.done);
  } catch {
    signal?.throwIfAborted();
  }
}
