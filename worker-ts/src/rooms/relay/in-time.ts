// A bound for what may never be answered. The timer is handed in.

/** Runs something once, `ms` from now, unless what it answers with is called before. */
export type After = (ms: number, run: () => void) => () => void;

/** The promise, or a rejection after `ms`. */
export function inTime<T>(promise: Promise<T>, ms: number, after: After): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = after(ms, () => reject(new Error(`no answer within ${ms} ms`)));
    promise.then(resolve, reject).finally(stop);
  });
}
