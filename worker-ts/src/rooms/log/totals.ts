// What a room has counted since it was made: absolute numbers in `meta.totals`, so that telling them twice counts once. Counting
// adds to a number in memory and nothing more; when to save and to tell is the shell's to say.
import { ERROR_CODE, type ErrorName } from "@ferrule/core";
import type { RoomSettings } from "../settings";
import type { Due } from "./due";
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

/** What the counters are kept with; `read` gives what is read and not counted. */
export interface TotalsParts {
  readonly meta: Meta;
  readonly due: Due;
  readonly settings: Pick<RoomSettings, "now" | "totalsMs">;
  readonly read: () => Counts;
}

/** The room's counters. */
export class Totals {
  readonly #parts: TotalsParts;
  readonly #counts: Partial<Record<TotalName, number>>;
  #saved: TotalsSnapshot;
  /** Version that the archive's queue has taken, as far as this life of the object knows. */
  #told = -1;
  /** Whether something has moved since `save` was last due; it then is again. */
  #moved = false;

  constructor(parts: TotalsParts) {
    this.#parts = parts;
    this.#saved = JSON.parse(parts.meta.find("totals") ?? '{"version":0,"counts":{}}') as TotalsSnapshot;
    this.#counts = { ...this.#saved.counts };
  }

  /** Adds `by` to a counter. It is lost with the object's memory until `save`, which is due totalsMs after the first. */
  count(name: TotalName, by = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
    if (!this.#moved) this.stir();
  }

  /** Counts an ERROR by its code on the wire; an unknown one counts as INTERNAL, as clients take it. */
  refused(code: number): void {
    this.count(code === ERROR_CODE.LAGGING ? "lagging" : (REFUSED.get(code) ?? "refused_internal"));
  }

  /** Something has moved that is read: it is to be saved and told, too. */
  stir(): void {
    const { due, settings } = this.#parts;
    this.#moved = true;
    due.provide("totals", settings.now() + settings.totalsMs);
  }

  /** Writes the counters down; nothing happens when none has moved. */
  save(): void {
    const { meta, read } = this.#parts;
    this.#moved = false;
    const counts: Counts = { ...this.#counts, ...read() };
    if (JSON.stringify(counts) === JSON.stringify(this.#saved.counts)) return;
    this.#saved = { version: this.#saved.version + 1, counts };
    meta.set("totals", JSON.stringify(this.#saved));
  }

  /** The counters as saved last, for others to know: what they were told once never falls, whatever becomes of the memory. */
  snapshot(): TotalsSnapshot {
    return this.#saved;
  }

  /** Whether `snapshot` may hold something that nobody has been told. */
  get untold(): boolean {
    return this.#saved.version > this.#told;
  }

  /** The archive's queue has taken this snapshot. */
  told({ version }: TotalsSnapshot): void {
    this.#told = version;
  }
}
