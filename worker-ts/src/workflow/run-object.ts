// Those who wait for a run's end: the object of a run wakes them when it is told. Nothing is stored; who was not woken in time reads D1
// again, so a notice that is lost costs the rest of one wait.
import { DurableObject } from "cloudflare:workers";

/** What the object needs of a Worker. */
export interface RunObjectEnv {
  readonly WORKFLOW_DB: D1Database;
}

/** The longest wait of one call, in ms. */
export const WAIT_MS_MAX = 5_000;

const STATUS = "SELECT status FROM workflow_runs WHERE id = ?1";
const TERMINAL: readonly string[] = ["completed", "failed", "cancelled"];

/** Whether a run ends with this status. */
export const isTerminal = (status: string): boolean => TERMINAL.includes(status);

/** The object of one run; its name is the run's id. */
export class RunObject extends DurableObject<RunObjectEnv> {
  readonly #waiting = new Set<(status: string | null) => void>();

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * The run's status once it is terminal; null after `timeoutMs` (0 to 5000), or at once where there is no such run. Who gets null reads
   * the run again. Rejects where D1 cannot be read.
   */
  async wait(timeoutMs: number): Promise<string | null> {
    let done: (status: string | null) => void = () => undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const status = new Promise<string | null>((resolve, reject) => {
      done = resolve;
      timer = setTimeout(resolve, Math.min(Math.max(0, timeoutMs), WAIT_MS_MAX), null);
      // first in the set, then D1: an end that comes between is seen by one of the two
      this.#waiting.add(resolve);
      const looked = (found: string | null) => {
        if (found === null || isTerminal(found)) resolve(found);
      };
      this.#status().then(looked, reject);
    });
    return status.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(done);
    });
  }

  /** Wakes everyone who waits, if the status is terminal. Never fails. */
  notify(status: string): void {
    if (!isTerminal(status)) return;
    for (const resolve of this.#waiting) resolve(status);
    this.#waiting.clear();
  }

  async #status(): Promise<string | null> {
    return this.env.WORKFLOW_DB.prepare(STATUS)
      .bind(this.ctx.id.name ?? "")
      .first<string>("status");
  }
}
