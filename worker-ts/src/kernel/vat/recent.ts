// What the vats went through since the last durable batch. With the rows that are durable it makes a vat's whole past, so that a heap
// can be rebuilt without a commit first. Nothing in here is written anywhere.

/** The vat's store as an incarnation began. */
export type Pairs = readonly (readonly [key: string, value: string])[];

interface Step {
  readonly vat: string;
  readonly incarnation: number;
  /** `null`: the incarnation began. */
  readonly delivered: { readonly seq: number; readonly delivery: string; readonly outcome: string } | null;
  /** With the beginning of an incarnation only. */
  readonly pairs: Pairs | null;
}

/** The outcome's members that matter here; a fault has none of them. */
interface Told {
  readonly hash?: string;
  readonly sets?: readonly (readonly [key: string, value: string, ...base: unknown[]])[];
  readonly deletes?: readonly (readonly [key: string, ...base: unknown[]])[];
}

/** Steps that are not durable yet, oldest first. */
export class Recent {
  #steps: Step[] = [];

  /** A vat's incarnation began. What was noted of a later one or of this one was undone. */
  begin(vat: string, incarnation: number, pairs: Pairs): void {
    this.#steps = this.#steps.filter((step) => step.vat !== vat || step.incarnation < incarnation);
    this.#steps.push({ vat, incarnation, delivered: null, pairs });
  }

  /** A delivery was answered. */
  add(vat: string, incarnation: number, seq: number, delivery: string, outcome: string): void {
    this.#steps.push({ vat, incarnation, delivered: { seq, delivery, outcome }, pairs: null });
  }

  /** To be given to `settle` when what has been noted so far is durable. */
  mark(): readonly unknown[] {
    return [...this.#steps];
  }

  /** The steps of the mark are durable. */
  settle(mark: readonly unknown[]): void {
    if (mark.length === 0) return;
    const durable = new Set(mark);
    this.#steps = this.#steps.filter((step) => !durable.has(step));
  }

  /** The vat's store as this incarnation began, when it began since the last durable batch; else null. */
  pairsOf(vat: string, incarnation: number): Pairs | null {
    return this.#of(vat, incarnation).find(({ pairs }) => pairs !== null)?.pairs ?? null;
  }

  /** The incarnation's deliveries that are not durable, with the hashes of their outcomes. */
  deliveriesOf(
    vat: string,
    incarnation: number,
  ): { readonly seq: number; readonly past: readonly [unknown, string] }[] {
    return this.#of(vat, incarnation).flatMap(({ delivered }) => {
      if (delivered === null) return [];
      const { hash = "" }: Told = JSON.parse(delivered.outcome);
      return [{ seq: delivered.seq, past: [JSON.parse(delivered.delivery), hash] as const }];
    });
  }

  /** The durable store of a vat, changed as its incarnations before `incarnation` did since. */
  overlay(vat: string, incarnation: number, durable: Pairs): Pairs {
    const store = new Map(durable);
    for (const step of this.#steps) {
      if (step.vat !== vat || step.incarnation >= incarnation || step.delivered === null) continue;
      const { sets = [], deletes = [] }: Told = JSON.parse(step.delivered.outcome);
      for (const [key, value] of sets) store.set(key, value);
      for (const [key] of deletes) store.delete(key);
    }
    return [...store];
  }

  #of(vat: string, incarnation: number): Step[] {
    return this.#steps.filter((step) => step.vat === vat && step.incarnation === incarnation);
  }
}
