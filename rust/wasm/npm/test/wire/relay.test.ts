// The relay: facts without objects, one own copy per stamp, and an end to facts whose bytes have gone.
import { expect, test } from "vitest";
import { readWire } from "../../../../../tests/oracle/wire-reader.ts";
import { batch, crc32, decode, editedExt, encode, encodeText, KIND, REASON, relay, WireError } from "../../src/node.ts";
import { accepts, hex, unhex } from "../support.ts";

const id = unhex("0199a0b0c0d07e0f8011223344556677");
const hello = encodeText("MSG", id, 7, "hello");
const TS = 1_795_176_000_250;

test("facts of a message up", () => {
  expect(relay.read("up", hello)).toBe(KIND.MSG);
  expect([relay.seq(), relay.ts(), relay.sender()]).toEqual([0, 0, 0]);
  expect(relay.id()).toEqual(id);
  expect(relay.number(0)).toBe(7);
  expect(relay.text(0)).toBe("hello");
});

test("bodySum is the sum of the body section: its length, replyTo, the text's length and the text", () => {
  const sum = crc32(unhex("07070568656c6c6f"));
  relay.read("up", hello);
  expect(relay.bodySum()).toBe(sum);
});

test("facts of a compressed message", () => {
  const words = "ferrule ".repeat(40);
  expect(relay.read("up", encodeText("EDIT", id, 9, words))).toBe(KIND.EDIT);
  expect([relay.number(0), relay.text(0)]).toEqual([9, words]);
});

test("both strings of a WELCOME", () => {
  const { hex: bytes } = accepts.find(({ decoded }) => (decoded as { kind?: string } | undefined)?.kind === "WELCOME")!;
  expect(relay.read("down", unhex(bytes))).toBe(KIND.WELCOME);
  const { body } = decode("down", unhex(bytes)) as { body: { roomId: string; title: string; slowModeMs: number } };
  relay.read("down", unhex(bytes));
  expect([relay.text(0), relay.text(1), relay.number(11)]).toEqual([body.roomId, body.title, body.slowModeMs]);
});

test("law 5: a stamped frame keeps kind, id and body, and has the new place", () => {
  for (const { side, hex: text, decoded } of accepts) {
    const { kind, id: frameId, body } = (decoded ?? {}) as { kind?: string; id?: string; body?: unknown };
    if (side !== "up" || !["MSG", "EDIT", "DELETE", "REACT", "UNREACT"].includes(kind ?? "")) continue;
    relay.read("up", unhex(text));
    const stamped = relay.stamp(42, TS, 7);
    expect(readWire("down", stamped)).toMatchObject({
      decoded: { kind, id: frameId, body, seq: 42, ts: TS, sender: 7, ext: [] },
    });
  }
});

test("refusals and skips are numbers", () => {
  expect(relay.read("up", new Uint8Array(3))).toBe(-REASON.too_short);
  expect(relay.read("up", new Uint8Array(2_000_000))).toBe(-REASON.too_large);
  expect(relay.read("down", hello)).toBe(-REASON.bad_stamp);
  const skipped = accepts.find(({ skip, side }) => skip && side === "up") ?? accepts.find(({ skip }) => skip)!;
  expect(relay.read(skipped.side, unhex(skipped.hex))).toBe(0);
});

test("R07: a stamped frame is untouched by later relays, whatever their size", () => {
  const texts = [...Array(400).keys()].map((i) => `${i} `.repeat(1 + ((i * 37) % 90)));
  const stamped = texts.map((text, i) => {
    relay.read("up", encodeText("MSG", id, 0, text));
    return relay.stamp(i + 1, TS, 7);
  });
  const before = stamped.map((bytes) => hex(bytes));
  for (let i = 0; i < 2_000; i++) {
    relay.read("up", encodeText("MSG", id, 0, "other".repeat(i % 80) || "x"));
    relay.stamp(i + 1, TS, 8);
  }
  expect(stamped.map((bytes) => hex(bytes))).toEqual(before);
  const read = stamped.map((bytes) => (decode("down", bytes) as { body: { text: string } }).body.text);
  expect(read).toEqual(texts);
});

test("what was read is untouched when the caller uses its bytes again", () => {
  const bytes = Uint8Array.from(hello);
  const frame = decode("up", bytes);
  bytes.fill(0);
  for (let i = 0; i < 300; i++) decode("up", encodeText("MSG", id, 0, "x".repeat(100)));
  if ("skip" in frame || frame.kind !== "MSG") throw new Error("not a MSG");
  expect([frame.body.text, frame.id && hex(frame.id)]).toEqual(["hello", hex(id)]);
});

const code = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return "nothing thrown";
};

test("stamp refuses what is no logged up frame", () => {
  relay.read("up", encode({ kind: "TYPING", body: { state: 1 } }));
  expect(code(() => relay.stamp(1, TS, 7))).toBe("wrong_direction");
  relay.read("up", new Uint8Array(20));
  expect(code(() => relay.stamp(1, TS, 7))).toBe("wrong_direction");
  relay.read("up", hello);
  const stamped = relay.stamp(1, TS, 7);
  relay.read("down", stamped);
  expect(code(() => relay.stamp(2, TS, 7))).toBe("wrong_direction");
});

test("stamp refuses a place or sender that is none", () => {
  relay.read("up", hello);
  expect(code(() => relay.stamp(0, TS, 7))).toBe("bad_stamp");
  expect(code(() => relay.stamp(1, TS, 0))).toBe("bad_stamp");
  expect(code(() => relay.stamp(1, Number.NaN, 7))).toBe("bad_varint");
});

test("another call ends the facts that stand in the arena", () => {
  for (const use of [() => relay.id(), () => relay.text(0), () => relay.bodySum(), () => relay.stamp(1, TS, 7)]) {
    for (const between of [() => crc32(hello), () => decode("up", hello), () => encodeText("MSG", id, 0, "x")]) {
      relay.read("up", hello);
      between();
      expect(code(use)).toBe("wrong_direction");
    }
  }
});

test("a writer that hands over no bytes ends them, too: it takes the place of a compressed body", () => {
  const long = encodeText("MSG", id, 0, "ferrule ".repeat(40));
  const writers = [
    () => encode({ kind: "CREDIT", body: { consumed: TS } }),
    () => editedExt({ editSeq: 44, editTs: TS }),
    () => batch(TS, [], 65_536),
    () => code(() => encode({ kind: "TYPING", body: { state: -1 } })),
  ];
  for (const between of writers) {
    for (const use of [() => relay.id(), () => relay.text(0), () => relay.bodySum(), () => relay.stamp(1, TS, 7)]) {
      relay.read("up", long);
      between();
      expect(code(use)).toBe("wrong_direction");
    }
  }
});

test("the relay may stamp one frame for several places", () => {
  relay.read("up", hello);
  const [first, second] = [relay.stamp(1, TS, 7), relay.stamp(2, TS, 7)];
  expect([decode("down", first), decode("down", second)].map((frame) => frame.seq)).toEqual([1, 2]);
});
