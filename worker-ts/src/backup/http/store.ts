// A store by its name, as the routes use it: D1's tables, or an object's.
import { ApiError, type Bindings } from "../../platform";
import { DatabaseCopy } from "../copy/database";
import type { BackupPorts, CopiedStub } from "../ports";
import { DATABASE_STORES, type DatabaseStore, type ObjectKind, parseStore, type Store } from "../stores";

/** The store of this name; throws for what is none. */
export function storeOf(text: string): Store {
  const store = parseStore(text);
  if (store === null) throw new ApiError("bad_request", "there can be no such store", { field: "store" });
  return store;
}

/** Tables of D1. */
export function databaseOf(env: Bindings, store: DatabaseStore): DatabaseCopy {
  const db = store === "workflow" ? env.WORKFLOW_DB : env.DB;
  return new DatabaseCopy(db, store, DATABASE_STORES[store]);
}

/** The object of a store. */
export function stubOf(env: Bindings, ports: BackupPorts, kind: ObjectKind, name: string): CopiedStub {
  return ports[kind](env, name);
}

/** The bucket that a name stands for. */
export const bucketOf = (env: Bindings, name: "files" | "workflow"): R2Bucket =>
  name === "files" ? env.FILES : env.WORKFLOW_BUCKET;
