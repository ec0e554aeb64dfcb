// The oracle by itself, on the worked examples of PROTOCOL.md section 18; all else it proves in comparison with the core.
import { expect, test } from "vitest";
import { unhex } from "./cursor.ts";
import { readWire } from "./wire-reader.ts";

const bytes = (spaced: string) => unhex(spaced.replaceAll(/[\s|]/g, ""));

test("E3: MSG up", () => {
  const frame = bytes("57010400 00 00 10 0199a0b0c0d07e0f8011223344556677 00 07 | 00 05 68656c6c6f | 01965487");
  expect(readWire("up", frame)).toEqual({
    decoded: {
      kind: "MSG",
      flags: 0,
      seq: 0,
      ts: 0,
      id: "0199a0b0c0d07e0f8011223344556677",
      sender: 0,
      ext: [],
      body: { replyTo: 0, text: "hello" },
    },
  });
  expect(readWire("down", frame)).toEqual({ error: "bad_stamp" });
});

test("E9: MSG up, compressed", () => {
  const frame = bytes(`57010401 00 00 10 0199a0b0c0d07e0f8011223344556678 00 c302 17 |
    bf00c00266657272756c65200800ff20607272756c6520 | a81333a2`);
  expect(readWire("up", frame)).toMatchObject({ decoded: { flags: 1, body: { text: "ferrule ".repeat(40) } } });
});

test("E11: HISTORY_PAGE down with PEOPLE, an edited MSG and its TALLY", () => {
  const frame = bytes(`57010f00 00 f082d0c69f34 10 0199a0b0c0d07e0f80112233445566aa 00 71 | 00 2c 2a 2a 03
    1c 5701130000f082d0c69f3400000e01070106755f3766336103416461
    30 570104102afad5cfc69f34100199a0b0c0d07e0f8011223344556677070902072c88fbcfc69f3408000668656c6c6f21
    1d 5701160000f082d0c69f3400000f2a2c0108f09f918df09f8fbd010107 | 903f0171`);
  expect(readWire("down", frame)).toMatchObject({
    decoded: {
      kind: "HISTORY_PAGE",
      body: {
        asOf: 44,
        firstSeq: 42,
        lastSeq: 42,
        list: [
          { kind: "PEOPLE", body: { list: [{ ref: 7, flags: 1, userId: "u_7f3a", name: "Ada" }] } },
          { kind: "MSG", seq: 42, ext: [{ type: 2, bytes: "2c88fbcfc69f34" }], body: { text: "hello!" } },
          { kind: "TALLY", body: { target: 42, asOf: 44, list: [{ emoji: "👍🏽", total: 1, refs: [7] }] } },
        ],
      },
    },
  });
});

test("R1 to R3: refused", () => {
  const r1 = "57010401 00 00 10 0199a0b0c0d07e0f8011223344556677 00 8080808004 01 00 | da5164b6";
  const r2 = "57010400 00 00 10 0199a0b0c0d07e0f8011223344556677 00 07 | 00 05 68656d6c6f | 01965487";
  const r3 = "57011000 8000 00 00 00 01 00 | b78b0de8";
  expect([r1, r2, r3].map((frame) => readWire("up", bytes(frame)))).toEqual([
    { error: "bad_length" },
    { error: "bad_crc" },
    { error: "bad_varint" },
  ]);
});
