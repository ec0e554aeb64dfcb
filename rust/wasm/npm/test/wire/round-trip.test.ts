// Law 2: decode(encode(x)) = x for any frame, in both directions; and the oracle reads the same out of it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readWire } from "../../../../../tests/oracle/wire-reader.ts";
import type { FrameInit } from "../../src/index.ts";
import { batch, decode, encode, encodeText, LIMIT, WireError } from "../../src/node.ts";
import { plain, readFace, sides, unhex } from "../support.ts";
import { frames, kindsKnown, kindsMade, single, text } from "./arbitrary.ts";

const FLAG_LZ4 = 1;
const FLAG_EXT = 16;

/** What is read when `init` was written; flags are the encoder's choice and taken out. */
function wanted(init: FrameInit): unknown {
  const { kind, seq = 0, ts = 0, id = null, sender = 0, ext = [], body } = init;
  const inner = "list" in body && (kind === "BATCH" || kind === "HISTORY_PAGE");
  const list = inner ? { list: (body.list as readonly FrameInit[]).map(wanted) } : {};
  return {
    ...(plain({ kind, seq, ts, id, sender, ext, body: { ...body } }) as object),
    body: { ...(plain(body) as object), ...list },
  };
}

/** Takes out `flags` of frames, and keeps those of bodies: a page and a person have some of their own. */
function withoutFlags(frame: unknown): unknown {
  if (typeof frame !== "object" || frame === null || !("body" in frame)) return frame;
  const { flags: _, ...rest } = frame as { flags?: number; body: { list?: unknown[] } };
  const list = rest.body.list;
  return { ...rest, body: list === undefined ? rest.body : { ...rest.body, list: list.map(withoutFlags) } };
}

const read = (side: "up" | "down", bytes: Uint8Array) => (readFace(side, bytes) as { decoded?: unknown }).decoded;

test("every kind is tried", () => {
  expect([...kindsMade].sort()).toEqual([...kindsKnown].sort());
});

describe.each(sides)("law 2: %s", (side) => {
  test("decode(encode(x)) = x", () => {
    fc.assert(
      fc.property(frames[side], (init) => {
        const bytes = encode(init);
        expect(withoutFlags(read(side, bytes))).toEqual(wanted(init));
        expect(readWire(side, bytes)).toEqual(readFace(side, bytes));
      }),
      { numRuns: 3_000 },
    );
  });

  test("a frame that was read is written again", () => {
    fc.assert(
      fc.property(frames[side], (init) => {
        const frame = decode(side, encode(init));
        if ("skip" in frame) throw new Error("a known kind is not skipped");
        const again = decode(side, encode(frame as FrameInit));
        expect(plain(again)).toEqual(plain(frame));
      }),
      { numRuns: 500 },
    );
  });
});

describe("flags are set by the encoder", () => {
  const id = unhex("0199a0b0c0d07e0f8011223344556677");
  const flagsOf = (init: FrameInit) => encode(init)[3];

  test("LZ4 where it pays, EXT where there is one", () => {
    expect(flagsOf({ kind: "MSG", id, body: { replyTo: 0, text: "a".repeat(200) } })).toBe(0);
    expect(flagsOf({ kind: "MSG", id, body: { replyTo: 0, text: "a".repeat(300) } })).toBe(FLAG_LZ4);
    const ext = [{ type: 8, bytes: Uint8Array.of(1) }];
    expect(flagsOf({ kind: "MSG", seq: 1, sender: 1, id, ext, body: { replyTo: 0, text: "a" } })).toBe(FLAG_EXT);
  });
});

describe("encodeText writes what encode writes", () => {
  test("for every kind and text", () => {
    const id = unhex("0199a0b0c0d07e0f8011223344556677");
    fc.assert(
      fc.property(
        fc.constantFrom("MSG", "EDIT"),
        fc.maxSafeNat(),
        text(LIMIT.TEXT_BYTES_MAX, 1),
        (kind, number, words) => {
          const init: FrameInit =
            kind === "MSG"
              ? { kind, id, body: { replyTo: number, text: words } }
              : { kind: "EDIT", id, body: { target: number, text: words } };
          expect(encodeText(init.kind as "MSG" | "EDIT", id, number, words)).toEqual(encode(init));
        },
      ),
    );
    for (const kind of ["REACT", "UNREACT"] as const) {
      expect(encodeText(kind, id, 42, "👍🏽")).toEqual(encode({ kind, id, body: { target: 42, emoji: "👍🏽" } }));
    }
  });
});

describe("what no reader would take is not written", () => {
  const id = unhex("0199a0b0c0d07e0f8011223344556677");
  const long = "x".repeat(LIMIT.TEXT_BYTES_MAX + 1);
  const cases: readonly (readonly [string, () => unknown, string])[] = [
    ["a text over the limit", () => encodeText("MSG", id, 0, long), "over_limit"],
    ["a text over the arena", () => encodeText("MSG", id, 0, "x".repeat(2_000_000)), "over_limit"],
    ["an empty text up", () => encodeText("MSG", id, 0, ""), "bad_body"],
    ["a short id", () => encodeText("MSG", id.subarray(1), 0, "x"), "bad_id"],
    ["no id", () => encode({ kind: "MSG", body: { replyTo: 0, text: "x" } }), "bad_id"],
    ["a negative number", () => encode({ kind: "CREDIT", body: { consumed: -1 } }), "bad_varint"],
    ["a fraction", () => encode({ kind: "CREDIT", body: { consumed: 1.5 } }), "bad_varint"],
    ["a number over 2^53-1", () => encode({ kind: "CREDIT", body: { consumed: 2 ** 53 } }), "bad_varint"],
    ["NaN", () => encode({ kind: "CREDIT", body: { consumed: Number.NaN } }), "bad_varint"],
    ["a byte over 255", () => encode({ kind: "TYPING", body: { state: 257 } }), "bad_body"],
    ["an unknown state", () => encode({ kind: "TYPING", body: { state: 2 } }), "bad_body"],
    [
      "a short epoch",
      () => encode({ kind: "RESET", body: { reason: 1, epoch: id, oldestSeq: 1, headSeq: 1, startSeq: 1 } }),
      "bad_body",
    ],
    ["an empty batch", () => encode({ kind: "BATCH", body: { list: [] } }), "bad_body"],
    ["bytes that are no frame in a batch", () => encode({ kind: "BATCH", body: { list: [id] } }), "bad_crc"],
  ];
  test.each(cases)("%s", (_name, write, code) => {
    const error = (() => {
      try {
        return write();
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(WireError);
    expect(error).toMatchObject({ code });
  });
});

describe("law 8: batch", () => {
  /** The frames inside, in order, as the oracle reads them. */
  const unpack = (bytes: Uint8Array): unknown[] => {
    const answer = readWire("down", bytes);
    if (!("decoded" in answer)) throw new Error(JSON.stringify(answer));
    const { kind, body } = answer.decoded;
    return kind === "BATCH" && Array.isArray(body["list"]) ? body["list"] : [answer.decoded];
  };

  test("gives the same frames in order, no more than it must, none above the size", () => {
    fc.assert(
      fc.property(fc.array(single, { maxLength: 30 }), fc.integer({ min: 100, max: 20_000 }), (list, maxBytes) => {
        const whole = list.map((init) => encode(init));
        const packed = batch(1_795_176_000_000, whole, maxBytes);
        expect(packed.flatMap(unpack)).toEqual(whole.flatMap(unpack));
        for (const bytes of packed) expect(bytes.length <= maxBytes || whole.includes(bytes)).toBe(true);
        if (maxBytes > 19_000 && whole.every(({ length }) => length < 500))
          expect(packed.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  test("a run of one is that frame itself", () => {
    const frame = encode({ kind: "CREDIT", body: { consumed: 1 } });
    const ack = encode({ kind: "TYPING", sender: 3, body: { state: 1 } });
    expect(() => batch(1, [frame], 65_536)).toThrow(WireError);
    expect(batch(1, [ack], 65_536)[0]).toBe(ack);
    expect(batch(1, [], 65_536)).toEqual([]);
  });

  test("a size that holds no batch, below zero too, packs nothing", () => {
    const typing = encode({ kind: "TYPING", sender: 3, body: { state: 1 } });
    for (const maxBytes of [0, -1, -65_536, Number.NEGATIVE_INFINITY, Number.NaN])
      expect(batch(1, [typing, typing], maxBytes)).toEqual([typing, typing]);
  });

  test("a time that is none is a varint that is none, and only where a BATCH is written", () => {
    const typing = encode({ kind: "TYPING", sender: 3, body: { state: 1 } });
    for (const ts of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => batch(ts, [typing, typing], 65_536)).toThrow("bad_varint");
      expect(batch(ts, [typing], 65_536)).toEqual([typing]);
    }
  });

  test("a kind that may not stand in a batch goes alone, between its neighbours", () => {
    const typing = encode({ kind: "TYPING", sender: 3, body: { state: 1 } });
    const reset = encode({
      kind: "RESET",
      body: { reason: 2, epoch: new Uint8Array(8), oldestSeq: 1, headSeq: 2, startSeq: 2 },
    });
    const packed = batch(1, [typing, typing, reset, typing], Number.POSITIVE_INFINITY);
    expect(packed.map((bytes) => unpack(bytes).length)).toEqual([2, 1, 1]);
    expect(packed[1]).toBe(reset);
  });
});
