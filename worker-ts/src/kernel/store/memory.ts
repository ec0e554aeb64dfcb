// A kernel's rows in memory, with faults by plan: for tests, and for what need not outlive its process.
import { KernelError } from "../kernel-error";
import { checkBatch } from "./rows/check";
import { aboveAll, compareKeys } from "./rows/key-order";
import { type Fence, judge } from "./rows/statements";
import type { CommitOutcome, KernelStore, Row, StoreBatch } from "./store";

/**
 * What befalls a commit. `fail-before`: refused, nothing written. `fail-after`: written, and the answer is `OUTCOME_UNKNOWN`. `hang`: it
 * waits for `release`, then goes on as if nothing had been. `answer-lost`: written, and no answer ever comes.
 */
export type MemoryFault = "fail-before" | "fail-after" | "hang" | "answer-lost";

/** What stores in memory share, as processes share a disk. */
export interface MemoryDisk {
  /** The rows in the order of keys. */
  rows(): readonly Row[];
  /** Lets the commits go on that hang. */
  release(): void;
  /** How many commits were called so far, by whomever. */
  readonly commits: number;
}

/** What the store reads and writes. */
interface Disk extends MemoryDisk {
  fence: Fence;
  count(): number;
  readonly waiting: (() => void)[];
  readonly held: Map<string, string>;
  sorted(): readonly string[];
  /** The keys may have changed. */
  touched(): void;
}

/** An empty disk, or one that holds `rows`. */
export function makeMemoryDisk(rows: Iterable<Row> = []): MemoryDisk {
  const held = new Map(rows);
  const waiting: (() => void)[] = [];
  let keys: readonly string[] | undefined;
  let commits = 0;
  const disk: Disk = {
    fence: { epoch: 0, seq: 0, nonce: "" },
    waiting,
    held,
    get commits() {
      return commits;
    },
    count: () => commits++,
    sorted() {
      keys ??= [...held.keys()].sort(compareKeys);
      return keys;
    },
    touched() {
      keys = undefined;
    },
    rows: () => disk.sorted().map((key) => [key, held.get(key)!]),
    release() {
      for (const go of waiting.splice(0)) go();
    },
  };
  return disk;
}

/** `fault`: what befalls commit number `count` of the disk, counted from 0. */
export interface MemoryStoreOptions {
  readonly disk?: MemoryDisk;
  readonly fault?: (count: number) => MemoryFault | undefined;
}

/** A store in memory. Two of one disk are two owners. */
export function makeMemoryKernelStore(options: MemoryStoreOptions = {}): KernelStore {
  const disk = (options.disk ?? makeMemoryDisk()) as Disk;
  let epoch: number | "unopened" | "closed" = "unopened";
  const owned = (): number => {
    if (typeof epoch === "number") return epoch;
    throw new KernelError("CLOSED", epoch === "closed" ? "the store is closed" : "the store is not open");
  };

  return {
    kind: "memory",
    async open() {
      if (epoch === "closed") owned();
      disk.fence = { ...disk.fence, epoch: disk.fence.epoch + 1 };
      epoch = disk.fence.epoch;
      return { epoch, seq: disk.fence.seq };
    },
    async load(prefix, after, rowsMax) {
      if (disk.fence.epoch !== owned()) throw new KernelError("FENCED", "another owner has taken the store over");
      return page(disk, prefix, after, rowsMax);
    },
    async commit(batch: StoreBatch): Promise<CommitOutcome> {
      const mine = owned();
      const ranges = checkBatch(batch);
      const fault = options.fault?.(disk.count());
      if (fault === "hang") await new Promise<void>((go) => disk.waiting.push(go));
      if (fault === "fail-before") throw new KernelError("STORE_FAILED", "by plan, before anything was written");
      const outcome = write(disk, mine, batch, ranges);
      if (fault === "fail-after") throw new KernelError("OUTCOME_UNKNOWN", "by plan, after all was written");
      if (fault === "answer-lost") await new Promise(() => {});
      return outcome;
    },
    close() {
      epoch = "closed";
    },
  };
}

function page(disk: Disk, prefix: string, after: string, rowsMax: number): Row[] {
  const keys = disk.sorted();
  const above = aboveAll(prefix);
  const begun = after !== "" && compareKeys(after, prefix) >= 0;
  const from = begun ? after : prefix;
  let low = 0;
  for (let high = keys.length; low < high; ) {
    const middle = (low + high) >> 1;
    const order = compareKeys(keys[middle]!, from);
    if (begun ? order <= 0 : order < 0) low = middle + 1;
    else high = middle;
  }
  const found: Row[] = [];
  for (let at = low; at < keys.length && found.length < rowsMax; at += 1) {
    const key = keys[at]!;
    if (above !== null && compareKeys(key, above) >= 0) break;
    found.push([key, disk.held.get(key)!]);
  }
  return found;
}

function write(
  disk: Disk,
  epoch: number,
  batch: StoreBatch,
  ranges: readonly (readonly [string, string])[],
): CommitOutcome {
  const found = judge(disk.fence, epoch, batch);
  if (found !== "absent") return found;
  const deletes: string[] = JSON.parse(batch.deletes);
  const sets: Row[] = JSON.parse(batch.sets);
  // all is looked at before anything is written, as a transaction has it
  if (sets.some((row) => row.length !== 2 || row.some((part) => typeof part !== "string")))
    throw new KernelError("STORE_FAILED", "a row is not text; nothing was written");
  disk.fence = { epoch, seq: batch.seq + 1, nonce: batch.nonce };
  for (const [first, above] of ranges)
    for (const key of disk.held.keys())
      if (compareKeys(key, first) >= 0 && compareKeys(key, above) < 0) disk.held.delete(key);
  for (const key of deletes) disk.held.delete(key);
  for (const [key, value] of sets) disk.held.set(key, value);
  disk.touched();
  return "committed";
}
