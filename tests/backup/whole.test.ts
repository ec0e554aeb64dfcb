// A house with everything in it, backed up, and restored into a new folder on another server: what is there is the same, and what was
// under way goes on.
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeRecord, KIND, MAGIC, sumOf } from "../../worker-ts/bin/backup/format.mjs";
import { call, type Guest, history } from "../harness/people.ts";
import type { Server } from "../harness/server/server.ts";
import { Folder, must, call as verb } from "./verbs.ts";
import {
  archivedWhole,
  bytesOf,
  databaseRows,
  eventually,
  increment,
  launch,
  makeRoom,
  roomRows,
  rpc,
  say,
  serve,
  signIn,
  signUp,
  upload,
} from "./world.ts";

const MS_MAX = 240_000;
/** More rows than one answer has: this room is read by a cut. */
const MANY = 1_300;
const AT_ONCE = 50;

let [source, target]: [Server, Server] = [undefined, undefined] as never;
const folder = new Folder();
const file = folder.file("whole.backup");
const bytes = new Uint8Array(randomBytes(300_000));
let [ada, bob]: [Guest, Guest] = [undefined, undefined] as never;
let kernelRoot = "";
let runs = { asleep: "", waiting: "" };
let fileId = "";
const heads: Record<string, number> = {};

/** Everything that a room can hold. */
async function fill(): Promise<void> {
  const { url } = source;
  [ada, bob] = await Promise.all([signUp(url, "Ada"), signUp(url, "Bob")]);
  await makeRoom(url, ada, "garden", [bob]);
  await makeRoom(url, bob, "long-one", [ada]);
  fileId = await upload(url, ada, "garden", bytes);
  const first = await say(url, ada, "garden", "Roses are red", [fileId]);
  const second = await say(url, bob, "garden", "violets are blue");
  const third = await say(url, bob, "garden", "a secret that goes");
  await call(url, `/api/rooms/garden/messages/${second}`, bob, { text: "violets are violet" }, "PATCH");
  await call(url, `/api/rooms/garden/messages/${third}`, bob, undefined, "DELETE");
  await call(url, `/api/rooms/garden/messages/${first}/reactions/${encodeURIComponent("🌹")}`, bob, undefined, "PUT");
  await call(url, `/api/rooms/garden/messages/${first}/pin`, ada, undefined, "PUT");
  await call(url, "/api/rooms/garden/read", bob, { seq: first }, "PUT");
  for (let at = 0; at < MANY; at += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => say(url, bob, "long-one", `line ${at + n}`)));
  kernelRoot = await launch(source, "garden");
  for (let n = 0; n < 5; n++) await increment(source, "garden", kernelRoot, `key-${n}`);
  await fetch(`${url}/kernel/demo`);
  const start = (name: string, args: unknown[]) =>
    call<{ runId: string }>(url, `/api/workflow/${name}/runs`, ada, { args });
  runs = {
    asleep: (await start("countdown", [45])).runId,
    waiting: (await start("approval", ["garden", "more water"])).runId,
  };
  await eventually("both runs wait", async () => {
    const waits = databaseRows(source.state, "workflow_waits", "1, 2");
    const hooks = databaseRows(source.state, "workflow_hooks", "1, 2");
    return waits.length > 0 && hooks.length > 0 ? true : undefined;
  });
  await eventually("the card", async () => ((await history(url, "garden", ada)).length >= 4 ? true : undefined));
}

beforeAll(async () => {
  [source, target] = await Promise.all([serve(), serve()]);
  await fill();
  for (const room of ["garden", "long-one"]) {
    const { headSeq } = await call<{ headSeq: number }>(source.url, `/api/rooms/${room}`, ada);
    heads[room] = headSeq;
    await archivedWhole(source, room, headSeq);
  }
}, MS_MAX);
afterAll(async () => {
  await source?.[Symbol.asyncDispose]();
  await target?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test("BK01 everything is restored into a new folder on another server, the same by identity", {
  timeout: MS_MAX,
}, async () => {
  console.log(await must(["backup", file], source));
  console.log(await must(["backup", "--list", file]));
  expect(await must(["backup", "--verify", file])).toContain("whole");
  const before = {
    rooms: ["garden", "long-one"].map((room) =>
      ["log", "person", "reaction", "pin", "noop"].map((table) => roomRows(source.state, room, table)),
    ),
    archive: ["message", "reaction", "pin", "file"].map((table) => databaseRows(source.state, table, "1, 2, 3")),
    people: ["user", "account", "member", "room", "invite"].map((table) => databaseRows(source.state, table)),
  };
  console.log(await must(["restore", file], target));
  const after = {
    rooms: ["garden", "long-one"].map((room) =>
      ["log", "person", "reaction", "pin", "noop"].map((table) => roomRows(target.state, room, table)),
    ),
    archive: ["message", "reaction", "pin", "file"].map((table) => databaseRows(target.state, table, "1, 2, 3")),
    people: ["user", "account", "member", "room", "invite"].map((table) => databaseRows(target.state, table)),
  };
  // which marks the archive has is told anew
  const marks = (rooms: Record<string, unknown>[][][]) =>
    rooms.map((tables) => tables.map((rows) => rows.map(({ read_archived: _, ...row }) => row)));
  expect(marks(after.rooms)).toEqual(marks(before.rooms));
  expect(before.rooms[1]![0]!.length).toBeGreaterThanOrEqual(MANY);
  expect(after.people).toEqual(before.people);
  expect(after.archive).toEqual(before.archive);
  // people sign in with what they know, and see what they saw
  const again = await signIn(target.url, "Ada");
  expect(again.userId).toBe(ada.userId);
  for (const room of ["garden", "long-one"])
    expect(strip(await history(target.url, room, again))).toEqual(strip(await history(source.url, room, ada)));
  expect(Buffer.from(await bytesOf(target.url, again, `/api/rooms/garden/files/${fileId}`)).equals(bytes)).toBe(true);
  const found = await call<{ hits: unknown[] }>(target.url, "/api/rooms/garden/search?q=violet", again);
  expect(found.hits.length).toBe(1);
  expect((await call<{ hits: unknown[] }>(target.url, "/api/rooms/garden/search?q=secret", again)).hits).toEqual([]);
  // the rooms go on where they were
  expect(await say(target.url, again, "garden", "and on it goes")).toBe(heads["garden"]! + 1);
});

/** Addresses name the server. */
const strip = (told: unknown): unknown =>
  JSON.parse(JSON.stringify(told).replaceAll(source.url, "").replaceAll(target.url, ""));

test("BK02 kernels go on with the next crank, and runs end as they would have", { timeout: MS_MAX }, async () => {
  // a key of before gets the answer of before; the count goes on
  expect(await increment(target, "garden", kernelRoot, "key-4")).toBe(5);
  expect(await increment(target, "garden", kernelRoot)).toBe(6);
  expect(await rpc(target, "garden", "ping", [])).toBe("pong");
  const demo = (await (await fetch(`${target.url}/kernel/demo`)).json()) as { requestCount: number };
  expect(demo.requestCount).toBe(2);
  const [again, rob] = await Promise.all([signIn(target.url, "Ada"), signIn(target.url, "Bob")]);
  await call(target.url, `/api/rooms/garden/choices/${runs.waiting}`, rob, { choice: "approve" });
  const ended = (run: string) =>
    eventually(
      `the end of ${run}`,
      async () => {
        const { status, output } = await call<{ status: string; output: unknown }>(
          target.url,
          `/api/workflow/runs/${run}/result?waitMs=2000`,
          again,
        );
        return status === "running" || status === "pending" ? undefined : { status, output };
      },
      120_000,
    );
  expect(await ended(runs.waiting)).toEqual({ status: "completed", output: { outcome: "approved", by: "Bob" } });
  expect(await ended(runs.asleep)).toEqual({ status: "completed", output: 46 });
});

test("BK03 a token that is none, a target that is in use, a newer file: refused, and nothing is changed", async () => {
  const wrong = { url: source.url, adminToken: "not-the-token-0123456789" };
  for (const args of [
    ["backup", folder.file("none")],
    ["restore", file, "--yes"],
  ])
    expect(await verb(args, wrong)).toMatchObject({
      status: 1,
      error: expect.stringMatching(/\((?:unauthenticated|forbidden)\)/),
    });
  const before = databaseRows(source.state, "message");
  const used = await verb(["restore", file], source);
  expect(used).toMatchObject({ status: 1, error: expect.stringContaining("(not_empty)") });
  expect(databaseRows(source.state, "message")).toEqual(before);
  const cut = folder.file("cut.backup");
  writeFileSync(cut, readFileSync(file).subarray(0, -5));
  expect(await verb(["restore", cut, "--yes"], source)).toMatchObject({
    status: 1,
    error: expect.stringContaining("(cut)"),
  });
  expect(databaseRows(source.state, "message")).toEqual(before);
});

/** A whole file with these rows of these stores, from a server of these schemas. */
function forge(name: string, schemas: object, ...stores: readonly (readonly [store: string, part: object])[]): string {
  const records = [
    encodeRecord(KIND.HEAD, "", Buffer.from(JSON.stringify({ at: 1, from: "forged", schemas }))),
    ...stores.flatMap(([store, part]) => [
      encodeRecord(KIND.STORE, store, Buffer.alloc(0)),
      encodeRecord(KIND.ROWS, store, Buffer.from(JSON.stringify(part))),
    ]),
  ];
  const bytes = Buffer.concat([MAGIC, ...records]);
  const counts = { HEAD: 1, ...(stores.length > 0 && { STORE: stores.length, ROWS: stores.length }) };
  const end = { records: records.length, bytes: bytes.length, sum: sumOf(bytes), counts };
  writeFileSync(
    folder.file(name),
    Buffer.concat([bytes, encodeRecord(KIND.END, "", Buffer.from(JSON.stringify(end)))]),
  );
  return folder.file(name);
}

test("a file that is whole and says what cannot be is refused by the server, with a code", {
  timeout: MS_MAX,
}, async () => {
  const none = { database: [], room: 0, kernel: 0, stream: 0 };
  const before = databaseRows(target.state, "message");
  for (const schemas of [
    { ...none, database: ["rooms/9999_future.sql"] },
    { ...none, room: 999 },
  ])
    expect(await verb(["restore", forge("newer", schemas), "--yes"], target)).toMatchObject({
      status: 1,
      error: expect.stringContaining("(too_new)"),
    });
  expect(databaseRows(target.state, "message")).toEqual(before);
  const forged: readonly (readonly [string, object])[] = [
    ["archive", { table: "sqlite_master", columns: ["name"], rows: [["x"]] }],
    ["archive", { table: "user", columns: ["id"], rows: [["x"]] }],
    ["archive", { table: "message", columns: ["pk", '"; DROP TABLE user; --'], rows: [[1, 2]] }],
    ["archive", { table: "message", columns: ["pk", "text"], rows: [[1, null]] }],
    ["archive", { table: "message", columns: ["text"], rows: [["without a key"]] }],
    ["archive", { table: "page_views", columns: ["page", "count"], rows: [["a", { b: "not base64!" }]] }],
    ["room:lobby", { table: "meta", columns: ["key", "value"], rows: [[null, { c: 1 }]] }],
    ["room:lobby", { table: "_cf_KV", columns: ["key", "value"], rows: [["a", "b"]] }],
    ["room:../lobby", { table: "meta", columns: ["key", "value"], rows: [["a", "b"]] }],
    ["secrets", { table: "meta", columns: ["key", "value"], rows: [["a", "b"]] }],
  ];
  for (const store of forged)
    expect([store, await verb(["restore", forge("forged", none, store), "--yes"], target)]).toEqual([
      store,
      expect.objectContaining({ status: 1, error: expect.stringContaining("(bad_request)") }),
    ]);
});
