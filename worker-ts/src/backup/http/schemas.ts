// Which schemas this code has: a backup says those that it was made with, and none is restored that had more.
import type { Bindings } from "../../platform";
import type { BackupPorts } from "../ports";
import { OBJECT_SCHEMAS } from "../stores";

/** Migrations of D1 by name, and the numbers of the objects' own tables. */
export interface Schemas {
  readonly database: string[];
  readonly room: number;
  readonly kernel: number;
  readonly stream: number;
}

/** Those of this Worker. Of D1 it is what wrangler has applied. */
export async function schemasOf(env: Bindings, ports: BackupPorts): Promise<Schemas> {
  const { results } = await env.DB.prepare("SELECT name FROM d1_migrations ORDER BY name").all<{ name: string }>();
  return { database: results.map(({ name }) => name), room: ports.roomSchema, ...OBJECT_SCHEMAS };
}

/** The first thing that a file has and this Worker has not; null when there is none. */
export function newerThan(ours: Schemas, theirs: Schemas): string | null {
  for (const kind of ["room", "kernel", "stream"] as const)
    if (theirs[kind] > ours[kind]) return `the schema ${theirs[kind]} of ${kind}s`;
  const unknown = theirs.database.find((name) => !ours.database.includes(name));
  return unknown === undefined ? null : `the migration ${unknown}`;
}
