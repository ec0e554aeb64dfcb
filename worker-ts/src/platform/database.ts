// The house's D1 database through Drizzle. Each subsystem has tables of its own, in its schema.ts.
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { Bindings } from "./env";

/** D1 through Drizzle. */
export type Database = DrizzleD1Database;

/** The database. No D1 session is opened, so every read goes to the primary: rights are decided on nothing older. */
export function database(env: Pick<Bindings, "DB">): Database {
  return drizzle(env.DB);
}
