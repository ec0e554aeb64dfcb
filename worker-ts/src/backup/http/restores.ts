// /api/admin/restores: a backup comes back. What the target held goes first; until the last step it is of no use, and each step may be
// done twice, so that one that was interrupted is begun again with the same file.
import * as z from "zod";
import { ApiError, type Bindings, type Route, route } from "../../platform";
import { PASTE_BYTES_MAX } from "../limits";
import type { BackupPorts } from "../ports";
import { beginRun, findRun, keep, noteStores, type Run, setStore, touchRun, turnOf } from "../run-table";
import { endCuts } from "../sweep";
import { newerThan, schemasOf } from "./schemas";
import { bucketName, objectKey, partShape, runParams, schemasShape, storeName } from "./shapes";
import { takeStep } from "./steps";
import { bucketOf, databaseOf, storeOf, stubOf } from "./store";

/** Whether the target is as it was when it was set up: nobody ever came, nothing was ever said or started. */
const EMPTY = `SELECT NOT EXISTS (SELECT 1 FROM user) AND NOT EXISTS (SELECT 1 FROM message)
  AND NOT EXISTS (SELECT 1 FROM room WHERE id <> 'lobby' OR head_seq > 0)
  AND NOT EXISTS (SELECT 1 FROM backup_kernel) AND NOT EXISTS (SELECT 1 FROM erasure) AS empty`;

async function isEmpty({ DB, WORKFLOW_DB }: Bindings): Promise<boolean> {
  if ((await DB.prepare(EMPTY).first("empty")) !== 1) return false;
  return (await WORKFLOW_DB.prepare("SELECT 1 FROM workflow_runs LIMIT 1").first()) === null;
}

/** The routes that write. */
export function restoreRoutes(ports: BackupPorts): Route[] {
  const begin = route(
    {
      method: "POST",
      path: "/api/admin/restores",
      summary:
        "Begins a restore. A target that is not empty is refused unless it is to be replaced, or a restore of it was interrupted; with `giveUp` only such a one is begun, and ends without rows: empty.",
      access: "admin",
      body: z.object({
        at: z.int().nonnegative(),
        schemas: schemasShape,
        replace: z.boolean().default(false),
        giveUp: z.boolean().default(false),
      }),
      answers: { 201: z.object({ id: z.string(), again: z.boolean() }) },
      errors: ["bad_request", "conflict", "not_empty", "too_new"],
    },
    async ({ env, caller, body: { at, schemas, replace, giveUp } }) => {
      const newer = newerThan(await schemasOf(env, ports), schemas);
      if (newer !== null) throw new ApiError("too_new", `this Worker is older than the file: it has not ${newer}`);
      const before = await findRun(env.DB);
      const again = before?.kind === "restore";
      if (giveUp && !again) throw new ApiError("conflict", "no restore is under way here: there is nothing to give up");
      if (!again && !replace && !(await isEmpty(env)))
        throw new ApiError("not_empty", "this server is in use; all it holds would be replaced");
      if (before?.kind === "backup") await endCuts(env, ports, before);
      // what is there the second time is what the first one has put in
      if (!again) await keep(env.DB);
      const id = await beginRun(env.DB, "restore", "lock", at);
      await noteStores(env);
      await ports.note(env, caller, "begin_restore", { restore: id, at });
      return { status: 201, body: { id, again } };
    },
  );

  const steps = route(
    {
      method: "POST",
      path: "/api/admin/restores/:id/steps",
      summary:
        "Does a piece of what is to be done before rows may come (`rows`), or after the last (`end`); again until `phase` says so.",
      access: "admin",
      params: runParams,
      body: z.object({ to: z.enum(["rows", "end"]) }),
      answers: { 200: z.object({ phase: z.string(), left: z.int().nullable() }) },
      errors: ["conflict", "not_found"],
    },
    async ({ env, caller, params: { id }, body: { to } }) => {
      const run = await findRun(env.DB);
      // the last step may have been done by a call whose answer was lost
      if (run === null && to === "end") return { status: 200, body: { phase: "end", left: 0 } };
      const standing = await insist(env, id, null);
      const step = await takeStep(env, ports, standing, to);
      if (step.phase === "end") await ports.note(env, caller, "end_restore", { restore: id, at: standing.madeAt });
      return { status: 200, body: step };
    },
  );

  return [begin, rowsRoute(ports), objectRoute, steps];
}

/** The restore, where it is this one and stands there. */
async function insist(env: Bindings, id: string, phase: string | null): Promise<Run> {
  const run = (await touchRun(env.DB, id, "restore")) ? await findRun(env.DB) : null;
  if (run === null || run.id !== id) throw new ApiError("conflict", "this restore is over, or another one has begun");
  if (phase !== null && run.phase !== phase) throw new ApiError("conflict", `this restore stands at "${run.phase}"`);
  return run;
}

const rowsRoute = (ports: BackupPorts) =>
  route(
    {
      method: "POST",
      path: "/api/admin/restores/:id/rows",
      summary: "Puts rows into a store; `first` empties an object before. Without rows it is emptied alone.",
      access: "admin",
      params: runParams,
      body: z.object({
        store: storeName,
        first: z.boolean().default(false),
        place: z.int().min(1).max(999_999_999_999).default(1).meta({
          description:
            "Where the store begins in the file. With `first` an object is emptied once for each, and for a smaller one never.",
        }),
        part: partShape.nullable(),
      }),
      bodyBytesMax: PASTE_BYTES_MAX,
      answers: { 204: null },
      errors: ["bad_request", "conflict", "not_found", "too_large"],
    },
    async ({ env, params: { id }, body: { store, first, place, part } }) => {
      const run = await insist(env, id, "rows");
      const flaw = await paste(env, ports, store, { run, first, turn: turnOf(run, place), part });
      if (flaw !== null) throw new ApiError("bad_request", flaw, { field: "part" });
      return { status: 204, body: null };
    },
  );

interface Pasting {
  readonly run: Run;
  readonly first: boolean;
  readonly turn: string;
  readonly part: z.output<typeof partShape> | null;
}

/**
 * A row that no table takes, where rows of the restore `?1` may come no more: a call that comes late puts nothing into what goes on again.
 * Workflows may have a database of their own, which knows of no restore.
 */
const HERE = `INSERT INTO backup_store(id, state) SELECT NULL, '' WHERE NOT EXISTS (
  SELECT 1 FROM backup_run WHERE id = ?1 AND phase = 'rows')`;
const NOT_ELSEWHERE = `INSERT INTO backup_store(id, state) SELECT NULL, '' WHERE EXISTS (
  SELECT 1 FROM backup_run WHERE id <> ?1 OR phase <> 'rows')`;

async function paste(
  env: Bindings,
  ports: BackupPorts,
  name: string,
  { run, first, turn, part }: Pasting,
): Promise<string | null> {
  const store = storeOf(name);
  if (store.in === "database") {
    const guard = store.store === "workflow" ? env.WORKFLOW_DB.prepare(NOT_ELSEWHERE) : env.DB.prepare(HERE);
    return part === null ? null : databaseOf(env, store.store).paste(part, guard.bind(run.id));
  }
  const stub = stubOf(env, ports, store.kind, store.name);
  if (first) {
    await setStore(env.DB, name, "pasted");
    await stub.emptied(turn);
  }
  return part === null ? null : (await stub.copy({ do: "paste", turn, part })).flaw;
}

/** Of R2's metadata only what it knows. */
const HTTP_FIELDS = [
  "contentType",
  "contentLanguage",
  "contentDisposition",
  "contentEncoding",
  "cacheControl",
] as const;

const objectRoute = route(
  {
    method: "POST",
    path: "/api/admin/restores/:id/object",
    summary: "Puts one object into a bucket: its bytes are the body. What nothing in D1 names any more is left out.",
    access: "admin",
    params: runParams,
    query: z.object({
      bucket: bucketName,
      key: objectKey,
      size: z.coerce.number().int().nonnegative(),
      meta: z.string().max(8_192).default("{}"),
    }),
    bodyType: "application/octet-stream",
    answers: { 200: z.object({ kept: z.boolean() }) },
    errors: ["bad_request", "conflict", "not_found"],
  },
  async ({ env, request, params: { id }, query: { bucket, key, size, meta } }) => {
    await insist(env, id, "rows");
    const told = metaShape.safeParse(jsonOf(meta));
    if (!told.success) throw new ApiError("bad_request", "the metadata is malformed", { field: "meta" });
    if (bucket === "files" && !(await isNamed(env, key))) {
      await request.body?.cancel();
      return { status: 200, body: { kept: false } };
    }
    const { http, custom } = told.data;
    const sized = new FixedLengthStream(size);
    const piped = request.body === null ? sized.writable.close() : request.body.pipeTo(sized.writable);
    const httpMetadata = Object.fromEntries(HTTP_FIELDS.flatMap((name) => (http[name] ? [[name, http[name]]] : [])));
    try {
      await Promise.all([
        bucketOf(env, bucket).put(key, sized.readable, { httpMetadata, customMetadata: custom }),
        piped,
      ]);
    } catch (cause) {
      throw new ApiError("bad_request", "the bytes are not as many as was said", { field: "size", cause });
    }
    return { status: 200, body: { kept: true } };
  },
);

const texts = z.record(z.string(), z.string());
const metaShape = z.object({ http: texts.default({}), custom: texts.default({}) });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether a file belongs to something: bytes that came after the directory was read have no row. */
async function isNamed({ DB }: Bindings, key: string): Promise<boolean> {
  const [folder, owner, id] = key.split("/");
  if (folder === "avatars")
    return (
      (await DB.prepare("SELECT 1 FROM user WHERE id = ?1")
        .bind(owner ?? "")
        .first()) !== null
    );
  const sql = "SELECT 1 FROM file WHERE id = ?1 AND room_id = ?2";
  return (
    (await DB.prepare(sql)
      .bind(id ?? "", owner ?? "")
      .first()) !== null
  );
}
