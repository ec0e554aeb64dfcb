// Checksums, blocks and ids by themselves, against the implementations of others.
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadLz4Wasm } from "../../../../tests/bench/codec/wasm-peers.ts";
import { lz4 as slowLz4 } from "../../../../tests/oracle/block.ts";
import { Refusal } from "../../../../tests/oracle/cursor.ts";
import {
  Crc32,
  crc32,
  createCrc32,
  LIMIT,
  liveHandles,
  lz4Compress,
  lz4Decompress,
  memoryBytes,
  status,
  uuidBytes,
  uuidText,
  WireError,
} from "../src/node.ts";

const compressible = fc
  .tuple(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 8 }), fc.nat({ max: 60 }))
  .map(([pieces, times]) =>
    Uint8Array.from(Array.from({ length: times + 1 }, () => pieces.flatMap((p) => [...p])).flat()),
  );
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 3_000 }), compressible);

describe("crc32", () => {
  test("equals zlib's", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(crc32(bytes)).toBe(zlibCrc32(bytes));
      }),
    );
  });

  test("also above the arena, and in pieces of any size", () => {
    const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * i) >> 5);
    expect(crc32(bytes)).toBe(zlibCrc32(bytes));
    using sum = new Crc32();
    for (let at = 0; at < bytes.length; at += 700_001) sum.update(bytes.subarray(at, at + 700_001));
    expect(sum.digest()).toBe(zlibCrc32(bytes));
    expect(liveHandles()).toBe(1);
  });

  test("of nothing is 0", () => expect(crc32(new Uint8Array(0))).toBe(0));

  test("equals zlib's at every length where the way of summing changes, from any start in memory", () => {
    const bytes = Uint8Array.from({ length: 1_060_000 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 11);
    for (const middle of [0, 64, 2_560, 14_336, 16_384, 65_536, 1_048_576, 1_052_672])
      for (let length = Math.max(0, middle - 33); length <= middle + 33; length++) {
        const piece = bytes.subarray(length % 7, (length % 7) + length);
        if (crc32(piece) !== zlibCrc32(piece)) expect(`${length} bytes`).toBe("equal");
      }
  });

  test("goes on from a sum, as zlib's does", () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, fc.nat({ max: 0xffff_ffff }), (front, back, start) => {
        expect(crc32(back, crc32(front))).toBe(zlibCrc32(Buffer.concat([front, back])));
        expect(crc32(back, start)).toBe(zlibCrc32(back, start));
      }),
    );
  });

  test("createCrc32: pieces of any length give the sum of the whole, in memory that stays as it was", () => {
    const bytes = Uint8Array.from({ length: 9_000_000 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 9);
    const before = memoryBytes();
    for (const part of [997, 65_536, 1_052_672, 1_052_673, 9_000_000]) {
      const sum = createCrc32();
      for (let at = 0; at < bytes.length; at += part) sum.update(bytes.subarray(at, at + part));
      expect(sum.value).toBe(zlibCrc32(bytes));
      expect(sum.finish()).toBe(sum.value);
    }
    expect(memoryBytes()).toBe(before);
    expect(liveHandles()).toBe(0);
  });

  test("createCrc32: sums side by side, empty pieces, a start, and more after the end", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), anyBytes), { maxLength: 12 }), (pieces) => {
        const sums = [createCrc32(), createCrc32(), createCrc32(7)];
        for (const [which, bytes] of pieces) expect(sums[which]!.update(bytes)).toBe(sums[which]);
        for (const [which, sum] of sums.entries()) {
          const own = Buffer.concat(pieces.filter(([at]) => at === which).map(([, bytes]) => bytes));
          expect(sum.finish()).toBe(zlibCrc32(own, which === 2 ? 7 : 0));
          expect(sum.update(own).value).toBe(zlibCrc32(own, zlibCrc32(own, which === 2 ? 7 : 0)));
        }
      }),
    );
  });
});

function outcome(read: () => Uint8Array): Uint8Array | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

/** lz4-wasm puts the raw length, u32 LE, in front of the block. */
function framed(block: Uint8Array, rawBytes: number): Uint8Array {
  const bytes = new Uint8Array(4 + block.length);
  new DataView(bytes.buffer).setUint32(0, rawBytes, true);
  bytes.set(block, 4);
  return bytes;
}

const peer = await loadLz4Wasm();

describe("lz4", () => {
  test("law 7: what we write is read by us, by the oracle and by lz4-wasm", () => {
    fc.assert(
      fc.property(anyBytes, (raw) => {
        const block = lz4Compress(raw);
        expect(lz4Decompress(block, raw.length)).toEqual(raw);
        expect(slowLz4(block, raw.length)).toEqual(raw);
        expect(Uint8Array.from(peer.decompress(framed(block, raw.length)))).toEqual(raw);
      }),
    );
  });

  test("what lz4-wasm writes is read by us", () => {
    fc.assert(
      fc.property(anyBytes, (raw) => {
        expect(lz4Decompress(peer.compress(raw).slice(4), raw.length)).toEqual(raw);
      }),
    );
  });

  test("random and edited blocks: value or refusal as the oracle says", () => {
    const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(anyBytes, fc.array(edit, { maxLength: 3 }), fc.integer({ min: -2, max: 2 }), (raw, edits, off) => {
        const block = Uint8Array.from(lz4Compress(raw));
        for (const { at, byte } of edits) block[at % block.length] = byte;
        const length = Math.max(0, raw.length + off);
        expect(outcome(() => lz4Decompress(block, length))).toEqual(outcome(() => slowLz4(block, length)));
      }),
      { numRuns: 1_000 },
    );
  });

  test("the largest body goes both ways; one byte more is refused", () => {
    const noise = Uint8Array.from(
      { length: LIMIT.BODY_DOWN_BYTES_MAX },
      (_, i) => (Math.imul(i, 2_654_435_761) >>> 13) & 255,
    );
    expect(Buffer.from(lz4Decompress(lz4Compress(noise), noise.length)).equals(noise)).toBe(true);
    expect(outcome(() => lz4Compress(new Uint8Array(noise.length + 1)))).toBe("body_too_large");
    expect(outcome(() => lz4Decompress(Uint8Array.of(0), noise.length + 1))).toBe("body_too_large");
  });

  test.each([-1, 0.5, Number.NaN])("a length of %s is refused", (length) => {
    expect(outcome(() => lz4Decompress(Uint8Array.of(0), length))).toBe("bad_lz4");
  });
});

describe("uuid", () => {
  test("there and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(uuidBytes(uuidText(bytes))).toEqual(bytes);
        expect(uuidBytes(uuidText(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
    expect(uuidText(uuidBytes("0199a0b0-c0d0-7e0f-8011-223344556677")!)).toBe("0199a0b0-c0d0-7e0f-8011-223344556677");
  });

  test.each([
    "",
    "0199a0b0c0d07e0f8011223344556677",
    "0199a0b0-c0d0-7e0f-8011-22334455667",
    "0199a0b0-c0d0-7e0f-8011-22334455667g",
    " 0199a0b0-c0d0-7e0f-8011-223344556677",
  ])("%j is none", (text) => expect(uuidBytes(text)).toBeNull());

  test("other lengths have no text", () => expect(() => uuidText(new Uint8Array(15))).toThrow(RangeError));
});

test("status tells the version of the package", async () => {
  const { default: manifest } = await import("../package.json", { with: { type: "json" } });
  expect(status()).toEqual({ version: manifest.version });
});
