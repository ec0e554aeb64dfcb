// The inspector against the shared vectors: rows cover every byte once, say what the decoder says, and name the reason of a refusal.
import { readFileSync } from "node:fs";
import { crc32, decode, encode, type KindName, REASON, type Side, WireError } from "@ferrule/core";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { fromHex, toHex } from "../hex";
import { explainFrame, guessSide } from "./explain";
import { allRows, type Explanation, pathOf, type Row } from "./row";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
interface Decoded {
  readonly kind: KindName;
  readonly ext: readonly { readonly type: number; readonly bytes: string }[];
  readonly [field: string]: Json;
}
interface Vector {
  readonly name: string;
  readonly side: "up" | "down";
  readonly hex: string;
  readonly decoded?: Decoded;
  readonly skip?: true;
  readonly error?: keyof typeof REASON;
}

const vectors = (file: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`../../../../tests/vectors/${file}`, import.meta.url), "utf8"));
const frames = vectors("wire-frames.json");
const rejects = vectors("wire-rejects.json");
const bytesOf = ({ hex }: Pick<Vector, "hex">): Uint8Array => fromHex(hex)!;
const explain = (vector: Vector): Explanation => explainFrame(vector.side, bytesOf(vector));

/** The law: rows stand one behind the other, from the first byte to the last, and hold what stands there. */
function covers(rows: readonly Row[], bytes: Uint8Array): void {
  let at = 0;
  for (const row of rows) {
    // Plain comparisons: an assertion for every row of every changed frame would take longer than the test itself.
    if (row.offset !== at || (row.bytes === "" && row.fault === undefined))
      expect.fail(`${pathOf(row)} is not at ${at}`);
    at += row.bytes.length / 2;
    if (row.inflated !== undefined) covers(row.inflated.rows, row.inflated.bytes);
  }
  expect(rows.map((row) => row.bytes).join("")).toBe(toHex(bytes));
}

/** What the vectors say of a frame, field by field in the order of the wire, without counts and lengths. */
function told(value: Json, name = ""): (readonly [name: string, value: Json])[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry: Json) => told(entry, name === "refs" ? "ref" : name));
  }
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, entry]) => told(entry, key));
  return [[name, value]];
}

/** Fields that are how the wire spells a frame, not what it says. */
const SPELLING = /^(?:magic|version|idLen|extLen|bodyLen|rawLen|compLen|block|count|len|crc|rest)$/;

/** What the rows say, in the same shape. */
function said(rows: readonly Row[]): (readonly [name: string, value: Json])[] {
  return rows.flatMap((row): (readonly [string, Json])[] => {
    if (row.inflated !== undefined) return said(row.inflated.rows);
    if (SPELLING.test(row.name) || row.within.includes("ext")) return [];
    const bare = row.name === "id" ? String(row.value).replaceAll("-", "") : row.value;
    return [[row.name, row.name === "kind" ? row.note : bare]];
  });
}

describe("frames that are accepted", () => {
  test.each(frames)("$name: rows cover it, and none is at fault", (vector) => {
    const explanation = explain(vector);
    covers(explanation.rows, bytesOf(vector));
    expect(explanation.refusal).toBeUndefined();
    expect(explanation.verdict).toBe(vector.skip === true ? "skipped" : "accepted");
    expect(explanation.crc?.ok).toBe(true);
    expect(allRows(explanation.rows).filter((row) => row.fault !== undefined)).toEqual([]);
  });

  test.each(frames.filter(({ decoded }) => decoded !== undefined))(
    "$name: rows say what the decoder says",
    (vector) => {
      const inSkip = JSON.stringify(vector.decoded).includes('"skip":true');
      const { ext: _ext, ...decoded } = vector.decoded!;
      const without = (entries: (readonly [string, Json])[]) =>
        entries.filter(([name, value]) => !(name === "id" && value === null));
      const expected = without(told(dropExt(decoded)));
      const rows = said(explain(vector).rows);
      // A frame that is skipped says nothing; its rows show its kind and seq all the same.
      if (!inSkip) expect(rows).toEqual(expected);
    },
  );

  it("tells LZ4's gain, and the sizes of a body that is not compressed", () => {
    const packed = explain(frames.find(({ name }) => name === "E9")!);
    expect(packed.body).toEqual({ lz4: true, wire: 23, raw: 323, ratio: 23 / 323 });
    expect(packed.rows.find((row) => row.name === "block")?.inflated?.rows.map(({ name }) => name)).toEqual([
      "replyTo",
      "text",
    ]);
    expect(explain(frames.find(({ name }) => name === "E3")!).body).toEqual({ lz4: false, wire: 7, raw: 7, ratio: 1 });
  });

  it("knows the side of every frame by itself", () => {
    const known = [...frames.filter(({ skip }) => skip !== true), ...rejects.filter(({ name }) => /^R\d$/.test(name))];
    expect(known.filter((vector) => guessSide(bytesOf(vector)) !== vector.side).map(({ name }) => name)).toEqual([]);
  });
});

function dropExt(value: Json): Json {
  if (Array.isArray(value)) return value.map(dropExt);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (key === "ext" ? [] : [[key, dropExt(entry)]])),
  );
}

describe("frames that are refused", () => {
  test.each(rejects)("$name: the reason, its number and the answer", (vector) => {
    const explanation = explain(vector);
    if (vector.hex !== "") covers(explanation.rows, bytesOf(vector));
    expect(explanation.verdict).toBe("refused");
    expect(explanation.refusal).toMatchObject({ reason: vector.error, number: REASON[vector.error!] });
    expect(explanation.summary).toContain(`refused: ${vector.error}`);
  });

  test("the field that is to blame is found", () => {
    const blamed = Object.fromEntries(rejects.map((vector) => [vector.name, explain(vector).refusal?.field]));
    expect(blamed).toMatchInlineSnapshot(`
      {
        "12-bytes": "frame",
        "R1": "compLen",
        "R2": "crc",
        "R3": "seq",
        "ack-seq-1": "seq",
        "batch-empty": "body › count",
        "batch-in-batch": "body › list[0] › BATCH › kind",
        "batch-inner-bad-kind": "body › list[0] › frame › kind",
        "body-bit-flipped": "crc",
        "body-short": "bodyLen",
        "body-trailing": "bodyLen",
        "comp-not-smaller": "compLen",
        "comp-zero": "compLen",
        "crc-big-endian": "crc",
        "crc-zero": "crc",
        "down-1048577": "frame",
        "empty": "frame",
        "ext-1025": "extLen",
        "ext-cut": "ext › [0] › len",
        "ext-descending": "ext › [1] › type",
        "ext-empty": "extLen",
        "ext-odd-unknown": "ext › [0] › type",
        "ext-repeated": "ext › [1] › type",
        "flag-04": "flags",
        "flag-80": "flags",
        "flag-dict": "flags",
        "hello-down": "kind",
        "hello-maxframe-small": "body › maxFrame",
        "hello-zero-epoch-with-seq": "body › lastSeq",
        "id-bit-flipped": "crc",
        "idlen-1": "idLen",
        "idlen-17": "idLen",
        "kind-0": "kind",
        "kind-128": "kind",
        "kind-23": "kind",
        "kind-255": "kind",
        "kind-63": "kind",
        "list-1025": "body › count",
        "list-count-over-rest": "body › count",
        "lz4-cut": "block",
        "lz4-end-in-match": "block",
        "lz4-last-token-low-nibble": "block",
        "lz4-offset-0": "block",
        "lz4-offset-before-start": "block",
        "lz4-output-long": "block",
        "lz4-output-short": "block",
        "magic-56": "magic",
        "msg-bad-utf8": "body › text",
        "msg-down-seq-0": "seq",
        "msg-surrogate": "body › text",
        "msg-text-16385": "body › text",
        "msg-text-empty-up": "body › text",
        "msg-without-id": "idLen",
        "nine-byte-1-GiB-claim": "frame",
        "page-in-batch": "body › list[0] › HISTORY_PAGE › kind",
        "presence-op-9": "body › op",
        "raw-1-GiB-of-1-byte": "compLen",
        "raw-over-255x": "compLen",
        "raw-over-limit": "rawLen",
        "react-65-bytes": "body › emoji",
        "react-space": "body › emoji",
        "seq-2^53": "seq",
        "seq-9-bytes": "seq",
        "seq-overlong": "seq",
        "typing-with-id": "idLen",
        "up-65537": "frame",
        "up-sender-7": "sender",
        "up-seq-1": "seq",
        "varint-runs-off": "body › consumed",
        "version-0": "version",
        "version-2": "version",
        "welcome-up": "kind",
      }
    `);
  });

  it("blames a bad frame inside a good one by the field that is bad in it", () => {
    const bytes = bytesOf(frames.find(({ name }) => name === "E10")!);
    const emoji = explainFrame("down", bytes).rows.findIndex((row) => row.name === "emoji");
    const { offset } = explainFrame("down", bytes).rows[emoji]!;
    bytes[offset + 1] = 0x20;
    const { refusal } = explainFrame("down", signed(bytes));
    expect(refusal).toMatchObject({ reason: "bad_inner", field: "body › list[1] › REACT › body › emoji", offset });
  });
});

/** The same with a right checksum. */
function signed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

describe("whatever is handed in", () => {
  /** Short enough to be changed at every byte. */
  const short = frames.filter(({ hex }) => hex.length < 400);

  it("covers every byte of every short frame with one byte changed or the tail cut, and says what the core says", () => {
    for (const vector of short) {
      const good = bytesOf(vector);
      for (let at = 0; at < good.length - 4; at += 1) {
        for (const change of [(byte: number) => byte ^ 1, (byte: number) => byte ^ 0x80, () => 0, () => 0xff]) {
          const bad = good.slice();
          bad[at] = change(bad[at]!);
          agrees(vector.side, signed(bad));
        }
        agrees(vector.side, signed(good.slice(0, at)));
      }
    }
  });

  it("covers noise", () => {
    fc.assert(
      fc.property(fc.constantFrom<Side>("up", "down"), fc.uint8Array({ maxLength: 200 }), (side, noise) => {
        agrees(side, noise);
        agrees(side, signed(Uint8Array.of(0x57, 1, ...noise)));
      }),
    );
  });

  function agrees(side: Side, bytes: Uint8Array): void {
    const { rows, verdict, refusal } = explainFrame(side, bytes);
    covers(rows, bytes);
    let reason: string | undefined;
    try {
      decode(side, bytes);
    } catch (error) {
      reason = error instanceof WireError ? error.code : String(error);
    }
    expect(refusal?.reason).toBe(reason);
    // What the core accepts has no field that this reader finds bad.
    if (verdict === "accepted") expect(allRows(rows).find((row) => row.fault !== undefined)).toBeUndefined();
    // What it refuses has one, but for the rules that hold between the frames of a list.
    else if (reason !== undefined && reason !== "bad_inner" && bytes.length > 0)
      expect(
        allRows(rows).some(({ fault }) => fault === reason),
        `${side} ${toHex(bytes)}: ${reason}`,
      ).toBe(true);
  }
});

describe("worked examples of PROTOCOL.md section 18", () => {
  test.each(["E4", "E7", "E9", "E10", "R1", "R2", "R3"])("%s", (name) => {
    const vector = [...frames, ...rejects].find((one) => one.name === name)!;
    const { rows, summary, refusal } = explain(vector);
    const lines = (list: readonly Row[], indent: string): string[] =>
      list.flatMap((row) => [
        `${indent}${String(row.offset).padStart(3)} ${pathOf(row)} = ${row.value}${row.note === "" ? "" : ` (${row.note})`}${row.fault === undefined ? "" : ` !${row.fault}`}`,
        ...lines(row.inflated?.rows ?? [], `${indent}    `),
      ]);
    expect([summary, refusal?.field ?? "", ...lines(rows, "")].join("\n")).toMatchSnapshot();
  });
});

test("of a list the first entry is told in the summary: who, and up to where", () => {
  const list = [
    { ref: 7, upTo: 42 },
    { ref: 8, upTo: 41 },
  ];
  const { summary } = explainFrame("down", encode({ kind: "RECEIPT", body: { list } }));
  expect(summary).toBe("RECEIPT down: count 2, ref 7, upTo 42");
});
