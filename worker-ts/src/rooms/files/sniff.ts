// What a file is, by its first bytes: five kinds of pictures with their sizes in pixels. Names and claimed types do not count.
import { PICTURE_PIXELS_MAX } from "./fact";

/** A picture; width and height are 0 where its first bytes do not tell them. */
export interface Picture {
  readonly mime: "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif";
  readonly width: number;
  readonly height: number;
}

/** So much of a file is looked at: cameras put up to some hundred KB before the size. */
export const HEAD_BYTES_MAX = 262_144;

type Size = readonly [width: number, height: number];

const UNKNOWN: Size = [0, 0];

/** The picture that begins with these bytes; null for everything else, and for one of more than PICTURE_PIXELS_MAX. */
export function sniffPicture(head: Uint8Array): Picture | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const sniffed = pngSize(view) ?? gifSize(view) ?? webpSize(view) ?? jpegSize(view) ?? avifSize(view);
  if (sniffed === null) return null;
  const [mime, [width, height]] = sniffed;
  if (width * height > PICTURE_PIXELS_MAX) return null;
  return width === 0 || height === 0 ? { mime, width: 0, height: 0 } : { mime, width, height };
}

type Sniffed = readonly [mime: Picture["mime"], size: Size] | null;

/** Whether these ASCII characters stand at `at`. */
function stands(view: DataView, at: number, text: string): boolean {
  if (view.byteLength < at + text.length) return false;
  for (let i = 0; i < text.length; i++) if (view.getUint8(at + i) !== text.charCodeAt(i)) return false;
  return true;
}

/** PNG, third edition, 5.2 and 11.2.1: the signature, then IHDR. */
function pngSize(view: DataView): Sniffed {
  if (!stands(view, 0, "\x89PNG\r\n\x1a\n")) return null;
  const size: Size =
    stands(view, 12, "IHDR") && view.byteLength >= 24 ? [view.getUint32(16), view.getUint32(20)] : UNKNOWN;
  return ["image/png", size];
}

/** GIF89a, 17 and 18: the logical screen. */
function gifSize(view: DataView): Sniffed {
  if (!stands(view, 0, "GIF87a") && !stands(view, 0, "GIF89a")) return null;
  return ["image/gif", view.byteLength >= 10 ? [view.getUint16(6, true), view.getUint16(8, true)] : UNKNOWN];
}

/** RFC 9649, 2.4 to 2.7: a RIFF file whose first chunk is one of three. */
function webpSize(view: DataView): Sniffed {
  if (!stands(view, 0, "RIFF") || !stands(view, 8, "WEBP")) return null;
  if (view.byteLength < 30) return ["image/webp", UNKNOWN];
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  if (stands(view, 12, "VP8X")) return ["image/webp", [uint24(24) + 1, uint24(27) + 1]];
  if (stands(view, 12, "VP8 "))
    return ["image/webp", [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff]];
  if (!stands(view, 12, "VP8L")) return ["image/webp", UNKNOWN];
  const bits = view.getUint32(21, true);
  return ["image/webp", [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1]];
}

/** Markers that begin a frame and hold its size: SOF0 to SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** ITU-T T.81, B.1 and B.2.2: segments up to the first frame. A camera that was turned has width and height the other way. */
function jpegSize(view: DataView): Sniffed {
  if (!stands(view, 0, "\xff\xd8\xff")) return null;
  let turned = false;
  for (let at = 2; at + 9 <= view.byteLength && view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    // any number of 0xff may stand before a marker
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (isFrame(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return ["image/jpeg", turned ? [height, width] : [width, height]];
    }
    const length = view.getUint16(at + 2);
    if (marker === 0xe1 && stands(view, at + 4, "Exif\0\0")) turned = isTurned(view, at + 10, at + 2 + length);
    // a length counts itself
    at += 2 + Math.max(2, length);
  }
  return ["image/jpeg", UNKNOWN];
}

/** Exif 2.32, 4.6.4 A: whether the tag Orientation (0x0112) of the first directory says a quarter turn (5 to 8). */
function isTurned(view: DataView, tiff: number, end: number): boolean {
  if (end > view.byteLength || end < tiff + 8) return false;
  const little = stands(view, tiff, "II");
  const directory = tiff + view.getUint32(tiff + 4, little);
  if (directory + 2 > end) return false;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > end) return false;
    if (view.getUint16(at, little) === 0x0112) {
      const orientation = view.getUint16(at + 8, little);
      return orientation >= 5 && orientation <= 8;
    }
  }
  return false;
}

/** Brands (ISO/IEC 14496-12, 4.3) of AV1 Image File Format 1.2.0, 4: a picture, and one that moves. */
const AVIF_BRANDS = ["avif", "avis"];

/** The boxes in which the sizes stand (ISO/IEC 23008-12, 6.5.3), by what must be skipped of each: `meta` has a version. */
const AVIF_PATH: Readonly<Record<string, number>> = { meta: 4, iprp: 0, ipco: 0 };

function avifSize(view: DataView): Sniffed {
  if (!stands(view, 4, "ftyp")) return null;
  const end = Math.min(view.getUint32(0), view.byteLength);
  const brands = Array.from({ length: Math.max(0, Math.floor((end - 8) / 4)) }, (_, i) => 8 + 4 * i);
  if (!brands.some((at) => at !== 12 && AVIF_BRANDS.some((brand) => stands(view, at, brand)))) return null;
  return ["image/avif", largestExtent(view, 0, view.byteLength)];
}

/** The largest `ispe` among the boxes from..to and those within them: tiles and thumbnails have sizes too. */
function largestExtent(view: DataView, from: number, to: number): Size {
  let largest = UNKNOWN;
  for (let at = from; at + 8 <= to; ) {
    // 0 reaches to the end; 1 is a 64-bit size, which no box that is looked into has
    const length = view.getUint32(at) || to - at;
    if (length < 8) break;
    const end = Math.min(at + length, to);
    const name = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4));
    const skipped = AVIF_PATH[name];
    let size = UNKNOWN;
    if (name === "ispe" && at + 20 <= end) size = [view.getUint32(at + 12), view.getUint32(at + 16)];
    else if (skipped !== undefined) size = largestExtent(view, at + 8 + skipped, end);
    if (size[0] * size[1] > largest[0] * largest[1]) largest = size;
    at += length;
  }
  return largest;
}
