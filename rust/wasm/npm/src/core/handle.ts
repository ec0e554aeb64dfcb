// A handle into a module of the core that dies with its instance: what the machines of kernel and streams share. Knows neither.
import { CoreError } from "./core-error.js";

/** The instance that handles are made in. */
export interface Instance {
  /** Counts the instances: a handle is good for the one it was made in. */
  readonly generation: number;
  /** For `catch`: after a trap a new instance stands ready and a CoreError comes back; any other error as it is to be thrown. */
  recover(error: unknown): unknown;
}

/** One raw handle, until it is disposed of or the core traps. */
export class Handle<Raw extends { free(): void }> {
  #raw: Raw | null;
  readonly #instance: Instance;
  readonly #generation: number;
  readonly #what: string;

  /** Throws what `make` refuses. */
  constructor(instance: Instance, what: string, make: () => Raw) {
    this.#instance = instance;
    this.#what = what;
    try {
      this.#raw = make();
    } catch (error) {
      throw instance.recover(error);
    }
    this.#generation = instance.generation;
  }

  /** Calls into the core; after a trap the handle is dead, as every other one. */
  call<T>(what: (raw: Raw) => T): T {
    if (this.#raw === null) throw new ReferenceError(`this ${this.#what} has been disposed of`);
    if (this.#generation !== this.#instance.generation)
      throw new CoreError(`this ${this.#what} was lost when the core trapped`);
    try {
      return what(this.#raw);
    } catch (error) {
      throw this.#instance.recover(error);
    }
  }

  /** Gives the handle back; twice is once. */
  free(): void {
    if (this.#generation === this.#instance.generation) this.#raw?.free();
    this.#raw = null;
  }
}
