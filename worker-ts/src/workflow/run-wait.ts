// Waiting for a run's end (WL7): slices of the run's object's patience, with a read of the run after each. No clock, no timer of its own.

/** What waiting needs. */
export interface RunWaitPorts<Run extends { readonly status: string }> {
  now(): number;
  /** Reads the run; throws as `runs.get` does. */
  get(): Promise<Run>;
  /** Resolves when the run has ended, and after so many ms at the latest; a failure is taken for a timeout. */
  wait(ms: number): Promise<unknown>;
  isTerminal(status: string): boolean;
}

/** How long at most, and what ends it before. */
export interface RunWait {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The run once it is terminal, or as it is after `timeoutMs`. Throws what `get` throws, and the signal's reason. */
export async function waitForRun<Run extends { readonly status: string }>(
  ports: RunWaitPorts<Run>,
  { timeoutMs, signal }: RunWait,
): Promise<Run> {
  const until = ports.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const run = await ports.get();
    const left = until - ports.now();
    if (ports.isTerminal(run.status) || left <= 0) return run;
    await unless(signal, ports.wait(left));
  }
}

/** What `work` does, unless the signal comes first. */
async function unless(signal: AbortSignal | undefined, work: Promise<unknown>): Promise<void> {
  let abort = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      work.then(
        () => resolve(),
        () => resolve(),
      );
    });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
