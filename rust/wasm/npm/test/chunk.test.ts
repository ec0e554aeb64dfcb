// The face of streams: what crosses, what is refused and by which number, and who frees the handles. The formats are tested in Rust;
// here the same vectors go through the border.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import type { SegmentEntry } from "../src/chunk/index.ts";
import {
  CHUNK_FAULT,
  CHUNK_LIMIT,
  ChunkFault,
  faultName,
  liveHandles,
  RecordReader,
  RecordWriter,
  Segment,
  SegmentBuilder,
  StreamIndex,
} from "../src/chunk/node.ts";
import { hex, unhex } from "./support.ts";

interface RecordVector {
  readonly name: string;
  readonly hex: string;
  readonly split: number;
  readonly records: readonly { kind: string; first?: number; index?: number; hex?: string; next?: number }[];
  readonly next?: number;
  readonly error?: string;
  readonly budget?: number;
  readonly batches?: readonly number[];
}
interface SegmentVector {
  readonly name: string;
  readonly first: number;
  readonly chunks: readonly string[];
  readonly hex: string;
  readonly built: boolean;
  readonly entry: SegmentEntry;
  readonly rawBytes: number;
}
interface IndexVector {
  readonly name: string;
  readonly closed: boolean;
  readonly chunks: number;
  readonly rawBytes: number;
  readonly entries: readonly SegmentEntry[];
  readonly find: readonly { index: number; entry: number | null }[];
  readonly hex: string;
}
interface RejectVector {
  readonly name: string;
  readonly of: "records" | "segment" | "index" | "budget";
  readonly hex?: string;
  readonly index?: number;
  readonly from?: number;
  readonly to?: number;
  readonly budget?: number;
  readonly error: string;
  readonly code: number;
}

function load<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`../../../../tests/vectors/${name}.json`, import.meta.url), "utf8"));
}

/** The number that a call is refused with; 0 when it is taken. */
function codeOf(call: () => unknown): number {
  try {
    call();
  } catch (error) {
    if (error instanceof ChunkFault) return error.code;
    throw error;
  }
  return 0;
}

/** The same bytes in pieces of `split`; 0: at once. */
function* pieces(bytes: Uint8Array, split: number): Generator<Uint8Array> {
  const step = split === 0 ? Math.max(bytes.length, 1) : split;
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

/** Reads a stream to its end: where it began, its chunks as hex, the index behind them. */
function readAll(bytes: Uint8Array, split: number): { first: number; chunks: string[]; next: number } {
  using reader = new RecordReader();
  const chunks: string[] = [];
  let first: number | null = null;
  for (const piece of pieces(bytes, split)) {
    reader.handleBytes(piece);
    const batch = reader.pollChunks();
    if (batch.chunks.length > 0) {
      first ??= batch.first;
      expect(batch.first).toBe(first + chunks.length);
    }
    chunks.push(...batch.chunks.map(hex));
  }
  reader.pollChunks();
  const ended = reader.ended;
  const next = reader.finish();
  expect(ended).toBe(true);
  return { first: first ?? next, chunks, next };
}

const text = (value: string) => new TextEncoder().encode(value);

beforeEach(() => expect(liveHandles()).toBe(0));

describe("vectors", () => {
  const good = load<RecordVector>("chunk-records").filter(({ error }) => error === undefined);
  test.each(good)("records: $name", ({ hex: bytes, split, records, next, budget, batches }) => {
    const chunks = records.filter(({ kind }) => kind === "data").map((record) => record.hex);
    const first = records[0]!.first!;
    expect(readAll(unhex(bytes), split)).toEqual({ first, chunks, next });
    if (budget === undefined) return;
    using writer = new RecordWriter(first);
    writer.handleChunks(chunks.map((chunk) => unhex(chunk!)));
    expect(writer.handleEnd()).toBe(next);
    const polled: Uint8Array[] = [];
    for (let batch = writer.pollBatch(budget); batch !== null; batch = writer.pollBatch(budget)) polled.push(batch);
    expect(polled.map(({ length }) => length)).toEqual(batches);
    expect(polled.map(hex).join("")).toBe(bytes);
  });
  test("records: some are refused behind good ones, which come first", () => {
    const bad = load<RecordVector>("chunk-records").filter(({ error }) => error !== undefined);
    for (const { hex: bytes, split, records } of bad) {
      using reader = new RecordReader();
      const chunks: string[] = [];
      const code = codeOf(() => {
        for (const piece of pieces(unhex(bytes), split)) {
          reader.handleBytes(piece);
          chunks.push(...reader.pollChunks().chunks.map(hex));
        }
        reader.pollChunks();
        reader.finish();
      });
      expect(code).toBeGreaterThan(0);
      expect(chunks).toEqual(records.filter(({ kind }) => kind === "data").map((record) => record.hex));
    }
  });
  test.each(load<SegmentVector>("chunk-segments"))("segments: $name", (vector) => {
    using segment = new Segment(unhex(vector.hex));
    const { first, count } = segment.entry;
    expect(segment.entry).toEqual(vector.entry);
    expect(segment.rawBytes).toBe(vector.rawBytes);
    expect(segment.range(first, first + count).map(hex)).toEqual(vector.chunks);
    expect(hex(segment.get(first + count - 1))).toBe(vector.chunks.at(-1));
    expect(segment.range(first, first)).toEqual([]);
    if (!vector.built) return;
    using builder = new SegmentBuilder(vector.first);
    expect(builder.push(vector.chunks.map(unhex))).toBe(vector.chunks.length);
    const sealed = builder.finish();
    expect(sealed).toMatchObject({ entry: vector.entry, rawBytes: vector.rawBytes });
    expect(hex(sealed!.bytes)).toBe(vector.hex);
  });
  test.each(load<IndexVector>("chunk-index"))("index: $name", (vector) => {
    using index = new StreamIndex(unhex(vector.hex));
    const { closed, chunks, rawBytes, entries } = vector;
    expect(index).toMatchObject({ closed, chunks, rawBytes, entries });
    for (const { index: at, entry } of vector.find)
      expect(index.find(at)).toEqual(entry === null ? null : vector.entries[entry]);
    expect(hex(index.encode())).toBe(vector.hex);
  });
  test.each(load<RejectVector>("chunk-rejects"))(
    "refused: $name",
    ({ of, hex: bytes = "", index, from, to, budget, code }) => {
      expect(
        codeOf(() => {
          if (of === "records") readAll(unhex(bytes), 0);
          else if (of === "index") {
            using made = new StreamIndex(unhex(bytes));
            made.encode();
          } else if (of === "budget") {
            using writer = new RecordWriter(0);
            writer.pollBatch(budget!);
          } else {
            using segment = new Segment(unhex(bytes));
            if (index !== undefined) segment.get(index);
            else if (from !== undefined) segment.range(from, to!);
          }
        }),
      ).toBe(code);
    },
  );
});

test("numbers of faults are those of rust/chunk/src/error.rs", () => {
  const source = readFileSync(new URL("../../../chunk/src/error.rs", import.meta.url), "utf8");
  const rust = [...source.matchAll(/^ {4}(\w+) = (\d+),$/gm)].map(([, name, code]) => [name, Number(code)]);
  expect(Object.entries(CHUNK_FAULT)).toEqual(rust);
  expect(faultName(13)).toBe("TooMany");
  expect(() => faultName(14)).toThrow(RangeError);
});

test("limits are those of rust/chunk/src/limit.rs", () => {
  const source = readFileSync(new URL("../../../chunk/src/limit.rs", import.meta.url), "utf8");
  const value = (term: string) => {
    const [base, shift] = term.replaceAll("_", "").split(" << ").map(Number);
    return base! * 2 ** (shift ?? 0);
  };
  for (const [name, limit] of Object.entries(CHUNK_LIMIT)) {
    const found = new RegExp(`pub const ${name}: \\w+ = ([\\d_]+(?: << \\d+)?);`).exec(source);
    expect([name, value(found![1]!)]).toEqual([name, limit]);
  }
});

test("what is no index is refused", () => {
  for (const first of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    expect(codeOf(() => new RecordWriter(first))).toBe(CHUNK_FAULT.OutOfRange);
    expect(codeOf(() => new SegmentBuilder(first))).toBe(CHUNK_FAULT.OutOfRange);
  }
  expect(codeOf(() => new RecordWriter(2 ** 53 - 1)[Symbol.dispose]())).toBe(0);
});

test("a batch of chunks stops at the one that is refused; those before it are in", () => {
  using writer = new RecordWriter(7);
  const large = new Uint8Array(CHUNK_LIMIT.CHUNK_BYTES_MAX + 1);
  expect(codeOf(() => writer.handleChunks([text("one"), text(""), large, text("four")]))).toBe(CHUNK_FAULT.TooLarge);
  expect(writer.next).toBe(9);
  using builder = new SegmentBuilder(0);
  expect(codeOf(() => builder.push([text("one"), large]))).toBe(CHUNK_FAULT.TooLarge);
  expect(builder.count).toBe(1);
});

test("a full segment takes no more, and says how many are in", () => {
  using builder = new SegmentBuilder(0);
  const many = Array.from({ length: CHUNK_LIMIT.SEGMENT_CHUNKS_MAX + 5 }, () => new Uint8Array(0));
  expect(builder.push(many)).toBe(CHUNK_LIMIT.SEGMENT_CHUNKS_MAX);
  using large = new SegmentBuilder(0);
  const half = new Uint8Array(CHUNK_LIMIT.CHUNK_BYTES_MAX);
  expect(large.push([half, half])).toBe(1);
  using none = new SegmentBuilder(3);
  expect(none.finish()).toBeNull();
});

test("chunks that are handed out have buffers of their own", () => {
  using writer = new RecordWriter(0);
  writer.handleChunks([text("one"), text("two")]);
  using reader = new RecordReader();
  const bytes = writer.pollBatch(1_024)!;
  reader.handleBytes(bytes.subarray(0, 23));
  expect([reader.pollChunks().chunks.length, reader.started]).toEqual([0, false]);
  reader.handleBytes(bytes.subarray(23));
  const [one, two] = reader.pollChunks().chunks;
  expect(reader.started).toBe(true);
  expect(one!.buffer.byteLength).toBe(3);
  one!.fill(0);
  expect(new TextDecoder().decode(two)).toBe("two");
});

test("handles are counted, and given back by `using`, by `finish` and by a refusal", () => {
  {
    using writer = new RecordWriter(0);
    using reader = new RecordReader();
    using builder = new SegmentBuilder(0);
    using index = new StreamIndex();
    expect(liveHandles()).toBe(4);
    builder.push([text("one")]);
    const sealed = builder.finish()!;
    index.push(sealed.entry, sealed.rawBytes);
    index.close();
    expect(codeOf(() => index.push({ ...sealed.entry, first: 1 }, 3))).toBe(CHUNK_FAULT.AfterEnd);
    expect(codeOf(() => reader.finish())).toBe(CHUNK_FAULT.Truncated);
    expect(liveHandles()).toBe(2);
    expect(() => reader.pollChunks()).toThrow(ReferenceError);
    writer[Symbol.dispose]();
    expect(() => writer.next).toThrow(ReferenceError);
  }
  expect(liveHandles()).toBe(0);
  expect(codeOf(() => new Segment(text("FSG1")))).toBe(CHUNK_FAULT.Truncated);
  expect(codeOf(() => new StreamIndex(text("FIX1")))).toBe(CHUNK_FAULT.Truncated);
  expect(liveHandles()).toBe(0);
});
