// Frames as objects: what is made when, and the extensions' values.
import { afterEach, describe, expect, test, vi } from "vitest";
import type { MsgFrame } from "../../src/index.ts";
import {
  decode,
  EXT,
  editedExt,
  encode,
  encodeText,
  erasedExt,
  filesExt,
  findExt,
  LIMIT,
  readEdited,
  readErased,
  readFiles,
  WireError,
} from "../../src/node.ts";
import { unhex } from "../support.ts";

const id = unhex("0199a0b0c0d07e0f8011223344556677");
const long = "a text that is longer than what is decoded in a loop";

function message(bytes: Uint8Array, side: "up" | "down" = "up"): MsgFrame {
  const frame = decode(side, bytes);
  if ("skip" in frame || frame.kind !== "MSG") throw new Error("not a MSG");
  return frame;
}

describe("strings are decoded when they are read", () => {
  afterEach(() => vi.restoreAllMocks());

  test("not before, and once", () => {
    const decoder = vi.spyOn(TextDecoder.prototype, "decode");
    const { body } = message(encodeText("MSG", id, 0, long));
    expect(decoder).not.toHaveBeenCalled();
    expect(body.text).toBe(long);
    expect(body.text).toBe(long);
    expect(decoder).toHaveBeenCalledTimes(1);
  });

  test("a frame holds the same id each time", () => {
    const frame = message(encodeText("MSG", id, 0, long));
    expect(frame.id).toEqual(id);
    expect(frame.id).toBe(frame.id);
    expect(frame.id?.buffer.byteLength).toBe(LIMIT.ID_BYTES);
  });

  test.each([0, 1, 23, 24, 25, 47, 48, 49, 2_000, 2_100, 16_384])("texts of %i bytes, plain and not", (length) => {
    for (const text of ["a".repeat(length), `${"a".repeat(Math.max(0, length - 3))}€`, "é".repeat(length / 2)]) {
      if (text === "" || text.length > length) continue;
      expect(message(encodeText("MSG", id, 0, text)).body.text).toBe(text);
    }
  });

  test("a byte order mark and NUL are text", () => {
    for (const text of ["\ufeff", "\ufeffa\u0000b", `\ufeff${long}`]) {
      expect(message(encodeText("MSG", id, 0, text)).body.text).toBe(text);
    }
  });

  test("half of a surrogate pair is written as U+FFFD", () => {
    expect(message(encodeText("MSG", id, 0, "a\ud800b")).body.text).toBe("a\ufffdb");
  });
});

describe("extensions", () => {
  const edited = { editSeq: 44, editTs: 1_795_176_005_000 };
  const erased = { deleteSeq: 45, deleteTs: 1_795_176_006_000, by: 7 };
  const file = { fileId: id, name: "Äpfel.png", mime: "image/png", size: 2 ** 33, width: 640, height: 480 };
  const ext = [editedExt(edited), erasedExt(erased), filesExt([file, { ...file, name: "", width: 0, height: 0 }])];
  const frame = message(encode({ kind: "MSG", seq: 42, sender: 7, id, ext, body: { replyTo: 0, text: "x" } }), "down");

  test("are found and read", () => {
    expect(frame.ext.map(({ type }) => type)).toEqual([EXT.EDITED, EXT.ERASED, EXT.FILES]);
    expect(readEdited(findExt(frame, EXT.EDITED))).toEqual(edited);
    expect(readErased(findExt(frame, EXT.ERASED))).toEqual(erased);
    expect(readFiles(findExt(frame, EXT.FILES))).toEqual([file, { ...file, name: "", width: 0, height: 0 }]);
  });

  test("of another type, or missing, are undefined", () => {
    expect(readEdited(findExt(frame, 8))).toBeUndefined();
    expect(readEdited(frame.ext[1])).toBeUndefined();
    expect(readErased(undefined)).toBeUndefined();
    expect(readFiles(frame.ext[0])).toBeUndefined();
  });

  test("that are malformed are refused", () => {
    const bad = { type: EXT.EDITED, bytes: Uint8Array.of(1) };
    expect(() => readEdited(bad)).toThrow(WireError);
    expect(() => readFiles({ type: EXT.FILES, bytes: new Uint8Array(2_000) })).toThrow("bad_ext");
    expect(() => filesExt(new Array(40).fill(file))).toThrow("bad_ext");
    expect(() => filesExt([{ ...file, name: "x".repeat(LIMIT.FILE_NAME_BYTES_MAX + 1) }])).toThrow("bad_ext");
    expect(() => filesExt([{ ...file, fileId: id.subarray(1) }])).toThrow("bad_ext");
    const twice = [ext[0]!, ext[0]!];
    expect(() => encode({ kind: "MSG", seq: 1, sender: 1, id, ext: twice, body: { replyTo: 0, text: "x" } })).toThrow(
      "bad_ext",
    );
  });
});
