// The table `page_views` in D1: one statement, the same that worker-py/src/counter.py sends.
import { sql } from "drizzle-orm";
import type { Database } from "../platform";
import { pageViews } from "./schema";

/** Counts one view of a page and answers how many there are now. One step, no read before it: two at once never get one number. */
export async function countView(db: Database, page: string): Promise<number> {
  const [row] = await db
    .insert(pageViews)
    .values({ page, count: 1 })
    .onConflictDoUpdate({ target: pageViews.page, set: { count: sql`${pageViews.count} + 1` } })
    .returning({ count: pageViews.count });
  return row!.count;
}
