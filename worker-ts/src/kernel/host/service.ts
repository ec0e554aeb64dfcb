// The seam between the host and its services: what a vat reaches by `E(service).method(...)`. Types only.
import type { CapData } from "../kernel";

/** What a service says to one call. */
export interface ServiceAnswer {
  readonly rejected: boolean;
  readonly value: CapData;
}

/** All services of a kernel. */
export interface ServiceTable {
  /** Their names, which a configuration may ask for. */
  readonly names: readonly string[];
  /**
   * One call; `methargs` is `[method, args]`. It may come again with the same number after a crash, so an effect outside is to be kept
   * by that number. Rejects only when something is broken: the caller then gets a rejection without the reason.
   */
  call(service: string, call: number, methargs: CapData): Promise<ServiceAnswer>;
}
