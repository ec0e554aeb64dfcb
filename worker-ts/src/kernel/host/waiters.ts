// People who wait for one thing to happen.
import type { KernelError } from "../kernel-error";

/** One who waits. */
export interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: KernelError) => void;
}

/** All who wait for the same. */
export class Waiters {
  #list: Waiter<void>[] = [];

  get any(): boolean {
    return this.#list.length > 0;
  }

  wait(): Promise<void> {
    return new Promise((resolve, reject) => void this.#list.push({ resolve, reject }));
  }

  /** Those who wait now; they wait here no longer. */
  take(): Waiters {
    const taken = new Waiters();
    taken.#list = this.#list.splice(0);
    return taken;
  }

  resolve(): void {
    for (const { resolve } of this.#list.splice(0)) resolve();
  }

  reject(error: KernelError): void {
    for (const { reject } of this.#list.splice(0)) reject(error);
  }
}
