// Calls that wait for the next turn of something. Who is woken looks again.

/** Those who wait. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Until `wake`, or until so many ms have passed. */
  async wait(ms?: number): Promise<void> {
    let resolve = (): void => undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((done) => {
      resolve = done;
      this.#waiting.add(done);
      if (ms !== undefined) timer = setTimeout(done, ms);
    });
    // a timer that is left would hold the object awake
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  /** Wakes everyone. */
  wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
