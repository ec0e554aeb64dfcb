// A kernel's rows in D1. Two owners in two isolates may believe in the store at once; the fence lets only the last one write.
// Its tables come from the migrations.
import { KernelError } from "../kernel-error";
import { KERNEL_ID, READINGS_MAX, SENDS_MAX } from "../limits";
import { checkBatch } from "./rows/check";
import { type Fence, judge, OPEN, pageOf, READ_FENCE, type Statement, statementsOf } from "./rows/statements";
import type { CommitOutcome, KernelStore, Row, StoreBatch } from "./store";

/** The rows of kernel `kernel` in D1. */
export function makeD1KernelStore(db: D1Database, kernel: string): KernelStore {
  if (!KERNEL_ID.test(kernel)) throw new KernelError("BAD_CONFIG", `"${kernel}" is no name of a kernel`);
  let epoch: number | "unopened" | "closed" = "unopened";

  const prepare = ({ sql, values }: Statement) => db.prepare(sql).bind(...values);
  const owned = (): number => {
    if (typeof epoch === "number") return epoch;
    throw new KernelError("CLOSED", epoch === "closed" ? "the store is closed" : "the store is not open");
  };

  /** A statement that changes nothing, or nothing that a second time would harm. */
  async function insist<T>(run: () => Promise<T>): Promise<T> {
    for (let reading = 1; ; reading += 1) {
      try {
        return await run();
      } catch (cause) {
        if (reading === READINGS_MAX)
          throw new KernelError("STORE_FAILED", "D1 does not answer; are the kernel's migrations applied?", { cause });
      }
    }
  }

  /** The fence after an error of a batch. */
  async function readFence(): Promise<Fence | null> {
    try {
      return await insist(() => db.prepare(READ_FENCE).bind(kernel).first<Fence & Record<string, unknown>>());
    } catch (cause) {
      throw new KernelError("OUTCOME_UNKNOWN", "whether the batch was written cannot be told", { cause });
    }
  }

  return {
    kind: "d1",
    async open() {
      if (epoch === "closed") owned();
      const found = await insist(() => db.prepare(OPEN).bind(kernel).first<Fence & Record<string, unknown>>());
      if (found === null) throw new KernelError("STORE_FAILED", "the takeover answered nothing");
      epoch = found.epoch;
      return { epoch: found.epoch, seq: found.seq };
    },
    async load(prefix, after, rowsMax) {
      const mine = owned();
      // both in one transaction: rows of a later owner must not be taken for ours
      const statements = [{ sql: READ_FENCE, values: [kernel] }, pageOf(kernel, prefix, after, rowsMax)].map(prepare);
      const [fence, page] = await insist(() => db.batch<Record<string, unknown>>(statements));
      if ((fence?.results[0] as Fence | undefined)?.epoch !== mine)
        throw new KernelError("FENCED", "another owner has taken the store over");
      return (page?.results ?? []).map(({ k, v }): Row => [k as string, v as string]);
    },
    async commit(batch: StoreBatch): Promise<CommitOutcome> {
      const mine = owned();
      const statements = statementsOf(kernel, mine, batch, checkBatch(batch));
      let cause: unknown;
      for (let sent = 0; sent < SENDS_MAX; sent += 1) {
        try {
          await db.batch(statements.map(prepare));
          return "committed";
        } catch (error) {
          cause = error;
        }
        // a batch that is still on its way cannot land beside the repeat: both bear the same seq
        const found = judge(await readFence(), mine, batch);
        if (found !== "absent") return found;
      }
      throw new KernelError("STORE_FAILED", "the batch was refused; nothing of it was written", { cause });
    },
    close() {
      epoch = "closed";
    },
  };
}
