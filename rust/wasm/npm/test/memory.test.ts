// What hostile input may not do: make the memory grow, leave a handle behind, or cost more than its length.
import { expect, test } from "vitest";
import { crc32 as slowCrc32 } from "../../../../tests/oracle/block.ts";
import type { Side } from "../src/index.ts";
import { Crc32, crc32, decode, liveHandles, lz4Decompress, memoryBytes, relay, WireError } from "../src/node.ts";
import { accepts, rejects, unhex } from "./support.ts";

function refused(side: Side, bytes: Uint8Array): string {
  try {
    decode(side, bytes);
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return "accepted";
}

/** A MSG up whose compressed body claims `rawLen` bytes from `block`. */
function bomb(rawLen: readonly number[], compLen: readonly number[], block: Uint8Array): Uint8Array {
  const head = [...unhex("5701040100001000112233445566778899aabbccddeeff00"), ...rawLen, ...compLen];
  const bytes = new Uint8Array(head.length + block.length + 4);
  bytes.set(head);
  bytes.set(block, head.length);
  new DataView(bytes.buffer).setUint32(bytes.length - 4, slowCrc32(bytes.subarray(0, -4)), true);
  return bytes;
}

/** A block of one literal and one match that goes on for `length` bytes of 255. */
const endless = (length: number) => Uint8Array.from([0x1f, 0x61, 1, 0, ...new Array<number>(length).fill(255)]);

test("R02: nine bytes that claim 1 GiB are refused and the memory stays", () => {
  const before = memoryBytes();
  expect(refused("up", unhex("570104018080808004"))).toBe("too_short");
  expect(refused("up", bomb([0x80, 0x80, 0x80, 0x80, 0x04], [1], Uint8Array.of(0)))).toBe("bad_length");
  expect(() => lz4Decompress(Uint8Array.of(0x10, 0x61), 2 ** 30)).toThrow(WireError);
  expect(memoryBytes()).toBe(before);
});

test("R04: LZ4 bombs are refused before any output", () => {
  const before = memoryBytes();
  // 1,052 bytes that would give 263 KB, of which a body up may be 32 KiB.
  const block = endless(1_044);
  expect(refused("up", bomb([0xd0, 0x87, 0x10], [0x98, 0x08], block))).toBe("body_too_large");
  // The same with an honest claim that is small enough: it gives more than it says.
  expect(refused("up", bomb([0x80, 0x80, 0x02], [0x98, 0x08], block))).toBe("bad_lz4");
  expect(memoryBytes()).toBe(before);
});

test("100,000 hostile frames leave the memory as it was", () => {
  const before = memoryBytes();
  let state = 0x9e3779b9;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const seeds = [...accepts, ...rejects].map(({ side, hex }) => ({ side, bytes: unhex(hex) }));
  let refusals = 0;
  for (let i = 0; i < 100_000; i++) {
    const { side, bytes } = seeds[random() % seeds.length]!;
    if (bytes.length < 16 || bytes.length > 4_096) continue;
    const copy = Uint8Array.from(bytes);
    for (let edits = random() % 4; edits >= 0; edits--) copy[random() % copy.length] = random();
    new DataView(copy.buffer).setUint32(copy.length - 4, crc32(copy.subarray(0, -4)), true);
    if (relay.read(side, copy) < 0) refusals++;
  }
  expect(refusals).toBeGreaterThan(10_000);
  expect(memoryBytes()).toBe(before);
});

test("frames of every size up to the largest, read and refused, leave the memory as it was", () => {
  const before = memoryBytes();
  for (const length of [65_536, 65_537, 1_048_576, 1_048_577, 1_052_672, 1_052_673, 4_000_000]) {
    expect(refused("down", new Uint8Array(length))).toBe(length > 1_048_576 ? "too_large" : "bad_magic");
  }
  expect(memoryBytes()).toBe(before);
});

test("handles are counted, and given back by `using`", () => {
  expect(liveHandles()).toBe(0);
  {
    using first = new Crc32();
    using second = new Crc32();
    expect(liveHandles()).toBe(2);
    first.update(Uint8Array.of(1, 2)).update(Uint8Array.of(3));
    second.update(Uint8Array.of(1, 2, 3));
    expect(first.digest()).toBe(second.digest());
  }
  expect(liveHandles()).toBe(0);
});

test("a handle is given back when its block fails, and once", () => {
  const sum = new Crc32();
  expect(() => {
    using held = sum;
    held.update(Uint8Array.of(1));
    throw new Error("on the way");
  }).toThrow("on the way");
  expect(liveHandles()).toBe(0);
  sum[Symbol.dispose]();
  expect(liveHandles()).toBe(0);
  expect(() => sum.digest()).toThrow(ReferenceError);
});
