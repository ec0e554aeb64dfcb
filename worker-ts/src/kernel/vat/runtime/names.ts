// Which of the vat's own objects and promises have a vref, and which vref stands for what. Imports of objects are in imports.ts.

interface Name {
  vref: string | undefined;
}

/** Exports and promises of one incarnation, by vref and by value. */
export class Names {
  /** The name outlives `dropExports`, so that an object is exported again under the vref that others still recognise. */
  readonly #names = new WeakMap<object, Name>();
  readonly #byVref = new Map<string, Name>();
  readonly #values = new Map<string, object>();
  #objects = 1;
  #promises = 1;

  /** The vref of an export or a promise. An export that was dropped is reachable again from now on. */
  vrefOf(value: object): string | undefined {
    const vref = this.#names.get(value)?.vref;
    if (vref !== undefined && !this.#values.has(vref)) this.#values.set(vref, value);
    return vref;
  }

  /** What the vref stands for; undefined for what the vat does not know or the kernel dropped. */
  valueOf(vref: string): object | undefined {
    return this.#values.get(vref);
  }

  /** Gives the value this vref. */
  add(vref: string, value: object): void {
    const name = { vref };
    this.#names.set(value, name);
    this.#byVref.set(vref, name);
    this.#values.set(vref, value);
  }

  /** One more object that stands for the same promise. */
  alias(vref: string, value: object): void {
    const name = this.#byVref.get(vref);
    if (name) this.#names.set(value, name);
  }

  /** The next vref of the vat's own. */
  next(kind: "o" | "p"): string {
    return kind === "o" ? `o+${this.#objects++}` : `p+${this.#promises++}`;
  }

  /** Nobody reaches the export any more. */
  drop(vref: string): void {
    this.#values.delete(vref);
  }

  /** The vref means nothing any more; its value gets a new one when it is passed again. */
  retire(vref: string): void {
    const name = this.#byVref.get(vref);
    if (name) name.vref = undefined;
    this.#byVref.delete(vref);
    this.#values.delete(vref);
  }
}

/** What others say that an object is may not stand in the way of its use. */
export function allegedName(iface: string | undefined): string {
  return iface && /^(?:Alleged|DebugName): /.test(iface) ? iface : "Alleged: remote";
}
