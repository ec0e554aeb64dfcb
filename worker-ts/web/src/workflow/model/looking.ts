// Looks at a run, and at how it ended once it has: the one may be told while the other cannot be. Calls and timers are handed in.
import { ApiError, sayError } from "../../api/call";
import { isOver, type Result, type Run } from "../api";

export interface LookingPorts {
  getRun(): Promise<Run>;
  getResult(): Promise<Result>;
  after(ms: number, f: () => void): () => void;
}

/** What is known of a run. */
export interface Seen {
  readonly run: Run | undefined;
  readonly result: Result | undefined;
  /** There is none, or none for whoever looks. */
  readonly missing: boolean;
  /** Why the run cannot be seen. */
  readonly failure: string | undefined;
  /** Why it cannot be seen how it ended. */
  readonly resultFailure: string | undefined;
}

export const UNSEEN: Seen = {
  run: undefined,
  result: undefined,
  missing: false,
  failure: undefined,
  resultFailure: undefined,
};

/** After this long (ms) it is looked again at what could not be seen. */
export const LOOK_AGAIN_MS = 3000;
/** A run is looked for until it is there; an end that could not be told so often, one after another, is left alone. */
export const RESULT_LOOKS_MAX = 5;

export class Looking implements Disposable {
  readonly #ports: LookingPorts;
  readonly #tell: (seen: Seen) => void;
  #seen = UNSEEN;
  #looks = 0;
  #resultFailures = 0;
  #again: (() => void) | undefined;

  constructor(ports: LookingPorts, tell: (seen: Seen) => void) {
    this.#ports = ports;
    this.#tell = tell;
  }

  /** Looks now. An answer that was overtaken by a later look tells what is no longer so, and is dropped. */
  async look(): Promise<void> {
    this.#looks += 1;
    const own = this.#looks;
    const current = () => this.#looks === own;
    this.#again?.();
    try {
      const run = await this.#ports.getRun();
      if (!current()) return;
      this.#say({ run, failure: undefined });
      if (isOver(run.status) && this.#seen.result === undefined) await this.#lookAtEnd(current);
    } catch (error) {
      if (!current()) return;
      if (isMissing(error)) return this.#say({ missing: true });
      this.#say({ failure: sayError(error) });
      this.#lookLater();
    }
  }

  async #lookAtEnd(current: () => boolean): Promise<void> {
    try {
      const result = await this.#ports.getResult();
      if (!current()) return;
      if (isOver(result.status)) this.#say({ result, resultFailure: undefined });
      else this.#lookLater();
    } catch (error) {
      if (!current()) return;
      if (isMissing(error)) return this.#say({ missing: true });
      this.#resultFailures += 1;
      this.#say({ resultFailure: sayError(error) });
      if (this.#resultFailures < RESULT_LOOKS_MAX) this.#lookLater();
    }
  }

  [Symbol.dispose](): void {
    this.#looks += 1;
    this.#again?.();
  }

  #lookLater(): void {
    this.#again = this.#ports.after(LOOK_AGAIN_MS, () => void this.look());
  }

  #say(more: Partial<Seen>): void {
    this.#seen = { ...this.#seen, ...more };
    this.#tell(this.#seen);
  }
}

const isMissing = (error: unknown): boolean => error instanceof ApiError && error.status === 404;
