// What storage is given, and how it reads: the raw D1 binding, always on the primary, every statement counted. No SQL of its own.
import { orOutage, type PayloadPorts } from "./payload";

/** Everything the storage needs, bound to one invocation; it has no clock of its own. */
export interface StoragePorts extends PayloadPorts {
  readonly db: D1Database;
  /** ms since 1970 */
  now(): number;
  /** `wrun_` + ULID */
  newRunId(): string;
  /** Told of every statement that is sent to D1. */
  spend(statements: number): void;
  /** Who starts runs in this invocation. */
  owner?(): Promise<string | undefined>;
  /** False: the budget of this invocation is nearly spent, and the next `step_started` is refused. */
  mayStart(runId: string): boolean;
  /** Told after the commit that ended a run. */
  onTerminal(runId: string, status: string): void;
}

/** A statement of constant SQL. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly (string | number | null)[];
  /**
   * A read whose rows never change and only get more: of equal ones in a group the last is sent, and all who asked are given its rows.
   * They leave out what came after them.
   */
  readonly shared?: true;
}

/** Of the ports, what reading needs. */
export type ReadPorts = Pick<StoragePorts, "db" | "spend">;

/** One statement of constant SQL. */
export function statement(sql: string, ...values: (string | number | null)[]): Statement {
  return { sql, values };
}

/** Sends statements as one batch, which is one transaction, and hands back the rows of each. */
export async function sendBatch(
  { db, spend }: ReadPorts,
  statements: readonly Statement[],
): Promise<Record<string, unknown>[][]> {
  spend(statements.length);
  // no session: so every call goes to the primary, and no bookmark is made that nobody would use (in workerd a write for each read)
  const results = await orOutage(
    "the database",
    db.batch<Record<string, unknown>>(statements.map(({ sql, values }) => db.prepare(sql).bind(...values))),
  );
  return results.map((result) => result.results);
}

/** The rows of one statement. */
export async function readRows<T>(ports: ReadPorts, { sql, values }: Statement): Promise<T[]> {
  ports.spend(1);
  const prepared = ports.db.prepare(sql);
  const result = await orOutage("the database", prepared.bind(...values).all<T>());
  return result.results;
}
