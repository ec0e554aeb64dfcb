// A restore inside the Worker: what it holds off while it is under way, what must not come behind it, and how it begins again or is given
// up. Whole servers, and the verbs, are in tests/backup.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { queue, scheduled } from "../../worker-ts/src/app";
import { DatabaseCopy } from "../../worker-ts/src/backup/copy/database";
import type { Part, Parts } from "../../worker-ts/src/backup/copy/part";
import { takeStep } from "../../worker-ts/src/backup/http/steps";
import type { Run } from "../../worker-ts/src/backup/run-table";
import type { RoomObject } from "../../worker-ts/src/rooms";
import { chore, deadLetter } from "./api-samples";
import { endRestore } from "./security/every-route";
import { archivedRows, deliver, HeldQueue } from "./support/archive";
import { account, call, guest, join, room as makeRoom, refusal } from "./support/http-client";

const token = env.ADMIN_TOKEN;
const NO_SCHEMAS = { database: [], room: 0, kernel: 0, stream: 0 };

beforeEach(endRestore);
afterEach(async () => {
  vi.restoreAllMocks();
  await endRestore();
});

/** A call for admins that must go well; its answer. */
async function admin(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await call(method, `/api/admin/${path}`, { token, ...(body && { body }) });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body as unknown as Record<string, unknown>;
}

type Taken = [store: string, parts: Part[]][];

/** All rows of these stores. */
async function take(stores: readonly string[]): Promise<Taken> {
  const { id } = await admin("POST", "backups");
  const taken: Taken = [];
  for (const store of stores) {
    const parts: Part[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const at = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = (await admin(
        "GET",
        `backups/${id}/rows?store=${encodeURIComponent(store)}${at}`,
      )) as unknown as Parts;
      parts.push(...page.parts.filter(({ rows }) => rows.length > 0));
      cursor = page.next;
    }
    taken.push([store, parts]);
  }
  await admin("DELETE", `backups/${id}`);
  return taken;
}

/** Begins a restore that replaces everything, up to where rows may come; its path. */
async function begin(more: object = {}): Promise<string> {
  const { id } = await admin("POST", "restores", { at: Date.now(), schemas: NO_SCHEMAS, replace: true, ...more });
  await go(`restores/${id}`, "rows");
  return `restores/${id}`;
}

async function go(path: string, to: "rows" | "end"): Promise<void> {
  for (let phase = ""; phase !== to; ) phase = String((await admin("POST", `${path}/steps`, { to }))["phase"]);
}

async function give(path: string, taken: Taken): Promise<void> {
  for (const [at, [store, parts]] of taken.entries())
    for (const [n, part] of (parts.length > 0 ? parts : [null]).entries())
      await admin("POST", `${path}/rows`, { store, first: n === 0, place: at + 1, part });
}

const rows = async (table: string) => (await env.DB.prepare(`SELECT * FROM "${table}"`).all()).results;

it("BK19 what a room had sent before a restore in place changes nothing after it, in the archive or in the room", async () => {
  const owner = await account();
  const id = await makeRoom(owner);
  const say = (text: string) => call("POST", `/api/rooms/${id}/messages`, { token: owner.token, body: { text } });
  const stub = env.ROOM.getByName(id);
  const flushed = () =>
    runInDurableObject(stub, (one: RoomObject, { storage }) => {
      storage.sql.exec("INSERT INTO due VALUES('flush', '', 1) ON CONFLICT DO UPDATE SET at = 1");
      return one.alarm();
    });
  const held = new HeldQueue();
  await say("said before");
  const taken = await take(["archive", "workflow", `room:${id}`, "directory"]);
  await say("undone by the restore");
  await flushed();
  const undone = held.take(stub);
  expect(JSON.stringify(undone)).toContain("undone by the restore");

  const path = await begin();
  await give(path, taken);
  await go(path, "end");
  await say("said after");
  await flushed();
  const after = held.take(stub);
  expect(JSON.stringify(after)).toContain("said after");
  expect(await deliver(after)).toMatchObject({ delays: new Map() });
  const { archivedSeq } = await stub.stats();
  const places = undone.map((_, at) => at);
  expect(await deliver(undone)).toMatchObject({ acked: places });
  // one that is older than epochs in messages
  expect(await deliver(undone.map(({ epoch: _, ...rest }) => rest))).toMatchObject({ acked: places });
  await deliver(undone, { name: "ferrule-archive-dead" });
  const texts = (await archivedRows(id)).map(({ text }) => text);
  expect(texts).toContain("said before");
  expect(texts).toContain("said after");
  expect(texts).not.toContain("undone by the restore");
  expect(JSON.stringify(await rows("dead_letter"))).not.toContain("undone by the restore");
  expect((await stub.stats()).archivedSeq).toBe(archivedSeq);
  // what the archive's consumer wrote before, and reports only now
  await say("not archived yet");
  await flushed();
  const { headSeq } = await stub.stats();
  await stub.archived(1, headSeq, [], undone[0]!.epoch);
  expect((await stub.stats()).archivedSeq).toBe(archivedSeq);
  held.release();
});

it("BK20 while a restore is under way everybody is told so, whatever they ask; admins may look, and nothing else", async () => {
  const [one, letter] = [await account(), await deadLetter()];
  const id = await makeRoom(one);
  const path = await begin();
  const told = async (method: string, to: string, options = {}) => refusal(await call(method, to, options));
  const restoring = [503, "restoring"];
  expect(await told("POST", "/api/auth/sign-in/anonymous", { body: {} })).toEqual(restoring);
  expect(await told("GET", "/api/rooms", { token: one.token })).toEqual(restoring);
  expect(await told("GET", "/api/rooms")).toEqual(restoring);
  expect(await told("POST", `/api/rooms/${id}/messages`, { token: one.token, body: { text: "x" } })).toEqual(restoring);
  expect(await told("POST", `/api/admin/dead-letters/${letter}/replay`, { token })).toEqual(restoring);
  expect((await call("GET", "/api/admin/dead-letters", { token })).status).toBe(200);
  expect((await call("GET", "/api/health")).status).toBe(200);
  expect(await rows("user")).toEqual([]);
  await go(path, "end");
  expect((await call("POST", "/api/auth/sign-in/anonymous", { body: {} })).status).toBe(200);
});

it("BK21 clock and queues stand still while rows come, and what they missed is told at the end", async () => {
  const path = await begin();
  const old = "INSERT INTO dead_letter(id, queue, body, error, at) VALUES('old', 'ferrule-archive', '{}', 'x', 1)";
  await env.DB.prepare(old).run();
  await env.DB.prepare(
    "INSERT INTO workflow_idempotency(key, message_id, state, created_at, expires_at) VALUES('k', 'm', 'sent', 1, 1)",
  ).run();
  const waiting = await chore();
  const dead = vi.spyOn(env.WORKFLOW_DEAD_QUEUE, "send");
  for (const cron of ["* * * * *", "17 3 * * *"]) await scheduled({ cron }, env);
  const body = (name: string) => ({ queue: name, messages: [], ackAll: vi.fn(), retryAll: vi.fn() });
  for (const name of ["ferrule-chores", "ferrule-workflow", "ferrule-workflow-dead"]) {
    const message = {
      id: "1",
      body: { chore: waiting },
      attempts: 1,
      timestamp: new Date(),
      ack: vi.fn(),
      retry: vi.fn(),
    };
    const batch = { ...body(name), messages: [message] };
    await queue(batch as unknown as MessageBatch, env);
    expect([name, batch.ackAll.mock.calls.length]).toEqual([name, 1]);
  }
  expect([(await rows("dead_letter")).length, (await rows("workflow_idempotency")).length]).toEqual([1, 1]);
  expect((await rows("chore")).map(({ id }) => id)).toEqual([waiting]);
  expect(dead).not.toHaveBeenCalled();
  const woken = vi.spyOn(env.CHORES_QUEUE, "send").mockResolvedValue({} as never);
  await go(path, "end");
  expect(woken.mock.calls.map(([told]) => told)).toContainEqual({ chore: waiting });
  await scheduled({ cron: "17 3 * * *" }, env);
  expect(await rows("dead_letter")).toEqual([]);
});

it("BK22 a call that comes late empties nothing, wipes nothing, and puts nothing into what goes on again", async () => {
  const owner = await account();
  const id = await makeRoom(owner);
  await call("POST", `/api/rooms/${id}/messages`, { token: owner.token, body: { text: "here" } });
  const taken = await take([`room:${id}`, "directory"]);
  const path = await begin();
  await give(path, taken);
  const run = await env.DB.prepare(
    "SELECT id, kind, phase, begun_at AS begunAt, touched_at AS touchedAt, made_at AS madeAt, open FROM backup_run",
  ).first<Run>();
  const late = { ...run!, phase: "wipe" };
  // a step that was begun while the target was wiped
  await takeStep(env, {} as never, late, "rows");
  expect((await rows("user")).map((row) => row["id"])).toEqual([owner.id]);
  // the first rows of the store again, and what stood before
  await admin("POST", `${path}/rows`, { store: `room:${id}`, first: true, place: 1, part: null });
  const turn = `${String(run!.begunAt).padStart(15, "0")}/000000000000`;
  await env.ROOM.getByName(id).emptied(turn);
  await go(path, "end");
  expect((await env.ROOM.getByName(id).stats()).headSeq).toBeGreaterThan(0);
  await env.ROOM.getByName(id).emptied(turn);
  await env.KERNEL.getByName("late").emptied("2");
  await env.KERNEL.getByName("late").restored();
  await env.KERNEL.getByName("late").emptied("1");
  const stream = env.WORKFLOW_STREAM.getByName("wrun_late/out");
  await stream.emptied("2");
  await stream.restored();
  await stream.emptied("1");
  expect((await env.ROOM.getByName(id).stats()).headSeq).toBeGreaterThan(0);
  expect(await env.KERNEL.getByName("late").rpc('{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}')).toContain(
    "pong",
  );
  expect(await stream.info()).toEqual({ tailIndex: -1, done: false });
  // rows that come late
  const part = { table: "page_views", columns: ["page", "count"], rows: [["/late", 1]] };
  const guard = env.DB.prepare(
    "INSERT INTO backup_store(id, state) SELECT NULL, '' WHERE NOT EXISTS (SELECT 1 FROM backup_run WHERE id = ?1)",
  ).bind(run!.id);
  expect(await new DatabaseCopy(env.DB, "archive", ["page_views"]).paste(part, guard)).not.toBeNull();
  expect(await rows("page_views")).toEqual([]);
});

it("BK23 sessions that an interrupted restore put in are not those of the server", async () => {
  await env.DB.prepare("DELETE FROM user").run();
  const person = await guest();
  const taken = await take(["directory"]);
  const first = await begin();
  await give(first, taken);
  await env.DB.prepare(
    "UPDATE session SET id = 'out-of-the-file', token = 'stolen' WHERE user_id = (SELECT id FROM user LIMIT 1)",
  ).run();
  const second = await begin();
  await give(second, [["directory", taken[0]![1].filter(({ table }) => table !== "session")]]);
  await go(second, "end");
  expect((await rows("session")).map((row) => row["token"])).not.toContain("stolen");
  expect((await call("GET", "/api/users/me", { token: person.token })).status).toBe(200);
});

it("BK24 a restore that broke off is given up: the server is empty, serves, and knows who was erased; without one nothing is", async () => {
  const body = { at: Date.now(), schemas: NO_SCHEMAS, giveUp: true };
  const [owner, gone] = [await account(), await account()];
  const id = await makeRoom(owner);
  expect(refusal(await call("POST", "/api/admin/restores", { token, body }))).toEqual([409, "conflict"]);
  expect((await call("GET", `/api/rooms/${id}`, { token: owner.token })).status).toBe(200);
  await call("DELETE", "/api/users/me", { token: gone.token });
  const taken = await take([`room:${id}`, "directory"]);
  await give(await begin(), taken.slice(0, 1));

  const path = await begin({ replace: false, giveUp: true });
  await go(path, "end");
  expect(await rows("backup_run")).toEqual([]);
  expect(await rows("user")).toEqual([]);
  expect((await rows("erasure")).map((row) => row["user_id"])).toContain(gone.id);
  const somebody = await guest();
  expect((await join(somebody, "lobby")).status).toBeLessThan(300);
  const said = await call("POST", "/api/rooms/lobby/messages", { token: somebody.token, body: { text: "anew" } });
  expect(said.status).toBe(201);
});

it("BK25 kernels that the backup does not know are gone, and accounts are erased again however many there are", async () => {
  await call("POST", "/api/kernel/extra/rpc", { token, body: { jsonrpc: "2.0", id: 1, method: "ping", params: [] } });
  const taken = await take(["directory"]);
  const parts = taken[0]![1].map((part) =>
    part.table === "backup_kernel" ? { ...part, rows: part.rows.filter(([name]) => name !== "extra") } : part,
  );
  const many = Array.from({ length: 12 }, (_, n) => `u_erased_${n}`);
  const users = parts.find(({ table }) => table === "user");
  const pattern = users?.rows[0];
  const path = await begin();
  await give(path, [
    ["directory", parts.filter(({ table }) => !["user", "session", "account", "member"].includes(table))],
  ]);
  const erasure = {
    table: "erasure",
    columns: ["user_id", "messages", "at"],
    rows: many.map((id) => [id, 0, Date.now()]),
  };
  await give(path, [["directory", [erasure]]]);
  expect(pattern === undefined || users!.columns.length === pattern.length).toBe(true);
  await go(path, "end");
  expect((await rows("backup_kernel")).map(({ name }) => name)).not.toContain("extra");
  const erased = (await rows("chore")).map(({ id }) => String(id));
  const done = async () => (await rows("erasure")).length;
  expect(await done()).toBeGreaterThanOrEqual(many.length);
  expect(erased.every((id) => id.startsWith("erase-user:"))).toBe(true);
});

it("BK13 a migration between two backups, of a column or of a table, keeps nobody from writing, and the next backup has it", async () => {
  await env.DB.prepare("CREATE TABLE probe(id INTEGER PRIMARY KEY, text TEXT)").run();
  await env.DB.prepare("INSERT INTO probe VALUES(1, 'one')").run();
  const before = new DatabaseCopy(env.DB, "probes", ["probe"]);
  await before.begin("one");
  await env.DB.prepare("CREATE TABLE probe_two(id INTEGER PRIMARY KEY)").run();
  const after = new DatabaseCopy(env.DB, "probes", ["probe", "probe_two"]);
  await after.end();
  await env.DB.prepare("ALTER TABLE probe ADD COLUMN mark TEXT NOT NULL DEFAULT 'none'").run();
  await after.begin("two");
  await env.DB.prepare("UPDATE probe SET mark = 'late'").run();
  const { parts } = (await after.next("two", ""))!;
  expect(parts).toEqual([{ table: "probe", columns: ["id", "text", "mark"], rows: [[1, "one", "none"]] }]);
  await env.DB.batch(
    [
      "CREATE TABLE probe_new(id INTEGER PRIMARY KEY, text TEXT, mark TEXT)",
      "DROP TABLE probe",
      "ALTER TABLE probe_new RENAME TO probe",
    ].map((sql) => env.DB.prepare(sql)),
  );
  expect(await after.next("two", "")).toBeNull();
  await after.end();
  const left = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'backup_cut_*'",
  ).all();
  expect(left.results).toEqual([]);
  await env.DB.batch(["DROP TABLE probe", "DROP TABLE probe_two"].map((sql) => env.DB.prepare(sql)));
});
