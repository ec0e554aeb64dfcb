// A kernel's rows in its Durable Object's SQLite. A commit is synchronous; the output gate holds back whatever leaves the object until
// the write is on disk. The store makes its own tables.
import { KernelError } from "../kernel-error";
import { KERNEL_ID } from "../limits";
import { checkBatch } from "./rows/check";
import { type Fence, judge, OPEN, pageOf, READ_FENCE, type Statement, statementsOf, TABLES } from "./rows/statements";
import type { CommitOutcome, KernelStore, Row, StoreBatch } from "./store";

/** What of a Durable Object's storage the store uses. */
export type KernelStorage = Pick<DurableObjectStorage, "sql" | "transactionSync">;

/** The rows of kernel `kernel` in a Durable Object. */
export function makeDurableKernelStore(storage: KernelStorage, kernel: string): KernelStore {
  if (!KERNEL_ID.test(kernel)) throw new KernelError("BAD_CONFIG", `"${kernel}" is no name of a kernel`);
  let epoch: number | "unopened" | "closed" = "unopened";

  const run = ({ sql, values }: Statement) => storage.sql.exec(sql, ...values).toArray();
  const owned = (): number => {
    if (typeof epoch === "number") return epoch;
    throw new KernelError("CLOSED", epoch === "closed" ? "the store is closed" : "the store is not open");
  };
  const readFence = () => (run({ sql: READ_FENCE, values: [kernel] })[0] as Fence | undefined) ?? null;

  return {
    kind: "durable-object",
    async open() {
      if (epoch === "closed") owned();
      for (const sql of TABLES) run({ sql, values: [] });
      const found = run({ sql: OPEN, values: [kernel] })[0] as unknown as Fence;
      epoch = found.epoch;
      return { epoch: found.epoch, seq: found.seq };
    },
    async load(prefix, after, rowsMax) {
      const mine = owned();
      if (readFence()?.epoch !== mine) throw new KernelError("FENCED", "another owner has taken the store over");
      return run(pageOf(kernel, prefix, after, rowsMax)).map(({ k, v }): Row => [k as string, v as string]);
    },
    commit(batch: StoreBatch): CommitOutcome {
      const mine = owned();
      const statements = statementsOf(kernel, mine, batch, checkBatch(batch));
      try {
        storage.transactionSync(() => {
          for (const statement of statements) run(statement);
        });
        return "committed";
      } catch (cause) {
        const found = judge(readFence(), mine, batch);
        if (found !== "absent") return found;
        throw new KernelError("STORE_FAILED", "the batch was refused; nothing of it was written", { cause });
      }
    },
    close() {
      epoch = "closed";
    },
  };
}
