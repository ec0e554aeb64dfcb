// The tables of the kernel's stores, the same in D1 and in a Durable Object's SQLite. Both are STRICT and WITHOUT ROWID, which
// drizzle-kit cannot write: the words stand in the SQL by hand, and a test compares it with what the Durable Object is given.
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The fence: one row per kernel, never deleted. */
export const kernelMeta = sqliteTable("kernel_meta", {
  kernel: text("kernel").primaryKey(),
  /** Counts the owners; only the last one may write. */
  epoch: integer("epoch").notNull(),
  /** Counts the batches. */
  seq: integer("seq").notNull(),
  /** Of the last batch; by it an owner knows its own again. */
  nonce: text("nonce").notNull(),
});

/** All else that a kernel keeps, as text. */
export const kernelRow = sqliteTable(
  "kernel_row",
  {
    kernel: text("kernel").notNull(),
    k: text("k").notNull(),
    v: text("v").notNull(),
  },
  (table) => [primaryKey({ columns: [table.kernel, table.k] })],
);
