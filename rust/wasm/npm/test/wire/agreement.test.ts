// Law 9: the core (through the face) and the oracle agree on every input, value or reason. Law 4: a cut or flipped frame is refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../../../../tests/oracle/block.ts";
import { readWire } from "../../../../../tests/oracle/wire-reader.ts";
import type { Side } from "../../src/index.ts";
import { KIND, REASON, reasonName, relay } from "../../src/node.ts";
import { accepts, disagreement, hex, rejects, sides, unhex } from "../support.ts";

const seeds = [...accepts, ...rejects]
  .map((vector) => ({ side: vector.side, bytes: unhex(vector.hex) }))
  .filter(({ bytes }) => bytes.length < 2_000);
const other = (side: Side): Side => (side === "up" ? "down" : "up");

/** `bytes` with a right CRC, so that the checks behind it are reached. */
function signed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const copy = Uint8Array.from(bytes);
  new DataView(copy.buffer).setUint32(copy.length - 4, crc32(copy.subarray(0, -4)), true);
  return copy;
}

const edits = fc.array(
  fc.record({
    at: fc.nat({ max: 2 ** 16 }),
    what: fc.constantFrom("set", "insert", "remove"),
    byte: fc.oneof(fc.constantFrom(0, 1, 0x10, 0x11, 0x7f, 0x80, 0xff), fc.nat({ max: 255 })),
  }),
  { minLength: 1, maxLength: 4 },
);

function edited(bytes: Uint8Array, list: readonly { at: number; what: string; byte: number }[]): Uint8Array {
  const copy = [...bytes];
  for (const { at, what, byte } of list) {
    const place = at % (copy.length + 1);
    if (what === "insert") copy.splice(place, 0, byte);
    else if (what === "remove") copy.splice(place, 1);
    else if (place < copy.length) copy[place] = byte;
  }
  return Uint8Array.from(copy);
}

/** Above this the bytewise oracle is asked about some inputs only; the core is asked about all. */
const ORACLE_BYTES = 600;

/** What is wrong with the answers to bytes that must be refused, or undefined. */
function notRefused(side: Side, bytes: Uint8Array, turn: number): string | undefined {
  const answer = relay.read(side, bytes);
  if (answer >= 0) return `accepted: ${side} ${hex(bytes)}`;
  if (bytes.length > ORACLE_BYTES && turn % 997 !== 0) return undefined;
  const found = readWire(side, bytes);
  return "error" in found && found.error === reasonName(-answer) ? undefined : JSON.stringify({ answer, found });
}

describe("law 4: refused, for the same reason in both", () => {
  test("every accept vector cut at every byte", () => {
    for (const vector of accepts) {
      const bytes = unhex(vector.hex);
      for (let length = 0; length < bytes.length; length++) {
        const problem = notRefused(vector.side, bytes.subarray(0, length), length);
        if (problem !== undefined) expect.fail(`${vector.name} cut at ${length}: ${problem}`);
      }
    }
  });

  test("every accept vector with every bit flipped", () => {
    for (const vector of accepts) {
      const bytes = unhex(vector.hex);
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const problem = notRefused(vector.side, bytes, bit);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        if (problem !== undefined) expect.fail(`${vector.name} with bit ${bit} flipped: ${problem}`);
      }
    }
  });
});

describe("law 9: face and oracle agree", () => {
  test("on every vector in both directions", () => {
    for (const { side, bytes } of seeds) expect(disagreement(other(side), bytes)).toBeUndefined();
  });

  test("on random bytes", () => {
    fc.assert(
      fc.property(fc.constantFrom(...sides), fc.uint8Array({ maxLength: 80 }), (side, bytes) => {
        expect(disagreement(side, bytes)).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });

  test("on random bytes behind a right head and before a right CRC", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...sides),
        fc.nat({ max: 130 }),
        fc.constantFrom(0, 0, 0, 1, 0x10, 0x11, 2),
        fc.uint8Array({ minLength: 9, maxLength: 80 }),
        (side, kind, flags, rest) => {
          expect(disagreement(side, signed(Uint8Array.from([0x57, 1, kind, flags, ...rest])))).toBeUndefined();
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test("on every vector with each byte set to the values at the edges, and a right CRC", () => {
    for (const { side, bytes } of seeds) {
      if (bytes.length > 300) continue;
      for (let at = 0; at < bytes.length - 4; at++) {
        const old = bytes[at]!;
        for (const byte of [0, 1, old - 1, old + 1, old ^ 0x80, 0x7f, 0xff]) {
          const changed = Uint8Array.from(bytes);
          changed[at] = byte;
          const problem = disagreement(side, signed(changed));
          if (problem !== undefined) expect.fail(problem);
        }
      }
    }
  });

  test("on extension blocks: known and unknown, in order or not, more than may be", () => {
    const known = fc.constantFrom("2c01", "2c0107", "00", "01").map(unhex);
    const entry = fc.record({
      type: fc.oneof(
        fc.constantFrom(2, 4, 6),
        fc.nat({ max: 60 }).map((n) => 2 * n),
        fc.nat({ max: 127 }),
      ),
      value: fc.oneof(known, fc.uint8Array({ maxLength: 6 })),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 19 }), fc.boolean(), fc.boolean(), (list, ordered, even) => {
        const chosen = even ? list.filter(({ type }) => type % 2 === 0 && type > 6) : list;
        const entries = ordered ? chosen.toSorted((a, b) => a.type - b.type) : chosen;
        const block = entries.flatMap(({ type, value }) => [type, value.length, ...value]);
        if (block.length > 127) return;
        // MSG down: seq 1, ts 0, an id, sender 1; then the block and the body "hello".
        const frame = [0x57, 1, 4, 0x10, 1, 0, 16, ...new Uint8Array(16), 1, block.length, ...block];
        const bytes = Uint8Array.from([...frame, 7, 0, 5, 104, 101, 108, 108, 111, 0, 0, 0, 0]);
        expect(disagreement("down", signed(bytes))).toBeUndefined();
      }),
      { numRuns: 10_000 },
    );
  });

  test("at the limits of extension blocks", () => {
    const block = (count: number) => Array.from({ length: count }, (_, i) => [8 + 2 * i, 0]).flat();
    const answers = [16, 17].map((count) => {
      const frame = [0x57, 1, 4, 0x10, 1, 0, 16, ...new Uint8Array(16), 1, 2 * count, ...block(count)];
      const bytes = signed(Uint8Array.from([...frame, 3, 0, 1, 104, 0, 0, 0, 0]));
      expect(disagreement("down", bytes)).toBeUndefined();
      return relay.read("down", bytes);
    });
    expect(answers).toEqual([KIND.MSG, -REASON.bad_ext]);
  });

  test("on vectors edited at random, with a right CRC", () => {
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.boolean(), edits, ({ side, bytes }, swap, list) => {
        expect(disagreement(swap ? other(side) : side, signed(edited(bytes, list)))).toBeUndefined();
      }),
      { numRuns: 40_000 },
    );
  });
});
