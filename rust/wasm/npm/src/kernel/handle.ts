// A handle into the core that dies with its instance: what KernelLoader and KernelMachine share. Knows no kernel.
import { CoreError } from "../core/core-error.js";
import { generation, recover } from "./instance.js";

/** One raw handle, until it is disposed of or the core traps. */
export class Handle<Raw extends { free(): void }> {
  #raw: Raw | null;
  readonly #generation = generation;
  readonly #what: string;

  constructor(what: string, raw: Raw) {
    this.#what = what;
    this.#raw = raw;
  }

  /** Calls into the core; after a trap the handle is dead, as every other one. */
  call<T>(what: (raw: Raw) => T): T {
    if (this.#raw === null) throw new ReferenceError(`this ${this.#what} has been disposed of`);
    if (this.#generation !== generation) throw new CoreError(`this ${this.#what} was lost when the core trapped`);
    try {
      return what(this.#raw);
    } catch (error) {
      throw recover(error);
    }
  }

  /** Gives the handle back; twice is once. */
  free(): void {
    if (this.#generation === generation) this.#raw?.free();
    this.#raw = null;
  }
}
