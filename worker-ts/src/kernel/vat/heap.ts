// The seam between the host and a vat's heap, wherever that lives: in this isolate (static.ts) or in one of its own (dynamic.ts).

/** Which heap is meant. */
export interface VatInfo {
  /** The kernel's name. */
  readonly kernel: string;
  /** `v1` */
  readonly vat: string;
  /** From 1. */
  readonly incarnation: number;
  /** `static:<registered name>` or the SHA-256 of a bundle in hex. */
  readonly bundle: string;
  /** How long an import is held: until it is released, or for one method's run. */
  readonly imports: "held" | "scoped";
}

/** What a replay came to: all deliveries so far, or the number of the one whose outcome differed. */
export type Replayed = { readonly delivered: number } | { readonly diverged: number };

/** One incarnation's heap. */
export interface VatHeap {
  /**
   * Hands one delivery in; `seq` is its number in the incarnation, `startVat` has 1. Answers the outcome's text, or null when this
   * heap has not seen exactly the deliveries before: the host then calls `begin` and `replay` and delivers again. Rejects when the
   * heap is lost.
   */
  deliver(seq: number, delivery: string): Promise<string | null>;
  /** A fresh heap; `pairs`: the vat's store as the incarnation began. */
  begin(pairs: readonly (readonly [key: string, value: string])[]): Promise<void>;
  /** Hands in past deliveries, at most 500 a call: `[[delivery, hash], ...]` as JSON text. Their syscalls are dropped. */
  replay(past: string): Promise<Replayed>;
  /** The heap is of no use any more. */
  end(): void;
}

/** Opens heaps. A heap that outlived an earlier host of the same vat is ended first. */
export interface VatSource {
  open(vat: VatInfo): VatHeap;
}
