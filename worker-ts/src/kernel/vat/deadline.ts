// A limit on how long one step may take. One timer serves many steps, since setting one costs more than most deliveries.
import type { HostPorts } from "../host/ports";

/** One step at a time; each has `ms`. */
export class Deadline {
  readonly #ms: number;
  readonly #ports: HostPorts;
  #current: { readonly endsAt: number; readonly expire: () => void } | null = null;
  #cancel: (() => void) | null = null;

  constructor(ms: number, ports: HostPorts) {
    this.#ms = ms;
    this.#ports = ports;
  }

  /** What the step answers; rejects when it takes too long, and what it answers then is nobody's. */
  run<T>(step: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const expire = () => reject(new Error(`no answer within ${this.#ms} ms`));
      const current = { endsAt: this.#ports.now() + this.#ms, expire };
      this.#current = current;
      this.#arm(this.#ms);
      const rest = () => {
        if (this.#current === current) this.#current = null;
      };
      this.#ports.wait(step).then(
        (value) => {
          rest();
          resolve(value);
        },
        (error: unknown) => {
          rest();
          reject(error);
        },
      );
    });
  }

  /** No step is under way and none is near: the timer goes, for it would hold the object awake. */
  rest(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(ms: number): void {
    this.#cancel ??= this.#ports.later(ms, () => {
      this.#cancel = null;
      if (this.#current === null) return;
      const left = this.#current.endsAt - this.#ports.now();
      if (left > 0) this.#arm(left);
      else this.#current.expire();
    });
  }
}
