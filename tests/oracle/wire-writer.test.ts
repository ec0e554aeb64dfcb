// The oracle's writer by itself, on the worked examples of PROTOCOL.md section 18.
import { expect, test } from "vitest";
import { hex } from "./cursor.ts";
import { str, UP, varint, writeFrame } from "./wire-writer.ts";

test("varints of section 3", () => {
  const written = [0, 127, 128, 300, 16_384, 2 ** 53 - 1].map((value) => hex(Uint8Array.from(varint(value))));
  expect(written).toEqual(["00", "7f", "8001", "ac02", "808001", "ffffffffffffff0f"]);
});

test("E1, E3 and E12", () => {
  const hello = [...new Uint8Array(8), ...varint(0), ...varint(0x0e), ...varint(1_048_576), ...str("demo/1")];
  expect(hex(writeFrame(UP.HELLO, hello))).toBe(
    "57010100000000001400000000000000000" + "00e8080400664656d6f2f313874b6ac",
  );
  const message = writeFrame(UP.MSG, [...varint(0), ...str("hello")], "0199a0b0c0d07e0f8011223344556677");
  expect(hex(message)).toBe("570104000000100199a0b0c0d07e0f80112233445566770007000568656c6c6f01965487");
  expect(hex(writeFrame(UP.CREDIT, varint(65_600)))).toBe("570110000000000003c08004384ee26a");
});
