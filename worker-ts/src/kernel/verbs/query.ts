// A person's question to the database of a kernel's Durable Object, which holds this kernel alone. Whatever it does is undone.
import { KernelError } from "../kernel-error";
import { QUERY_ANSWER_LENGTH_MAX, QUERY_LENGTH_MAX, QUERY_ROWS_MAX } from "../limits";

type Answer = readonly Readonly<Record<string, unknown>>[];

/** Thrown to undo a transaction that went well. */
class Undo extends Error {}

/** The rows of one statement, run in a transaction that is always rolled back. */
export function queryDurable(storage: Pick<DurableObjectStorage, "sql" | "transactionSync">, sql: string): Answer {
  if (sql.length > QUERY_LENGTH_MAX) throw new KernelError("LIMIT_EXCEEDED", "the query is too long");
  if (/;\s*\S/.test(sql)) throw new KernelError("UNSUPPORTED", "a query is one statement");
  const rows: Record<string, unknown>[] = [];
  let length = 0;
  try {
    storage.transactionSync(() => {
      for (const row of storage.sql.exec(sql)) {
        rows.push(row);
        length += JSON.stringify(row).length;
        if (length > QUERY_ANSWER_LENGTH_MAX)
          throw new KernelError("LIMIT_EXCEEDED", "the query's answer is too long: ask for fewer rows or columns");
        if (rows.length === QUERY_ROWS_MAX) break;
      }
      throw new Undo();
    });
  } catch (cause) {
    if (cause instanceof KernelError) throw cause;
    if (!(cause instanceof Undo)) throw new KernelError("BAD_COMMAND", "the query failed", { cause });
  }
  return rows;
}
