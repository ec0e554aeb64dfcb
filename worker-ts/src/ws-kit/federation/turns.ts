// One call at a time per target, over several federations on one namespace: who comes later waits for who came before.
import type { Runtime } from "../platform";
import { within } from "./attempt";

/** A place in the queue of one target. */
export interface Turn {
  /** Resolves when all before it are done, or can only be dead. Rejects with the signal's reason. */
  wait(runtime: Pick<Runtime, "startTimer">, signal: AbortSignal | undefined): Promise<void>;
  /** To be called once the call is over, and when it was never made. */
  end(): void;
}

interface Place {
  readonly done: Promise<void>;
  /** Nobody holds the place longer; 0 = for ever. The end may never be told: an object that is evicted takes its promises with it. */
  readonly longestMs: number;
}

/** The last place of each target. By namespace, so that it is forgotten with it. */
const queues = new WeakMap<object, Map<unknown, Place>>();

/** Queues for all of `items` at once: were it done one by one, two federations could wait for each other. */
export function takeTurns(namespace: object, items: readonly { readonly key: unknown }[], ownMs: number): Turn[] {
  const queue = queues.get(namespace) ?? new Map<unknown, Place>();
  queues.set(namespace, queue);
  const before = items.map(({ key }) => queue.get(key));
  const endless = ownMs === 0 || before.some((place) => place?.longestMs === 0);
  const longestMs = endless ? 0 : ownMs + Math.max(0, ...before.map((place) => place?.longestMs ?? 0));
  return items.map(({ key }, index) => {
    const former = before[index];
    let settle: (done: void | Promise<void>) => void = () => {};
    const place = { done: new Promise<void>((resolve) => (settle = resolve)), longestMs };
    const leave = () => {
      if (queue.get(key) === place) queue.delete(key);
    };
    let begun = former === undefined;
    queue.set(key, place);
    return {
      async wait(runtime, signal) {
        if (former) await waitFor(former, runtime, signal);
        begun = true;
      },
      end() {
        if (!begun) return settle(former?.done.then(leave)); // who gives up lets nobody pass who is still busy
        leave();
        settle();
      },
    };
  });
}

async function waitFor(
  place: Place,
  runtime: Pick<Runtime, "startTimer">,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await within(runtime, place.longestMs, signal, () => place.done);
  } catch {
    signal?.throwIfAborted();
  }
}
