// Group commit: says when a batch is to be closed and writes one at a time. It knows no machine and no vats; what waits for a batch is
// the host's business.

import { KernelError } from "../kernel-error";
import type { KernelStore } from "../store/store";
import { BATCH_BYTES, BATCH_CRANKS, BATCHES_WAITING_MAX, REPLY_WAIT_MS } from "./limits";
import type { HostPorts } from "./ports";

/** What one batch changes, as the store takes it. */
export interface Changes {
  readonly sets: string;
  readonly deletes: string;
  readonly wipes: string;
}

/** How things stand between two cranks. */
export interface Gathered {
  /** Bytes that a batch closed now would write. */
  readonly bytes: number;
  /** Nothing can run without a new input. */
  readonly idle: boolean;
  /** Somebody waits for an answer. */
  readonly asked: boolean;
}

/** Writes the batches of one opened store, in order. */
export class Committer {
  readonly #store: KernelStore;
  readonly #ports: HostPorts;
  #seq: number;
  #busy = false;
  #cranks = 0;
  /** When the first crank since the last batch ended. */
  #since: number | null = null;

  /** `seq`: batches written so far, as `store.open()` told. */
  constructor(store: KernelStore, seq: number, ports: HostPorts) {
    this.#store = store;
    this.#seq = seq;
    this.#ports = ports;
  }

  /** Whether a batch is in flight. */
  get busy(): boolean {
    return this.#busy;
  }

  /** A crank ended. */
  handleCrank(): void {
    this.#cranks += 1;
    this.#since ??= this.#ports.now();
  }

  /** Whether the batch is to be closed now. One in flight lets the next gather. */
  due({ bytes, idle, asked }: Gathered): boolean {
    if (this.#busy) return false;
    if (idle || this.#cranks >= BATCH_CRANKS || bytes >= BATCH_BYTES) return true;
    return asked && this.#since !== null && this.#ports.now() - this.#since >= REPLY_WAIT_MS;
  }

  /** Whether so much waits behind the batch in flight that nothing more is taken on. */
  full(bytes: number): boolean {
    return (
      this.#busy && (this.#cranks >= BATCHES_WAITING_MAX * BATCH_CRANKS || bytes >= BATCHES_WAITING_MAX * BATCH_BYTES)
    );
  }

  /** Writes one batch; none may be in flight. Rejects with a `KernelError`: then nothing may be told of it, nor written after it. */
  async write(changes: Changes): Promise<void> {
    this.#busy = true;
    this.#cranks = 0;
    this.#since = null;
    const batch = { seq: this.#seq, nonce: this.#ports.nonce(), ...changes };
    const outcome = await this.#ports.wait(() => this.#store.commit(batch));
    if (outcome === "fenced") throw new KernelError("FENCED", "another owner has taken the store over");
    this.#seq += 1;
    this.#busy = false;
  }
}

/** Two changes of keys that have nothing in common, as one. */
export function joinChanges(a: Changes, b: Changes): Changes {
  return { sets: join(a.sets, b.sets), deletes: join(a.deletes, b.deletes), wipes: join(a.wipes, b.wipes) };
}

function join(a: string, b: string): string {
  if (a === "[]") return b;
  return b === "[]" ? a : `${a.slice(0, -1)},${b.slice(1)}`;
}
