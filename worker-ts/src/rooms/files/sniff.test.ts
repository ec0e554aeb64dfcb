// Pictures by their first bytes, sizes included; and what only looks like one.
import { describe, expect, it } from "vitest";
import { PICTURE_PIXELS_MAX } from "./fact";
import { sniffPicture } from "./sniff";

/** Bytes of text and numbers; text is one byte a character. */
const bytes = (...parts: readonly (string | number | readonly number[])[]) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part)).flat(),
  );
const u32 = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const u16 = (n: number) => [n >>> 8, n & 255];

const png = (width: number, height: number) =>
  bytes("\x89PNG\r\n\x1a\n", u32(13), "IHDR", u32(width), u32(height), [8, 6, 0, 0, 0]);
const segment = (marker: number, content: readonly number[]) => [0xff, marker, ...u16(content.length + 2), ...content];
const frame = (marker: number, width: number, height: number) =>
  segment(marker, [8, ...u16(height), ...u16(width), 3, 0, 0, 0]);
const exif = (orientation: number, little = false) => {
  const [two, four] = little
    ? [(n: number) => u16(n).reverse(), (n: number) => u32(n).reverse()]
    : [(n: number) => u16(n), (n: number) => u32(n)];
  const entry = [...two(0x0112), ...two(3), ...four(1), ...two(orientation), 0, 0];
  return segment(0xe1, [
    ...bytes("Exif\0\0", little ? "II" : "MM"),
    ...two(42),
    ...four(8),
    ...two(1),
    ...entry,
    ...four(0),
  ]);
};
const box = (name: string, ...content: readonly (string | number | readonly number[])[]) => {
  const inner = [...bytes(...content)];
  return [...u32(inner.length + 8), ...bytes(name), ...inner];
};
const avif = (brand: string, ...extents: readonly (readonly [number, number])[]) =>
  bytes(
    box("ftyp", brand, u32(0), "mif1", "avif"),
    box(
      "meta",
      u32(0),
      box("hdlr", u32(0)),
      box("iprp", box("ipco", ...extents.map(([w, h]) => box("ispe", u32(0), u32(w), u32(h))))),
    ),
    box("mdat", "pixels"),
  );
const vp8x = bytes("RIFF", u32(0), "WEBP", "VP8X", u32(0), u32(0), [0x8f, 0x02, 0x00, 0xdf, 0x01, 0x00]);
const vp8 = bytes("RIFF", u32(0), "WEBP", "VP8 ", u32(0), [0, 0, 0, 0x9d, 0x01, 0x2a, 0x90, 0x02, 0xe0, 0x41], [0, 0]);
// 640 x 480 less one each, 14 bits after another from the lowest
const vp8l = bytes("RIFF", u32(0), "WEBP", "VP8L", u32(0), [0x2f, 0x7f, 0xc2, 0x77, 0x00], [0, 0, 0, 0, 0]);

describe("sniffPicture", () => {
  it("knows five kinds and their sizes", () => {
    const pictures: Record<string, readonly [Uint8Array, string, number, number]> = {
      png: [png(640, 480), "image/png", 640, 480],
      gif: [bytes("GIF89a", [0x80, 0x02, 0xe0, 0x01], "\0\0\0"), "image/gif", 640, 480],
      "old gif": [bytes("GIF87a", [0x80, 0x02, 0xe0, 0x01], "\0\0\0"), "image/gif", 640, 480],
      jpeg: [bytes([0xff, 0xd8], segment(0xe0, [1, 2, 3]), frame(0xc0, 640, 480)), "image/jpeg", 640, 480],
      "progressive jpeg": [bytes([0xff, 0xd8], [0xff], frame(0xc2, 640, 480)), "image/jpeg", 640, 480],
      "jpeg with tables first": [
        bytes([0xff, 0xd8], segment(0xc4, [9, 9, 9, 9, 9, 9, 9, 9]), frame(0xc1, 640, 480)),
        "image/jpeg",
        640,
        480,
      ],
      "jpeg, turned": [bytes([0xff, 0xd8], exif(6), frame(0xc0, 640, 480)), "image/jpeg", 480, 640],
      "jpeg, turned, little endian": [
        bytes([0xff, 0xd8], exif(8, true), frame(0xc0, 640, 480)),
        "image/jpeg",
        480,
        640,
      ],
      "jpeg, mirrored": [bytes([0xff, 0xd8], exif(2), frame(0xc0, 640, 480)), "image/jpeg", 640, 480],
      "webp, extended": [vp8x, "image/webp", 656, 480],
      "webp, lossy": [vp8, "image/webp", 656, 480],
      "webp, lossless": [vp8l, "image/webp", 640, 480],
      avif: [avif("avif", [640, 480]), "image/avif", 640, 480],
      "avif with a thumbnail": [avif("avif", [64, 48], [640, 480], [320, 240]), "image/avif", 640, 480],
      "avif by its second name": [avif("mif1", [640, 480]), "image/avif", 640, 480],
    };
    for (const [name, [head, mime, width, height]] of Object.entries(pictures))
      expect([name, sniffPicture(head)]).toEqual([name, { mime, width, height }]);
  });

  it("has no size for what ends before it, or is none", () => {
    for (const [head, mime] of [
      [bytes("\x89PNG\r\n\x1a\n"), "image/png"],
      [bytes("GIF89a\x01"), "image/gif"],
      [bytes([0xff, 0xd8, 0xff, 0xe0]), "image/jpeg"],
      [bytes("RIFF", u32(0), "WEBPVP8 "), "image/webp"],
      [avif("avif"), "image/avif"],
      [png(0, 480), "image/png"],
    ] as const)
      expect(sniffPicture(head)).toEqual({ mime, width: 0, height: 0 });
  });

  it("takes nothing else for a picture, whatever it is called inside", () => {
    for (const head of [
      bytes(),
      bytes("<svg xmlns='http://www.w3.org/2000/svg'/>"),
      bytes("<!doctype html>GIF89a"),
      bytes("%PDF-1.7"),
      bytes("BM"),
      bytes("MZ"),
      bytes("GIF90a\x01\0\x01\0"),
      bytes("\x89PNG\n\n\x1a\n"),
      bytes("RIFF", u32(0), "WAVEfmt "),
      bytes(box("ftyp", "heic", u32(0), "mif1")),
      bytes(box("ftyp", "isom", "avif", "mp41")),
    ])
      expect(sniffPicture(head)).toBeNull();
  });

  it("takes no picture of more than PICTURE_PIXELS_MAX for one", () => {
    expect(sniffPicture(png(PICTURE_PIXELS_MAX, 1))).not.toBeNull();
    for (const [width, height] of [
      [PICTURE_PIXELS_MAX + 1, 1],
      [0xffffffff, 0xffffffff],
    ] as const) {
      expect(sniffPicture(png(width, height))).toBeNull();
      expect(sniffPicture(avif("avif", [width, height]))).toBeNull();
    }
  });

  it("ends on every cut and every twist of a picture", () => {
    const whole = [png(3, 2), vp8x, vp8, vp8l, avif("avif", [3, 2]), bytes([0xff, 0xd8], exif(6), frame(0xc0, 3, 2))];
    for (const picture of whole) {
      for (let length = 0; length <= picture.length; length++) sniffPicture(picture.slice(0, length));
      for (let at = 0; at < picture.length; at++) {
        for (const byte of [0, 1, 0x7f, 0x80, 0xff]) sniffPicture(picture.with(at, byte));
      }
    }
  });
});
