// What a vat holds of other vats' objects: for each vref the presence its code sees, and what keeps it. There are no finalizers, whose
// time nobody could repeat: an import ends by what the vat does, or when the call that brought it is over.

/** The stand-in for another vat's object. */
export interface Presence {
  readonly vref: string;
  /** Why messages to it are refused; undefined while it lives. */
  dead: "released" | "deleted" | undefined;
  /** Until it is released. */
  kept: boolean;
  /** Calls that brought it and are not over, and sends that name it and are not answered. */
  uses: number;
}

interface Entry {
  value: object | undefined;
  /** Baggage keys that name it. */
  stored: number;
  /** The kernel knows it no more. */
  gone: boolean;
}

/** How long an import is held: until it is released, or for one method's run. */
export type ImportsMode = "held" | "scoped";

/** The imports of one incarnation. */
export class Imports {
  readonly #mode: ImportsMode;
  readonly #make: (presence: Presence, iface: string | undefined) => object;
  readonly #entries = new Map<string, Entry>();
  readonly #presences = new WeakMap<object, Presence>();
  readonly #touched = new Set<string>();

  /** `make` makes the object that the vat's code sees. */
  constructor(mode: ImportsMode, make: (presence: Presence, iface: string | undefined) => object) {
    this.#mode = mode;
    this.#make = make;
  }

  /** The presence behind an object, dead ones too; undefined for all other objects. */
  presenceOf(value: object): Presence | undefined {
    return this.#presences.get(value);
  }

  /** The kernel named it: if nothing holds it at the end of the delivery it is let go. */
  arrive(vref: string): void {
    this.#provide(vref);
    this.#touched.add(vref);
  }

  /** The object that stands for it. */
  valueOf(vref: string, iface: string | undefined): object {
    const entry = this.#provide(vref);
    if (entry.value === undefined) {
      const dead = entry.gone ? ("deleted" as const) : undefined;
      const presence: Presence = { vref, dead, kept: this.#mode === "held", uses: 0 };
      entry.value = this.#make(presence, iface);
      this.#presences.set(entry.value, presence);
      this.#touched.add(vref);
    }
    return entry.value;
  }

  /** Holds these until the answer's function is called; names of anything but imports do not matter. */
  use(vrefs: Iterable<string>): () => void {
    if (this.#mode === "held") return () => {};
    const used = [...new Set(vrefs)].map((vref) => this.#current(vref)).filter((presence) => presence !== undefined);
    for (const presence of used) presence.uses += 1;
    return () => {
      for (const presence of used) {
        presence.uses -= 1;
        this.#touched.add(presence.vref);
      }
    };
  }

  /** Holds these until they are released. */
  keep(vrefs: Iterable<string>): void {
    for (const vref of vrefs) {
      const presence = this.#current(vref);
      if (presence) presence.kept = true;
    }
  }

  /** The vat's code will use it no more. */
  release(presence: Presence): void {
    if (presence.dead) return;
    presence.dead = "released";
    const entry = this.#entries.get(presence.vref);
    if (entry) entry.value = undefined;
    this.#touched.add(presence.vref);
  }

  /** One baggage key more, or less, names it. */
  store(vref: string, by: 1 | -1): void {
    this.#provide(vref).stored += by;
    this.#touched.add(vref);
  }

  /** The kernel took it back: its owner let it go. */
  retire(vref: string): void {
    const entry = this.#entries.get(vref);
    if (entry === undefined) return;
    const presence = this.#current(vref);
    if (presence) presence.dead = "deleted";
    entry.gone = true;
    entry.value = undefined;
    if (entry.stored === 0) this.#entries.delete(vref);
  }

  /** At the start of an incarnation: `known` is what the kernel holds for the vat; baggage may still name what is gone. */
  begin(known: readonly string[]): void {
    const alive = new Set(known);
    for (const [vref, entry] of this.#entries) if (!alive.has(vref)) entry.gone = true;
    for (const vref of known) this.arrive(vref);
  }

  /** At the end of a delivery: what nothing holds any more, in the order in which it was touched. */
  sweep(): string[] {
    const dropped: string[] = [];
    for (const vref of this.#touched) {
      const entry = this.#entries.get(vref);
      if (entry === undefined) continue;
      if (entry.gone && entry.stored === 0) {
        this.#entries.delete(vref);
        continue;
      }
      const presence = this.#current(vref);
      if (presence && !presence.kept && presence.uses === 0 && entry.stored === 0) {
        presence.dead ??= "released";
        entry.value = undefined;
      }
      if (entry.value !== undefined || entry.stored > 0) continue;
      this.#entries.delete(vref);
      dropped.push(vref);
    }
    this.#touched.clear();
    return dropped;
  }

  #current(vref: string): Presence | undefined {
    const value = this.#entries.get(vref)?.value;
    return value && this.#presences.get(value);
  }

  #provide(vref: string): Entry {
    let entry = this.#entries.get(vref);
    if (entry === undefined) {
      entry = { value: undefined, stored: 0, gone: false };
      this.#entries.set(vref, entry);
    }
    return entry;
  }
}
