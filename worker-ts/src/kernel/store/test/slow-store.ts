// A store whose commits wait or fail at will, around any store.
import type { CommitOutcome, KernelStore, StoreBatch } from "../store";

/** `before(count)` is awaited before commit number `count`, from 0; what it throws is the commit's failure. */
export interface SlowStore extends KernelStore {
  /** The batches that came, in order. */
  readonly batches: StoreBatch[];
}

export function slowStore(store: KernelStore, before: (count: number) => Promise<void> | void): SlowStore {
  const batches: StoreBatch[] = [];
  return {
    kind: store.kind,
    batches,
    open: () => store.open(),
    load: (prefix, after, rowsMax) => store.load(prefix, after, rowsMax),
    async commit(batch: StoreBatch): Promise<CommitOutcome> {
      await before(batches.push(batch) - 1);
      return store.commit(batch);
    },
    close: () => store.close(),
  };
}
