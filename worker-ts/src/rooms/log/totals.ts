// What a room has counted since it was made: absolute numbers in `meta.totals`, so that telling them twice counts once. Counting
// adds to a number in memory. What was counted is saved before anybody is told, within totalsMs; an object that ends before that
// (a crash, a deploy) loses those last numbers and no others.
import { ERROR_CODE, type ErrorName } from "@ferrule/core";
import type { RoomSettings } from "../settings";
import type { Due } from "./due";
import type { Meta } from "./tables";

/** Errors that refuse something. LAGGING refuses nothing and is counted as `lagging`. */
type RefusalName = Exclude<ErrorName, "NONE" | "LAGGING">;

/**
 * What a room counts, beside refusals. `messages`, `edits`, `deletes` and `reactions` are stored MSG, EDIT, DELETE, and REACT and
 * UNREACT together; `deliveries` broadcast frames times the sockets they were sent to;
 * `bytes` those of all binary messages sent; `opened` sockets accepted; `resumed` and `reset` what HELLO came to; `lagging`
 * sockets closed behind their window. Not counted but read: `entries` is the log's head, `archived` the end of what the archive
 * has reported without a gap.
 */
const PLAIN = [
  "messages",
  "edits",
  "deletes",
  "reactions",
  "deliveries",
  "bytes",
  "opened",
  "resumed",
  "reset",
  "lagging",
  "entries",
  "archived",
] as const;

/** ERRORs sent, and writes by HTTP and sockets refused, by the wire's name of the error. */
type Refusal = `refused_${Lowercase<RefusalName>}`;

/** Name of a counter. */
export type TotalName = (typeof PLAIN)[number] | Refusal;

/** Every counted name by its value; names that are 0 are left out. */
export type Counts = Readonly<Partial<Record<TotalName, number>>>;

/** Counts as they were saved. A later one has a greater `version`; of the same version all are equal. */
export interface TotalsSnapshot {
  readonly version: number;
  readonly counts: Counts;
}

const REFUSED: ReadonlyMap<number, Refusal> = new Map(
  Object.entries(ERROR_CODE)
    .filter(([name]) => name !== "NONE" && name !== "LAGGING")
    .map(([name, code]) => [code, `refused_${name.toLowerCase() as Lowercase<RefusalName>}`]),
);

/** The names under which refusals are counted, by rising code. */
export const REFUSALS: readonly Refusal[] = [...REFUSED.values()];

const NAMES: readonly TotalName[] = [...PLAIN, ...REFUSALS];

/** The counts that `value` gives more than 0 for. */
const countsOf = (value: (name: TotalName) => number): Counts =>
  Object.fromEntries(NAMES.map((name) => [name, value(name)] as const).filter(([, count]) => count > 0));

/** What the counters are kept with; `read` gives what is read and not counted. */
export interface TotalsParts {
  readonly meta: Meta;
  readonly due: Pick<Due, "provide">;
  readonly settings: Pick<RoomSettings, "now" | "totalsMs">;
  readonly read: () => Counts;
}

/** Whoever counts what happens to sockets. */
export interface Counter {
  /** Adds `by` to a counter. */
  count(name: TotalName, by?: number): void;
  /** Counts an ERROR by its code on the wire. */
  refused(code: number): void;
}

/** Under which name an ERROR of this code is counted; an unknown one counts as INTERNAL, as clients take it. */
export const refusedAs = (code: number): TotalName =>
  code === ERROR_CODE.LAGGING ? "lagging" : (REFUSED.get(code) ?? "refused_internal");

/** The room's counters. */
export class Totals implements Counter {
  readonly #parts: TotalsParts;
  readonly #counts: Partial<Record<TotalName, number>>;
  #saved: TotalsSnapshot;
  /** Version that the archive's queue has taken last. */
  #told: number;
  /** Whether something has moved since `save` was last due; it then is again. */
  #moved = false;

  constructor(parts: TotalsParts) {
    this.#parts = parts;
    this.#saved = JSON.parse(parts.meta.find("totals") ?? '{"version":0,"counts":{}}') as TotalsSnapshot;
    this.#counts = { ...this.#saved.counts };
    this.#told = parts.meta.find("totals_told") ?? 0;
  }

  /** Adds `by` to a counter. It is lost with the object's memory until `save`, which is due totalsMs after the first. */
  count(name: TotalName, by = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
    if (!this.#moved) this.stir();
  }

  /** Counts an ERROR by its code on the wire. */
  refused(code: number): void {
    this.count(refusedAs(code));
  }

  /** Something has moved that is read: it is to be saved and told, too. */
  stir(): void {
    const { due, settings } = this.#parts;
    due.provide("totals", settings.now() + settings.totalsMs);
    this.#moved = true;
  }

  /** The counters as they are at this moment, what is read included; not saved. */
  now(): Counts {
    const counts = { ...this.#counts, ...this.#parts.read() };
    return countsOf((name) => counts[name] ?? 0);
  }

  /** Writes the counters down, if any has moved; answers by how much each has grown since the save before. */
  save(): Counts {
    const { meta, read } = this.#parts;
    this.#moved = false;
    const before = this.#saved.counts;
    Object.assign(this.#counts, read());
    const grown = countsOf((name) => (this.#counts[name] ?? 0) - (before[name] ?? 0));
    if (Object.keys(grown).length > 0) {
      this.#saved = { version: this.#saved.version + 1, counts: countsOf((name) => this.#counts[name] ?? 0) };
      meta.set("totals", JSON.stringify(this.#saved));
    }
    return grown;
  }

  /** The counters as saved last, for others to know: what they were told once never falls, whatever becomes of the memory. */
  snapshot(): TotalsSnapshot {
    return this.#saved;
  }

  /** Whether `snapshot` holds something that was not told. */
  get untold(): boolean {
    return this.#saved.version > this.#told;
  }

  /** The archive's queue has taken this snapshot. It is written down, or every wake would have something to tell. */
  told({ version }: TotalsSnapshot): void {
    if (version <= this.#told) return;
    this.#told = version;
    this.#parts.meta.set("totals_told", version);
  }
}
