// Ends what a backup has left in databases and objects: the cut that was under way when nobody came any more. By the clock, each minute.
import type { Bindings } from "../platform";
import { DatabaseCopy } from "./copy/database";
import type { BackupPorts } from "./ports";
import { endRun, findRun, isStale, type Run } from "./run-table";
import { DATABASE_STORES, parseStore } from "./stores";

/** Ends the cut that a backup has under way, if any. */
export async function endCuts(
  env: Bindings,
  ports: BackupPorts,
  { id, open }: Pick<Run, "id" | "open">,
): Promise<void> {
  const store = open === "" ? null : parseStore(open);
  if (store === null) return;
  if (store.in === "object") {
    await ports[store.kind](env, store.name).copy({ do: "end", id });
    return;
  }
  const db = store.store === "workflow" ? env.WORKFLOW_DB : env.DB;
  await new DatabaseCopy(db, store.store, DATABASE_STORES[store.store]).end();
}

/** Ends a backup that was left lying. */
export async function sweepBackups(env: Bindings, ports: BackupPorts): Promise<void> {
  const run = await findRun(env.DB);
  if (run === null || !isStale(run)) return;
  await endCuts(env, ports, run);
  await endRun(env.DB, run.id);
}
