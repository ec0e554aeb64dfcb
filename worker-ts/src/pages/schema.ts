// The table of pages in D1. It is STRICT, which drizzle-kit cannot write: the word stands in the SQL by hand, and a test reads it there.
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** How often a page was asked for. Both languages count here, each under its own path. */
export const pageViews = sqliteTable("page_views", {
  /** The path, as `/counter`. */
  page: text("page").primaryKey(),
  count: integer("count").notNull(),
});
