// What a room has counted since it was made: absolute numbers in `meta.totals`, so that telling them twice counts once. Counting
// adds to a number in memory and nothing more; when to save and to tell is the shell's to say.
import { ERROR_CODE, type ErrorName } from "@ferrule/core";
import type { Meta } from "./tables";

/** Errors that refuse something. LAGGING refuses nothing and is counted as `lagging`. */
type RefusalName = Exclude<ErrorName, "NONE" | "LAGGING">;

/**
 * What a room counts. `messages` are stored MSG; `deliveries` frames times the sockets they were sent to; `bytes` those of all
 * binary messages sent; `opened` sockets accepted; `resumed` and `reset` what HELLO came to; `lagging` sockets closed behind
 * their window; `refused_…` ERRORs sent, and writes by HTTP refused, by the wire's name. Not counted but read: `entries` is the
 * log's head, `archived` the end of what the archive has reported without a gap.
 */
export type TotalName =
  | "messages"
  | "deliveries"
  | "bytes"
  | "opened"
  | "resumed"
  | "reset"
  | "lagging"
  | "entries"
  | "archived"
  | `refused_${Lowercase<RefusalName>}`;

/** Every counted name by its value; names that are 0 are left out. */
export type Counts = Readonly<Partial<Record<TotalName, number>>>;

/** Counts as they were saved. A later one has a greater `version`; of the same version all are equal. */
export interface TotalsSnapshot {
  readonly version: number;
  readonly counts: Counts;
}

type Refusal = Extract<TotalName, `refused_${string}`>;

const REFUSED: ReadonlyMap<number, Refusal> = new Map(
  Object.entries(ERROR_CODE)
    .filter(([name]) => name !== "NONE" && name !== "LAGGING")
    .map(([name, code]) => [code, `refused_${name.toLowerCase() as Lowercase<RefusalName>}`]),
);

/** The names under which refusals are counted, by rising code. */
export const REFUSALS: readonly Refusal[] = [...REFUSED.values()];

/** The room's counters. */
export class Totals {
  readonly #meta: Meta;
  readonly #counts: Partial<Record<TotalName, number>>;
  #version: number;
  #saved: string;

  constructor(meta: Meta) {
    this.#meta = meta;
    this.#saved = meta.find("totals") ?? '{"version":0,"counts":{}}';
    const { version, counts } = JSON.parse(this.#saved) as TotalsSnapshot;
    this.#version = version;
    this.#counts = { ...counts };
  }

  /** Adds `by` to a counter. What was counted since the last `save` is lost with the object's memory. */
  count(name: TotalName, by = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
  }

  /** Counts an ERROR by its code on the wire; an unknown one counts as INTERNAL, as clients take it. */
  refused(code: number): void {
    this.count(code === ERROR_CODE.LAGGING ? "lagging" : (REFUSED.get(code) ?? "refused_internal"));
  }

  /** Writes the counters down; nothing happens when none has moved. */
  save(): void {
    if (JSON.stringify({ version: this.#version, counts: this.#counts }) === this.#saved) return;
    this.#version++;
    this.#saved = JSON.stringify({ version: this.#version, counts: this.#counts });
    this.#meta.set("totals", this.#saved);
  }

  /** The counters for others to know. They are saved first: what was told once never falls, whatever becomes of the memory. */
  snapshot(): TotalsSnapshot {
    this.save();
    return { version: this.#version, counts: { ...this.#counts } };
  }
}
