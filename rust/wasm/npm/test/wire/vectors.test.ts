// R01: the vectors give in the face, and in the oracle, what Rust wrote into them.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { crc32 as slowCrc32, lz4 as slowLz4 } from "../../../../../tests/oracle/block.ts";
import { Cursor, Refusal } from "../../../../../tests/oracle/cursor.ts";
import { readWire } from "../../../../../tests/oracle/wire-reader.ts";
import { crc32, decode, encode, lz4Decompress, WireError } from "../../src/node.ts";
import {
  accepts,
  type FrameVector,
  hex,
  type PartVector,
  parts,
  readFace,
  rejects,
  unhex,
  withoutSkippedSeq,
} from "../support.ts";

const expected = ({ decoded, skip, error }: FrameVector) => (skip ? { skip } : error ? { error } : { decoded });

describe("R01: frames", () => {
  test("there are accepts, and the rejects are those of PROTOCOL.md section 17", () => {
    expect(accepts.length).toBeGreaterThan(40);
    const page = readFileSync(new URL("../../../../../wire/PROTOCOL.md", import.meta.url), "utf8");
    const [, count, list = ""] = /The rejects \((\d+), and R1 to R3 of section 18\): ([^.]+)\./.exec(page) ?? [];
    const names = list.split("·").map((name) => name.replace(/\(.*\)/, "").trim());
    expect(names).toHaveLength(Number(count));
    expect(rejects.map(({ name }) => name).sort()).toEqual([...names, "R1", "R2", "R3"].sort());
  });

  test.each([...accepts, ...rejects])("$name", (vector) => {
    const bytes = unhex(vector.hex);
    expect(withoutSkippedSeq(readFace(vector.side, bytes))).toEqual(expected(vector));
    expect(withoutSkippedSeq(readWire(vector.side, bytes))).toEqual(expected(vector));
  });
});

describe("R01: law 3, what is not compressed is written again as the same bytes", () => {
  test.each(accepts)("$name", ({ side, hex: text, skip }) => {
    if (skip || hasCompressedOrSkip(text, side)) return;
    const frame = decode(side, unhex(text));
    if ("skip" in frame) throw new Error("a skip is no frame");
    if ("list" in frame.body && frame.body.list.some((entry) => "skip" in entry)) return;
    expect(hex(encode(frame as Parameters<typeof encode>[0]))).toBe(text);
  });
});

function hasCompressedOrSkip(text: string, side: "up" | "down"): boolean {
  return /"flags":(?:1|17)\b|"skip"/.test(JSON.stringify(readWire(side, unhex(text))));
}

/** What the oracle makes of a part. */
function slowPart({ part, hex: text, rawLen = 0 }: PartVector): number | string {
  const bytes = unhex(text);
  if (part === "crc") return slowCrc32(bytes);
  if (part === "lz4") return hex(slowLz4(bytes, rawLen));
  return new Cursor(bytes, "bad_varint").varint();
}

function facePart({ part, hex: text, rawLen = 0 }: PartVector): number | string {
  return part === "crc" ? crc32(unhex(text)) : hex(lz4Decompress(unhex(text), rawLen));
}

function outcome(read: () => number | string): { value?: number | string; error?: string } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof WireError) return { error: error.code };
    if (error instanceof Refusal) return { error: error.reason };
    throw error;
  }
}

describe("R01: parts", () => {
  test.each(parts())("$part $name", (vector) => {
    const wanted = vector.error === undefined ? { value: vector.value } : { error: vector.error };
    expect(outcome(() => slowPart(vector))).toEqual(wanted);
    // The face has no varint by itself: it stands in every frame.
    if (vector.part !== "varint") expect(outcome(() => facePart(vector))).toEqual(wanted);
  });
});
