// The bytes of a backup's file (src/backup/BACKUP.md): records out and in, each with its sum. Knows no server and no disk.
import { Buffer } from "node:buffer";
import { crc32 } from "@ferrule/core";
import { Failure } from "../terminal/call.mjs";

/** What a file begins with: a name, and the version of the format. */
export const MAGIC = Buffer.from("frlbkup\u0001", "latin1");
/** Versions of the format that this code reads. */
export const FORMAT = 1;

/** Kinds of records. */
export const KIND = { HEAD: 1, STORE: 2, ROWS: 3, OBJECT: 4, BYTES: 5, END: 6 };
/** Their names. */
export const NAMES = Object.fromEntries(Object.entries(KIND).map(([name, kind]) => [kind, name]));

/** Bytes before a record's key: kind u8, zero u8, key u16, body u32, sum u32, all little-endian. */
export const HEADER_BYTES = 12;
const SUMMED_BYTES = 8;
/** Bytes of a key: the longest is a bucket's name, a slash and a key of R2. */
export const KEY_BYTES_MAX = 1_100;
/** Bytes of a body: rows as JSON, one of which may have 2 MB and more as JSON. */
export const BODY_BYTES_MAX = 16 * 1024 * 1024;
/** Bytes of one part of an object. */
export const BYTES_MAX = 1024 * 1024;
/** Rows of one record. */
export const ROWS_MAX = 10_000;
/** Bytes of one object in a bucket. */
export const OBJECT_BYTES_MAX = 5 * 1024 * 1024 * 1024;

/** The sum of bytes, going on from that of those before. */
export const sumOf = (bytes, before = 0) => crc32(bytes, before);

/**
 * One record.
 * @param {number} kind
 * @param {string} key
 * @param {Uint8Array} body
 */
export function encodeRecord(kind, key, body) {
  const name = Buffer.from(key);
  if (name.length > KEY_BYTES_MAX || body.length > BODY_BYTES_MAX)
    throw new Failure(
      "too_large",
      `a record of ${NAMES[kind]} is too large: key ${name.length}, body ${body.length} bytes`,
    );
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt8(kind, 0);
  head.writeUInt16LE(name.length, 2);
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(sumOf(body, sumOf(name, sumOf(head.subarray(0, SUMMED_BYTES)))), SUMMED_BYTES);
  return Buffer.concat([head, name, body]);
}

/** Why a file is not good, with a code that stays. */
const bad = (code, message) => new Failure(code, message);

/**
 * Reads records one by one. `read(bytes)` gives the next bytes of the file: so many, or fewer at its end. Throws what is wrong:
 * `not_a_backup`, `newer_format`, `cut`, `damaged`, `too_large`, `unknown_record`.
 * @param {(count: number) => Promise<Buffer>} read
 */
export async function* decodeRecords(read) {
  const magic = await read(MAGIC.length);
  const named = Math.min(magic.length, MAGIC.length - 1);
  if (named === 0 || !magic.subarray(0, named).equals(MAGIC.subarray(0, named)))
    throw bad("not_a_backup", "this is no backup of a Ferrule");
  if (magic.length < MAGIC.length) throw bad("cut", "the file ends in its first bytes");
  if (magic[MAGIC.length - 1] !== FORMAT)
    throw bad("newer_format", `the file has format ${magic[MAGIC.length - 1]}, this code reads ${FORMAT}`);
  for (let at = MAGIC.length, place = 0; ; place++) {
    const head = await read(HEADER_BYTES);
    if (head.length === 0) return;
    if (head.length < HEADER_BYTES) throw bad("cut", `the file ends within record ${place}`);
    const [kind, keyBytes, bodyBytes] = [head.readUInt8(0), head.readUInt16LE(2), head.readUInt32LE(4)];
    if (keyBytes > KEY_BYTES_MAX || bodyBytes > BODY_BYTES_MAX)
      throw bad("too_large", `record ${place} at byte ${at} claims ${keyBytes} and ${bodyBytes} bytes`);
    const rest = await read(keyBytes + bodyBytes);
    if (rest.length < keyBytes + bodyBytes) throw bad("cut", `the file ends within record ${place}`);
    if (sumOf(rest, sumOf(head.subarray(0, SUMMED_BYTES))) !== head.readUInt32LE(SUMMED_BYTES))
      throw bad("damaged", `record ${place} at byte ${at} is not what was written`);
    // first the sum: what is damaged is not called unknown
    if (NAMES[kind] === undefined || head[1] !== 0) throw bad("unknown_record", `record ${place} has the kind ${kind}`);
    const bytes = HEADER_BYTES + rest.length;
    yield {
      kind,
      key: textOf(rest.subarray(0, keyBytes), place),
      body: rest.subarray(keyBytes),
      bytes,
      place,
      at,
      raw: [head, rest],
    };
    at += bytes;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes, place) {
  try {
    return utf8.decode(bytes);
  } catch {
    throw bad("malformed", `the key of record ${place} is no text`);
  }
}

/** A body that is JSON and an object; anything else is malformed. */
export function jsonOf({ kind, body, place }) {
  let value;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch {
    value = null;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw bad("malformed", `record ${place} (${NAMES[kind]}) holds no JSON object`);
  return value;
}
