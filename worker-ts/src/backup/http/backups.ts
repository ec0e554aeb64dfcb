// /api/admin/backups: reading everything, part by part, while the Worker serves. Who puts it into a file is the caller's matter.
import * as z from "zod";
import { ApiError, type Bindings, now, type Route, route } from "../../platform";
import type { Parts } from "../copy/part";
import { LISTED_MAX } from "../limits";
import type { BackupPorts } from "../ports";
import { beginRun, endRun, findRun, setOpen, touchRun } from "../run-table";
import { DATABASE_STORES, type DatabaseStore, OBJECT_KINDS } from "../stores";
import { endCuts } from "../sweep";
import { schemasOf } from "./schemas";
import { bucketName, objectKey, objectShape, partsShape, runParams, schemasShape, storeName } from "./shapes";
import { bucketOf, databaseOf, storeOf, stubOf } from "./store";

const begunShape = z
  .object({ id: z.string(), at: z.int(), schemas: schemasShape, databases: z.array(z.string()) })
  .meta({ id: "Backup" });

/** Names of objects behind one of them, by kind: as D1 has them now. */
const NAMES = {
  room: "SELECT id AS name FROM room WHERE id > ?1 ORDER BY id LIMIT ?2",
  kernel: `SELECT name FROM (SELECT name FROM backup_kernel UNION SELECT kernel FROM kernel_meta) WHERE name > ?1 ORDER BY name LIMIT ?2`,
  stream: `SELECT run_id || '/' || name AS name FROM workflow_streams WHERE archived = 0 AND run_id || '/' || name > ?1
    ORDER BY run_id || '/' || name LIMIT ?2`,
} as const;

/** The routes that read. */
export function backupRoutes(ports: BackupPorts): Route[] {
  const begin = route(
    {
      method: "POST",
      path: "/api/admin/backups",
      summary: "Begins a backup. One that was under way is over; none begins while a restore is under way.",
      access: "admin",
      answers: { 201: begunShape },
      errors: ["conflict"],
    },
    async ({ env, caller }) => {
      const before = await findRun(env.DB);
      if (before?.kind === "restore")
        throw new ApiError("conflict", "a restore is under way here; it must be ended first");
      if (before !== null) await endCuts(env, ports, before);
      const at = now();
      const id = await beginRun(env.DB, "backup", "read", at);
      await ports.note(env, caller, "begin_backup", { backup: id });
      const databases = Object.keys(DATABASE_STORES);
      return { status: 201, body: { id, at, schemas: await schemasOf(env, ports), databases } };
    },
  );

  const stores = route(
    {
      method: "GET",
      path: "/api/admin/backups/:id/stores",
      summary: "Names of the objects of a kind, behind one of them.",
      access: "admin",
      params: runParams,
      query: z.object({ kind: z.enum(OBJECT_KINDS), after: z.string().max(1_000).default("") }),
      answers: { 200: z.object({ names: z.array(z.string()), next: z.string().nullable() }) },
      errors: ["bad_request", "conflict", "not_found"],
    },
    async ({ env, params: { id }, query: { kind, after } }) => {
      await insist(env, id);
      const db = kind === "stream" ? env.WORKFLOW_DB : env.DB;
      const { results } = await db.prepare(NAMES[kind]).bind(after, LISTED_MAX).all<{ name: string }>();
      const names = results.map(({ name }) => name);
      return { status: 200, body: { names, next: names.length === LISTED_MAX ? names.at(-1)! : null } };
    },
  );

  const rows = route(
    {
      method: "GET",
      path: "/api/admin/backups/:id/rows",
      summary: "Rows of a store, as they were when its first ones were asked for, however long that is ago.",
      access: "admin",
      params: runParams,
      query: z.object({ store: storeName, cursor: z.string().max(20_000).optional() }),
      answers: { 200: partsShape },
      errors: ["bad_request", "conflict", "not_found"],
    },
    async ({ env, params: { id }, query: { store, cursor } }) => {
      await insist(env, id);
      const found = await read(env, ports, { id, store, cursor });
      // as long as the backup goes on: a room was purged meanwhile, a stream was forgotten, a migration came
      if (found === null)
        throw new ApiError("not_found", "what was read of this store is not there any more: begin it again");
      return { status: 200, body: found as z.input<typeof partsShape> };
    },
  );

  return [begin, stores, rows, ...bucketRoutes, endRoute(ports)];
}

const OVER = "this backup is over: another one has begun, or nobody asked for anything for five minutes";

/** Throws where the backup is over. */
async function insist(env: Bindings, id: string): Promise<void> {
  if (!(await touchRun(env.DB, id, "backup"))) throw new ApiError("conflict", OVER);
}

interface Reading {
  readonly id: string;
  readonly store: string;
  readonly cursor: string | undefined;
}

/** The next rows of a store. A cut ends with them; it is written down before it begins, so that one that is left lying is found. */
async function read(env: Bindings, ports: BackupPorts, { id, store, cursor }: Reading): Promise<Parts | null> {
  const which = storeOf(store);
  if (which.in === "database") return readDatabase(env, { id, store: which.store, cursor });
  const stub = stubOf(env, ports, which.kind, which.name);
  if (cursor === undefined) {
    const { found } = await stub.copy({ do: "all" });
    if (found !== null) return found;
    await open(env, id, store);
    await stub.copy({ do: "begin", id });
    // over meanwhile: nobody would end it
    await insist(env, id).catch(async (over) => {
      await stub.copy({ do: "end", id });
      throw over;
    });
  }
  const { found } = await stub.copy({ do: "next", id, cursor: cursor ?? "" });
  if (found?.next === null) {
    await stub.copy({ do: "end", id });
    await setOpen(env.DB, id, "");
  }
  return found;
}

/** Notes of which store a cut begins. */
async function open(env: Bindings, id: string, store: string): Promise<void> {
  if (!(await setOpen(env.DB, id, store))) throw new ApiError("conflict", OVER);
}

async function readDatabase(
  env: Bindings,
  { id, store, cursor }: Reading & { readonly store: DatabaseStore },
): Promise<Parts | null> {
  const database = databaseOf(env, store);
  if (cursor === undefined) {
    await open(env, id, store);
    await database.begin(id);
    await insist(env, id).catch(async (over) => {
      await database.end();
      throw over;
    });
  }
  const found = await database.next(id, cursor ?? "");
  if (found?.next === null) {
    await database.end();
    await setOpen(env.DB, id, "");
  }
  return found;
}

const objects = route(
  {
    method: "GET",
    path: "/api/admin/backups/:id/objects",
    summary: "What a bucket holds: `files` are attachments and pictures, `workflow` large payloads and sealed streams.",
    access: "admin",
    params: runParams,
    query: z.object({ bucket: bucketName, cursor: z.string().max(2_000).optional() }),
    answers: { 200: z.object({ objects: z.array(objectShape), next: z.string().nullable() }) },
    errors: ["bad_request", "conflict", "not_found"],
  },
  async ({ env, params: { id }, query: { bucket, cursor } }) => {
    await insist(env, id);
    const options = {
      limit: LISTED_MAX,
      include: ["httpMetadata", "customMetadata"] as ("httpMetadata" | "customMetadata")[],
    };
    const page = await bucketOf(env, bucket).list({ ...options, ...(cursor !== undefined && { cursor }) });
    const list = page.objects.map(({ key, size, httpMetadata, customMetadata }) => ({
      ...{ key, size, custom: customMetadata ?? {} },
      http: Object.fromEntries(
        Object.entries(httpMetadata ?? {}).flatMap(([name, value]) =>
          typeof value === "string" ? [[name, value]] : [],
        ),
      ),
    }));
    return { status: 200, body: { objects: list, next: page.truncated ? page.cursor : null } };
  },
);

const object = route(
  {
    method: "GET",
    path: "/api/admin/backups/:id/object",
    summary: "The bytes of one object.",
    access: "admin",
    params: runParams,
    query: z.object({ bucket: bucketName, key: objectKey }),
    contentType: "application/octet-stream",
    answers: { 200: z.string() },
    errors: ["bad_request", "conflict", "not_found"],
  },
  async ({ env, params: { id }, query: { bucket, key } }) => {
    await insist(env, id);
    const found = await bucketOf(env, bucket).get(key);
    if (found === null) throw new ApiError("not_found", "it is not there any more");
    return new Response(found.body, {
      headers: { "content-type": "application/octet-stream", "content-length": String(found.size) },
    });
  },
);

const bucketRoutes = [objects, object];

const endRoute = (ports: BackupPorts) =>
  route(
    {
      method: "DELETE",
      path: "/api/admin/backups/:id",
      summary: "Ends a backup, read or not; twice is once.",
      access: "admin",
      params: runParams,
      answers: { 204: null },
      errors: ["not_found"],
    },
    async ({ env, params: { id } }) => {
      const run = await findRun(env.DB);
      if (run?.id === id && run.kind === "backup") {
        await endCuts(env, ports, run);
        await endRun(env.DB, id);
      }
      return { status: 204, body: null };
    },
  );
