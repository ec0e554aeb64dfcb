// The contract of a kernel's store: rows of text under one owner, written in numbered batches that land whole or not at all.
// No SQL and no kernel in here.

/** Key and value. Keys are ordered as bytes; both are well-formed Unicode. */
export type Row = readonly [key: string, value: string];

/** What is written as one: first whole prefixes go, then keys, then the sets stand. Each is JSON text that goes unread into the SQL. */
export interface StoreBatch {
  /** The number of batches before it; the store's own count must agree. */
  readonly seq: number;
  /** Random, by which a batch of unknown outcome is known again. */
  readonly nonce: string;
  /** `[[key, value], ...]` */
  readonly sets: string;
  /** `[key, ...]` */
  readonly deletes: string;
  /** `[prefix, ...]` */
  readonly wipes: string;
}

/** `fenced`: somebody else owns the store now; nothing of the batch was written. */
export type CommitOutcome = "committed" | "fenced";

/** One kernel's rows. One owner at a time: `open` takes over, and every older owner's next commit is fenced. */
export interface KernelStore {
  readonly kind: "d1" | "durable-object" | "memory";
  /** Takes the store over. `seq`: batches written so far. */
  open(): Promise<{ readonly epoch: number; readonly seq: number }>;
  /** At most `rowsMax` rows whose keys begin with `prefix` and come after `after` ("" = from the first), in the order of keys. */
  load(prefix: string, after: string, rowsMax: number): Promise<readonly Row[]>;
  /** Never throws for a known outcome; throws `OUTCOME_UNKNOWN` when three readings could not tell. */
  commit(batch: StoreBatch): Promise<CommitOutcome> | CommitOutcome;
  close(): void;
}
