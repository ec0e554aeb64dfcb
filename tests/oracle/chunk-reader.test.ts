// The oracle of long streams on the vectors of rust/chunk/FORMAT.md (section 7): each vector is made anew from its bytes and must come out
// whole, so no field of it goes unread; and the page's laws that need no second implementation.
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { attempt, CODES } from "./chunk-ground.ts";
import {
  DATA_LZ4,
  type Entry,
  find,
  type Index,
  type Rec,
  readIndex,
  readSegment,
  type Stored,
  StreamReader,
} from "./chunk-reader.ts";
import { batches, join, writeIndex, writeSegment, writeStream } from "./chunk-writer.ts";
import { hex, unhex } from "./cursor.ts";

interface Named {
  readonly name: string;
  readonly hex: string;
}

interface RecordsVector extends Named {
  readonly split: number;
  readonly records: readonly Rec[];
  readonly next?: number;
  readonly error?: string;
  readonly budget?: number;
  readonly batches?: readonly number[];
}

interface SegmentVector extends Named {
  readonly first: number;
  readonly chunks: readonly string[];
  readonly lz4: readonly boolean[];
  readonly built: boolean;
  readonly entry: Entry;
  readonly rawBytes: number;
}

interface IndexVector extends Named, Index {
  readonly find: readonly { readonly index: number; readonly entry: number | null }[];
}

type RejectVector = { readonly name: string; readonly error: string; readonly code: number } & (
  | { readonly of: "records" | "segment" | "index"; readonly hex: string }
  | { readonly of: "get"; readonly hex: string; readonly index: number }
  | { readonly of: "range"; readonly hex: string; readonly from: number; readonly to: number }
  | { readonly of: "budget"; readonly budget: number }
);

/** The rows may hold fields that no interface here names: each is compared whole, so such a field is told. */
function load<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8"));
}

const streams = load<RecordsVector>("chunk-records.json");
const segments = load<SegmentVector>("chunk-segments.json");
const indexes = load<IndexVector>("chunk-index.json");
const rejects = load<RejectVector>("chunk-rejects.json");

function pieces(bytes: Uint8Array, split: number): readonly Uint8Array[] {
  if (split === 0) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / split) }, (_, i) => bytes.subarray(i * split, (i + 1) * split));
}

/** All records of a stream, and what came then: nothing, or an error, at which the reader stays. */
function readStream(bytes: Uint8Array, split: number) {
  const reader = new StreamReader();
  const records: Rec[] = [];
  const drain = () => {
    for (let record = reader.next(); record !== undefined; record = reader.next()) records.push(record);
  };
  const failure = attempt(() => {
    for (const piece of pieces(bytes, split)) {
      reader.push(piece);
      drain();
    }
    reader.close();
    drain();
  });
  if (failure !== undefined) {
    reader.push(Uint8Array.of(0));
    expect(attempt(() => reader.next())).toEqual(failure);
  }
  return { records, failure };
}

const dataOf = (records: readonly Rec[]) =>
  records.flatMap((record) => (record.kind === "data" ? [unhex(record.hex)] : []));

/** A writer's answer for the records of a whole stream. */
function written(records: readonly Rec[], budget: number | undefined) {
  const [start] = records;
  const end = records.at(-1);
  if (start?.kind !== "start" || end?.kind !== "end" || budget === undefined) throw new Error("not a whole stream");
  const stream = writeStream(start.first, dataOf(records));
  return { next: end.next, hex: hex(join(...stream)), budget, batches: batches(stream, budget) };
}

test.each(streams)("records: $name", (vector) => {
  const { name, split, budget } = vector;
  const { records, failure } = readStream(unhex(vector.hex), split);
  const rest = failure === undefined ? written(records, budget) : { hex: vector.hex, error: failure.error };
  expect({ name, split, records, ...rest }).toEqual(vector);
});

test.each(segments)("segments: $name", (vector) => {
  const bytes = unhex(vector.hex);
  const { name } = vector;
  const segment = readSegment(bytes);
  const { first, stored, rawBytes } = segment;
  const end = first + stored.length;
  const lz4 = stored.map(({ kind }) => kind === DATA_LZ4);
  const chunks = segment.range(first, end).map(hex);
  const entry = { first, count: stored.length, bytes: bytes.length, crc: crc32(bytes) };
  const again = hex(writeSegment(first, stored, lz4.includes(true)));
  const { built } = vector;
  expect({ name, first, chunks, lz4, hex: again, built, entry, rawBytes }).toEqual(vector);
  expect(segment.range(end, end)).toEqual([]);
});

test("segments: what our builder makes, and what it need not have made", () => {
  expect(segments.filter(({ built }) => built !== true).map(({ name, built }) => [name, built])).toEqual([
    ["blocks-of-another-encoder", false],
    ["compressible-as-it-is", false],
    ["last-token-bits", false],
  ]);
  // section 4: the same chunk is compressed where it is built, so as it is no builder made it
  const chunk = (name: string) => segments.find((vector) => vector.name === name)!;
  expect(chunk("compressible-as-it-is").chunks).toEqual(chunk("text-compressed").chunks);
  expect(chunk("text-compressed").lz4).not.toEqual(chunk("compressible-as-it-is").lz4);
});

test.each(indexes)("index: $name", (vector) => {
  const index = readIndex(unhex(vector.hex));
  const found = vector.find.map(({ index: chunk }) => ({ index: chunk, entry: find(index, chunk) }));
  expect({ name: vector.name, ...index, find: found, hex: hex(writeIndex(index)) }).toEqual(vector);
});

/** What a reject must not do. A segment of `get` and `range` is good, so it is read outside. */
function refused(vector: RejectVector, split: number): unknown {
  if (vector.of === "budget") return attempt(() => batches([], vector.budget));
  const bytes = unhex(vector.hex);
  if (vector.of === "records") return readStream(bytes, split).failure;
  if (vector.of === "index") return attempt(() => readIndex(bytes));
  if (vector.of === "segment") return attempt(() => readSegment(bytes));
  const segment = readSegment(bytes);
  const chunks = (): unknown => {
    if (vector.of === "get") return segment.get(vector.index);
    return vector.of === "range" ? segment.range(vector.from, vector.to) : undefined;
  };
  return attempt(chunks);
}

/** The fields that are the question; the others are the answer. */
function question({ name, of, ...rest }: RejectVector): object {
  const { error: _error, code: _code, ...asked } = rest;
  return { name, of, ...asked };
}

const KEYS = { records: "hex", segment: "hex", index: "hex", get: "hex index", range: "from hex to", budget: "budget" };

test.each(rejects)("rejects: $name", (vector) => {
  for (const split of [0, 1, 7]) {
    expect({ ...question(vector), ...(refused(vector, split) as object) }).toEqual(vector);
  }
  const { name: _name, of, ...asked } = question(vector) as { name: string; of: keyof typeof KEYS };
  expect(Object.keys(asked).sort().join(" ")).toBe(KEYS[of]);
});

test("rejects: every error of the page is given by one", () => {
  expect(new Set(rejects.map(({ error }) => error))).toEqual(new Set(Object.keys(CODES)));
});

describe("laws", () => {
  const small = <T extends Named>(vectors: readonly T[]) => vectors.filter((vector) => vector.hex.length < 250);
  const flips = (bytes: Uint8Array) =>
    Array.from({ length: 8 * bytes.length }, (_, bit) =>
      bytes.map((b, i) => (i === bit >> 3 ? b ^ (1 << (bit % 8)) : b)),
    );
  const prefixes = (bytes: Uint8Array) => Array.from(bytes, (_, length) => bytes.subarray(0, length));
  const truncated = { error: "truncated", code: 1 };

  test("a stream: cut anywhere it is the same, a prefix is truncated, a flipped bit is refused", () => {
    for (const vector of small(streams)) {
      const bytes = unhex(vector.hex);
      const whole = readStream(bytes, 0);
      for (let split = 1; split <= bytes.length; split++) expect(readStream(bytes, split)).toEqual(whole);
      if (whole.failure !== undefined) continue;
      for (const prefix of prefixes(bytes)) {
        const { records, failure } = readStream(prefix, 0);
        expect(failure).toEqual(truncated);
        expect(whole.records.slice(0, records.length)).toEqual(records);
      }
      for (const flipped of flips(bytes)) expect(readStream(flipped, 0).failure).toHaveProperty("code");
    }
  });

  test.each([
    ["segment", small(segments), readSegment],
    ["index", small(indexes), readIndex],
  ] as const)("%s: a prefix is truncated, a flipped bit is refused", (_, vectors, read) => {
    expect(vectors.length).toBeGreaterThan(2);
    for (const bytes of vectors.map((vector) => unhex(vector.hex))) {
      for (const prefix of prefixes(bytes)) expect(attempt(() => read(prefix))).toEqual(truncated);
      for (const flipped of flips(bytes)) expect(attempt(() => read(flipped))).toHaveProperty("code");
    }
  });

  // no vector does: it takes two blocks that claim the largest chunk (section 4, check 12)
  test("a segment that would be too large uncompressed is refused, its blocks untried", () => {
    const claim = (raw: number): Stored => ({ kind: DATA_LZ4, raw, body: new Uint8Array(32_897) });
    const segment = (last: number) => writeSegment(0, [claim(8_388_608), claim(last)], true);
    expect(attempt(() => readSegment(segment(8_388_532)))).toHaveProperty("rawBytes", 16_777_140);
    expect(attempt(() => readSegment(segment(8_388_533)))).toEqual({ error: "too_large", code: 7 });
  });
});
