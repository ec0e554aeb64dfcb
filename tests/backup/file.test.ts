// The file of a backup by itself: the vectors, every byte that may be damaged, every place where it may be cut, and the limits of what is
// read from it. No server.
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  BODY_BYTES_MAX,
  BYTES_MAX,
  encodeRecord,
  KEY_BYTES_MAX,
  KIND,
  MAGIC,
  NAMES,
  ROWS_MAX,
  sumOf,
} from "../../worker-ts/bin/backup/format.mjs";
import { survey, walk } from "../../worker-ts/bin/backup/walk.mjs";
import { random } from "./random.ts";
import { call, Folder } from "./verbs.ts";

interface Case {
  readonly name: string;
  readonly hex: string;
  readonly kinds?: readonly string[];
  readonly refused?: string;
}

const { cases } = JSON.parse(readFileSync(new URL("../vectors/backup.json", import.meta.url), "utf8")) as {
  cases: readonly Case[];
};

const folder = new Folder();
const file = folder.file("vector");

/** The records of these bytes, or the code that they are refused with. */
async function read(bytes: Uint8Array): Promise<string[] | string> {
  writeFileSync(file, bytes);
  const kinds: string[] = [];
  try {
    for await (const { kind } of walk(file)) kinds.push(NAMES[kind]!);
    return kinds;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code;
  }
}

describe("vectors", () => {
  test.each(cases)("BK05 $name", async ({ hex, kinds, refused }) => {
    expect(await read(Buffer.from(hex, "hex"))).toEqual(kinds ?? refused);
  });
});

const good = Buffer.from(cases[0]!.hex, "hex");

test("BK06 a file that is cut anywhere is refused, and one with any byte changed", async () => {
  for (let length = 0; length < good.length; length++)
    expect([length, await read(good.subarray(0, length))]).toEqual([length, expect.any(String)]);
  const chance = random(9);
  for (let at = 0; at < good.length; at++) {
    const damaged = Buffer.from(good);
    damaged[at]! ^= 1 + Math.floor(chance() * 255);
    expect([at, await read(damaged)]).toEqual([at, expect.any(String)]);
  }
});

/** A file of these records, with its right end. */
function fileOf(...records: readonly (readonly [kind: number, key: string, body: string | Uint8Array])[]): Buffer {
  const encoded = records.map(([kind, key, body]) => encodeRecord(kind, key, Buffer.from(body)));
  const bytes = Buffer.concat([MAGIC, ...encoded]);
  const counts: Record<string, number> = {};
  for (const [kind] of records) counts[NAMES[kind]!] = (counts[NAMES[kind]!] ?? 0) + 1;
  const end = { records: records.length, bytes: bytes.length, sum: sumOf(bytes), counts };
  return Buffer.concat([bytes, encodeRecord(KIND.END, "", Buffer.from(JSON.stringify(end)))]);
}

const head = [KIND.HEAD, "", JSON.stringify({ at: 1, from: "", schemas: { database: [] } })] as const;
const store = [KIND.STORE, "archive", ""] as const;
const rows = (count: number) =>
  [
    KIND.ROWS,
    "archive",
    JSON.stringify({ table: "t", columns: ["a"], rows: Array.from({ length: count }, () => [1]) }),
  ] as const;
const object = (size: number) => [KIND.OBJECT, "files/a", JSON.stringify({ size, http: {}, custom: {} })] as const;

test("BK07 the limits of what is read: each is kept, and crossed", async () => {
  expect(await read(fileOf(head, store, rows(ROWS_MAX)))).toHaveLength(4);
  expect(await read(fileOf(head, store, rows(ROWS_MAX + 1)))).toBe("malformed");
  expect(await read(fileOf(head, object(BYTES_MAX), [KIND.BYTES, "", new Uint8Array(BYTES_MAX)]))).toHaveLength(4);
  expect(await read(fileOf(head, object(BYTES_MAX + 1), [KIND.BYTES, "", new Uint8Array(BYTES_MAX + 1)]))).toBe(
    "malformed",
  );
  expect(await read(fileOf(head, [KIND.STORE, "a".repeat(KEY_BYTES_MAX), ""]))).toHaveLength(3);
  expect(() => encodeRecord(KIND.STORE, "a".repeat(KEY_BYTES_MAX + 1), Buffer.alloc(0))).toThrow("too large");
  expect(() => encodeRecord(KIND.ROWS, "", Buffer.alloc(BODY_BYTES_MAX + 1))).toThrow("too large");
});

test("uploads are held against the sums of the directory, and those that differ are named", async () => {
  const plan = new Uint8Array(BYTES_MAX + 5).fill(7);
  const sums = [
    ["a", sumOf(plan)],
    ["b", sumOf(plan)],
    ["old", null],
    ["short", sumOf(plan)],
  ].map(([id, crc]) => ["den", crc, id]);
  const table = JSON.stringify({ table: "file", columns: ["room_id", "crc", "id"], rows: sums });
  const others = JSON.stringify({ table: "file", columns: ["room_id", "id"], rows: [["den", "c"]] });
  const upload = (name: string, bytes: Uint8Array) =>
    [
      [KIND.OBJECT, `files/${name}`, JSON.stringify({ size: bytes.length, http: {}, custom: {} })],
      [KIND.BYTES, "", bytes.subarray(0, BYTES_MAX)],
      ...(bytes.length > BYTES_MAX ? [[KIND.BYTES, "", bytes.subarray(BYTES_MAX)] as const] : []),
    ] as const;
  const flipped = plan.slice();
  flipped[flipped.length - 1]! ^= 1;
  const objects = [
    ...upload("avatars/ann", flipped),
    ...upload("files/den/a", plan),
    ...upload("files/den/b", flipped),
    ...upload("files/den/c", flipped),
    ...upload("files/den/old", flipped),
    ...upload("files/den/short", plan.subarray(0, 9)),
  ];
  const directory = [KIND.STORE, "directory", ""] as const;
  const tables = [[KIND.ROWS, "directory", table] as const, [KIND.ROWS, "directory", others] as const];
  writeFileSync(file, fileOf(head, directory, ...tables, ...objects));
  expect((await survey(file)).damaged).toEqual(["files/den/b", "files/den/short"]);
  expect(await call(["backup", "--verify", file])).toMatchObject({
    status: 0,
    out: expect.stringContaining("whole"),
    error: expect.stringContaining("not what was uploaded (2): files/den/b, files/den/short"),
  });
});

test("BK18 an upload that the directory names and that is not there is named, by a backup and by a restore", async () => {
  const table = JSON.stringify({
    table: "file",
    columns: ["room_id", "crc", "id"],
    rows: [
      ["den", 1, "gone"],
      ["den", null, "gone-of-old"],
      ["den", sumOf(Buffer.from("here")), "here"],
    ],
  });
  writeFileSync(
    file,
    fileOf(
      head,
      [KIND.STORE, "directory", ""],
      [KIND.ROWS, "directory", table],
      [KIND.OBJECT, "files/files/den/here", JSON.stringify({ size: 4, http: {}, custom: {} })],
      [KIND.BYTES, "", "here"],
    ),
  );
  expect(await survey(file)).toMatchObject({ damaged: [], missing: ["files/den/gone", "files/den/gone-of-old"] });
  expect(await call(["backup", "--verify", file])).toMatchObject({
    status: 0,
    error: expect.stringContaining(
      "not there, though the directory names them (2): files/den/gone, files/den/gone-of-old",
    ),
  });
});

test("the verbs say it with a code, and how they are called", async () => {
  writeFileSync(file, good.subarray(0, -1));
  expect(await call(["backup", "--verify", file])).toMatchObject({
    status: 1,
    error: expect.stringContaining("(cut)"),
  });
  writeFileSync(file, good);
  expect(await call(["backup", "--verify", file])).toMatchObject({ status: 0, out: expect.stringContaining("whole") });
  expect(await call(["backup", "--list", file])).toMatchObject({
    status: 0,
    out: expect.stringContaining("room person"),
  });
  expect(await call(["backup"])).toMatchObject({ status: 2, error: expect.stringContaining("ferrule backup FILE") });
  expect(await call(["restore", "a", "b"])).toMatchObject({
    status: 2,
    error: expect.stringContaining("ferrule restore FILE"),
  });
  expect(await call(["restore", "--give-up", file])).toMatchObject({
    status: 2,
    error: expect.stringContaining("ferrule restore --give-up"),
  });
  expect(await call(["restore", folder.file("none")], { url: "http://localhost:1", adminToken: "x" })).toMatchObject({
    status: 1,
    error: expect.stringContaining("(no_file)"),
  });
  expect((await survey(file)).stores).toEqual({ room: 1 });
  folder[Symbol.dispose]();
});
