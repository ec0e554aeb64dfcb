// The tables of backups in D1: which backup or restore is under way, and what a restore must not lose on the way. None of them is in a
// backup but the list of kernels, whose objects nothing else names.
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What is under way: one row at most. Times are ms since 1970. */
export const backupRun = sqliteTable("backup_run", {
  id: text("id").primaryKey(),
  kind: text("kind", { enum: ["backup", "restore"] }).notNull(),
  /** Of a restore, where it stands (http/steps.ts); of a backup "read". */
  phase: text("phase").notNull(),
  begunAt: integer("begun_at").notNull(),
  /** When somebody asked for something of it last. */
  touchedAt: integer("touched_at").notNull(),
  /** When the backup was begun that is restored. */
  madeAt: integer("made_at").notNull(),
  /** Of a backup the store of which a cut is under way, or ""; of a restore how far its phase has come, where it counts that. */
  open: text("open").notNull().default(""),
});

/** Stores of the target of a restore, and how far each is: old, locked, pasted, done. */
export const backupStore = sqliteTable("backup_store", {
  /** `room:lobby`, `kernel:demo`, `stream:<run>/<name>` */
  id: text("id").primaryKey(),
  state: text("state").notNull(),
});

/** Rows that are kept beside while their table is emptied, as JSON: sessions of the target. */
export const backupKept = sqliteTable(
  "backup_kept",
  {
    kind: text("kind").notNull(),
    id: text("id").notNull(),
    row: text("row").notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.id] })],
);

/** Every kernel that was ever started: an object cannot be found by anything but its name. */
export const backupKernel = sqliteTable("backup_kernel", {
  name: text("name").primaryKey(),
  /** Where its rows lie: `durable-object` or `d1`. */
  store: text("store").notNull(),
});
