// One call that may take too long: raced against a timer and a signal, with nothing left over when it is done.
import type { Runtime } from "../platform";

/** The reason of a call that took too long. */
export const timeoutError = (timeoutMs: number): DOMException =>
  new DOMException(`no answer within ${Math.round(timeoutMs)} ms`, "TimeoutError");

/**
 * Runs `work` and gives its answer, or rejects after `timeoutMs` (0 = never) or as soon as `signal` is aborted, with its reason. The signal that
 * `work` gets is aborted in both cases. What `work` does afterwards is ignored. The timer is gone when the promise settles: a pending
 * one would keep an object awake.
 */
export function within<T>(
  runtime: Pick<Runtime, "startTimer">,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  return new Promise<T>((resolve, reject) => {
    let cancelTimer = () => {};
    const settle = () => {
      cancelTimer();
      signal?.removeEventListener("abort", onAbort);
    };
    const stop = (reason: unknown) => {
      settle();
      reject(reason);
      own.abort(reason);
    };
    const onAbort = () => stop(signal?.reason);
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener("abort", onAbort);
    if (timeoutMs > 0) cancelTimer = runtime.startTimer(timeoutMs, () => stop(timeoutError(timeoutMs)));
    work(own.signal).then(
      (value) => {
        settle();
        resolve(value);
      },
      (error) => {
        settle();
        reject(error);
      },
    );
  });
}
