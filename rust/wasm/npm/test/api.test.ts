// The public list: names come and go here on purpose only, and every entry hands on the same.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as kernel from "../src/kernel/node.ts";
import * as node from "../src/node.ts";

const NAMES = [
  "ACK_STATUS",
  "CoreError",
  "Crc32",
  "ERROR_CODE",
  "EXT",
  "FEATURE",
  "FLAG",
  "HISTORY_DIRECTION",
  "KIND",
  "LIMIT",
  "PAGE_FLAG",
  "PERSON_FLAG",
  "PRESENCE_OP",
  "PRESENCE_STATE",
  "REASON",
  "RESET_REASON",
  "ROLE",
  "SYSTEM_EVENT",
  "TYPING_STATE",
  "WELCOME_OUTCOME",
  "WireError",
  "answerOf",
  "batch",
  "crc32",
  "createCrc32",
  "decode",
  "editedExt",
  "encode",
  "encodeText",
  "erasedExt",
  "filesExt",
  "findExt",
  "liveHandles",
  "lz4Compress",
  "lz4Decompress",
  "memoryBytes",
  "readEdited",
  "readErased",
  "readFiles",
  "reasonName",
  "relay",
  "status",
  "uuidBytes",
  "uuidText",
];

const KERNEL_NAMES = [
  "CoreError",
  "KERNEL_FAULT",
  "KernelFault",
  "KernelLoader",
  "KernelMachine",
  "faultName",
  "liveHandles",
];

/** Names that a file takes from api.ts to hand them on; types apart. */
function handedOn(entry: string): { values: string[]; types: string[] } {
  const source = readFileSync(new URL(`../src/${entry}.ts`, import.meta.url), "utf8");
  const list = /export \{([^}]*)\} from "\.\/api\.js"/.exec(source)?.[1] ?? "";
  const names = list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const types = names.filter((name) => name.startsWith("type "));
  return { values: names.filter((name) => !types.includes(name)).sort(), types };
}

/** Types that an api.ts hands on. */
function publicTypes(api: string): string[] {
  const source = readFileSync(new URL(`../src/${api}.ts`, import.meta.url), "utf8");
  const lists = [...source.matchAll(/export (type )?\{([^}]*)\}/g)];
  return lists.flatMap(([, all, names = ""]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && (all !== undefined || name.startsWith("type ")))
      .map((name) => `type ${name.replace(/^type /, "")}`),
  );
}

test("what the Node entries export", () => {
  expect(Object.keys(node).sort()).toEqual([...NAMES, "ready"].sort());
  expect(Object.keys(kernel).sort()).toEqual([...KERNEL_NAMES, "ready"].sort());
});

test.each(["index", "init", "node", "web", "workerd"])("%s hands on the whole list, of both modules", (entry) => {
  expect(handedOn(entry).values).toEqual([...NAMES].sort());
  expect(handedOn(`kernel/${entry}`).values).toEqual([...KERNEL_NAMES].sort());
});

test("index hands on every type", () => {
  expect(handedOn("index").types.sort()).toEqual(publicTypes("api").sort());
  expect(handedOn("kernel/index").types.sort()).toEqual(publicTypes("kernel/api").sort());
});

test("numbers of the protocol, each once", () => {
  for (const table of [node.KIND, node.REASON, node.ERROR_CODE]) {
    const numbers = Object.values(table);
    expect(new Set(numbers).size).toBe(numbers.length);
  }
  expect(Object.values(node.KIND)).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
  expect(Object.values(node.REASON)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test("answers to reasons are those of PROTOCOL.md section 4 and 12", () => {
  const answers = Object.entries(node.REASON).map(([name, reason]) => [name, ...Object.values(node.answerOf(reason))]);
  expect(answers).toEqual([
    ["too_short", 1, true],
    ["too_large", 4, true],
    ["bad_magic", 1, true],
    ["bad_version", 3, true],
    ["bad_crc", 2, true],
    ["reserved_flag", 3, true],
    ["unknown_kind", 3, false],
    ["wrong_direction", 1, true],
    ["bad_varint", 1, true],
    ["bad_id", 1, true],
    ["bad_stamp", 1, true],
    ["bad_ext", 1, true],
    ["unknown_ext", 3, false],
    ["bad_length", 1, true],
    ["body_too_large", 4, true],
    ["bad_lz4", 1, true],
    ["bad_body", 1, true],
    ["over_limit", 4, false],
    ["bad_utf8", 1, true],
    ["bad_inner", 1, true],
  ]);
  expect(new node.WireError(node.REASON.over_limit)).toMatchObject({
    code: "over_limit",
    reason: 18,
    answer: 4,
    fatal: false,
  });
  expect(() => node.reasonName(21)).toThrow(RangeError);
});
