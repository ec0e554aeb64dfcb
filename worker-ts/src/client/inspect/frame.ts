// The walk over one frame: header, ext, body section, checksum, and the frames within its body. Whether it is good is not decided here.
import { crc32, EXT, FLAG, KIND, type KindName, LIMIT, lz4Decompress, WireError } from "@ferrule/core";
import { toHex } from "../hex";
import { BODIES, EXT_VALUES, KINDS, kindName } from "./layout";
import type { Explanation } from "./row";
import { bits, over, size, time } from "./tell";
import { Stop, Walk } from "./walk";

const MAGIC = 0x57;
const VERSION = 0x01;
const CRC_BYTES = 4;
/** The header's four fixed bytes. */
const FIXED_BYTES = 4;
/** An inner frame has no CRC. */
const BARE_BYTES_MIN = LIMIT.FRAME_BYTES_MIN - CRC_BYTES;
/** Unknown kinds from the first to the last are skipped. */
const SKIPPED = { from: 64, to: 127 } as const;
const LZ4_YIELD_MAX = 255;

const flagBits = bits(FLAG);
/** The header's facts that the rest of a frame hangs on. */
interface Header {
  readonly kind: KindName;
  readonly flags: number;
}
type Section = NonNullable<Explanation["body"]>;

/** The checksum that stands at the end, and the one that should. */
export function checksum(bytes: Uint8Array): Explanation["crc"] {
  const at = bytes.length - CRC_BYTES;
  if (at < 0) return undefined;
  const found = new DataView(bytes.buffer, bytes.byteOffset + at, CRC_BYTES).getUint32(0, true);
  const computed = crc32(bytes.subarray(0, at));
  return { ok: found === computed, found, computed };
}

/** The same frame with the checksum that it should have. */
export function withChecksum(bytes: Uint8Array): Uint8Array {
  const at = bytes.length - CRC_BYTES;
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, crc32(bytes.subarray(0, at)), true);
  return copy;
}

/** The four bytes of a checksum as they stand on the wire. */
function littleEndian(sum: number): string {
  const bytes = new Uint8Array(CRC_BYTES);
  new DataView(bytes.buffer).setUint32(0, sum, true);
  return toHex(bytes);
}

/** The rows of a whole frame; returns its body's sizes when the body was reached. */
export function walkFrame(walk: Walk): Section | undefined {
  const { bytes, up } = walk;
  const most = up ? LIMIT.FRAME_UP_BYTES_MAX : LIMIT.FRAME_DOWN_BYTES_MAX;
  if (bytes.length < LIMIT.FRAME_BYTES_MIN || bytes.length > most) {
    const short = bytes.length < LIMIT.FRAME_BYTES_MIN;
    if (short) walk.rest(`a frame has at least ${LIMIT.FRAME_BYTES_MIN} bytes`, "too_short", "frame");
    else walk.rest(over(most).note, "too_large", "frame");
    return undefined;
  }
  const end = bytes.length - CRC_BYTES;
  const section = walkBare(walk, end, false);
  walk.reopen(bytes.length);
  const { ok, computed } = checksum(bytes)!;
  walk.u32("crc", () => (ok ? { note: "good" } : { note: `must be ${littleEndian(computed)}`, fault: "bad_crc" }));
  return section;
}

/** The rows of a frame without its CRC, up to `end`. What cannot be read is one row, `rest`. */
function walkBare(walk: Walk, end: number, inner: boolean): Section | undefined {
  const found: { section?: Section } = {};
  walk.reopen(end);
  try {
    const header = walkHeader(walk, inner);
    if (header !== undefined) found.section = walkSection(walk, header, inner);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  walk.skipTo(end, "not read");
  return found.section;
}

/** An inner frame of `length` bytes. However bad it is, what stands behind it is read: its place is known. */
function walkInner(walk: Walk, length: number, outer: KindName): void {
  const kind = length > 2 ? kindName(walk.bytes[walk.at + 2]!) : undefined;
  walk.space(kind ?? "frame", length, "bad_id", () => {
    try {
      if (length < BARE_BYTES_MIN)
        walk.rest(`an inner frame has at least ${BARE_BYTES_MIN} bytes`, "bad_inner", "frame");
      else {
        const header = walkHeader(walk, true, outer);
        if (header !== undefined) walkSection(walk, header, true);
      }
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      walk.rest("not read");
    }
  });
}

/** Magic to ext; undefined when nothing more of the frame is to be read. */
function walkHeader(walk: Walk, inner: boolean, outer?: KindName): Header | undefined {
  const start = walk.at;
  if (walk.u8("magic", () => ({ note: "W" })) !== MAGIC) walk.fail("must be 87 (0x57)", "bad_magic");
  if (walk.u8("version") !== VERSION) walk.fail("must be 1", "bad_version");
  const number = walk.u8("kind", (value) => ({ note: kindName(value) ?? "unknown" }));
  const kind = kindName(number);
  const skipped = kind === undefined && number >= SKIPPED.from && number <= SKIPPED.to;
  if (kind === undefined && !skipped) walk.amend({ fault: "unknown_kind" });
  if (kind !== undefined && !mayTravel(walk, kind, inner, outer))
    walk.amend({ fault: inner ? "bad_inner" : "wrong_direction" });
  const flags = walk.u8("flags", (value) =>
    (value & ~(FLAG.LZ4 | FLAG.EXT)) === 0
      ? flagBits(value)
      : { note: "reserved bits are set", fault: "reserved_flag" },
  );
  if (skipped) {
    walk.varint("seq");
    walk.rest("not read: a kind of a later version");
    return undefined;
  }
  if (kind === undefined || walk.at !== start + FIXED_BYTES) throw new Stop();
  walkStamp(walk, kind);
  if ((flags & FLAG.EXT) !== 0) walkExt(walk, kind === "MSG" && !walk.up);
  return { kind, flags };
}

/** Whether a kind may stand here: in its direction; in a BATCH or page if it is one of theirs. */
function mayTravel(walk: Walk, kind: KindName, inner: boolean, outer: KindName | undefined): boolean {
  const facts = KINDS[kind];
  if ((walk.up ? facts.up : facts.down) === undefined) return false;
  if (!inner) return kind !== "TALLY";
  return outer === "BATCH" ? facts.batched === true : ["PEOPLE", "MSG", "SYSTEM", "TALLY"].includes(kind);
}

/** Seq to sender. */
function walkStamp(walk: Walk, kind: KindName): void {
  const { up } = walk;
  const { logged = false, ...ids } = KINDS[kind];
  walk.varint("seq", (seq) => {
    const note = seq === 0 ? "not in the log" : "";
    return (up ? seq === 0 : logged === (seq !== 0)) ? { note } : { note: up ? "must be 0" : note, fault: "bad_stamp" };
  });
  walk.varint("ts", time());
  const rule = (up ? ids.up : ids.down) ?? "optional";
  const idLen = walk.u8("idLen", (value) => {
    const fits = value === 0 ? rule !== "required" : value === LIMIT.ID_BYTES && rule !== "none";
    return fits ? { note: value === 0 ? "no id" : "bytes" } : { note: `the id is ${rule}`, fault: "bad_id" };
  });
  if (idLen === LIMIT.ID_BYTES) walk.uuid("id");
  else if (idLen !== 0) throw new Stop();
  const speaks = KIND[kind] >= KIND.MSG && KIND[kind] <= KIND.TYPING;
  walk.varint("sender", (ref) => {
    const note = ref === 0 ? (up ? "myself" : "the room") : "";
    const fits = up ? ref === 0 : speaks ? ref !== 0 : logged || ref === 0;
    return fits ? { note } : { note, fault: "bad_stamp" };
  });
}

/** The ext block. Known types are read where they are known. */
function walkExt(walk: Walk, knows: boolean): void {
  const length = walk.varint("extLen", size);
  if (length === 0 || length > LIMIT.EXT_BYTES_MAX || length > walk.left)
    walk.fail(length === 0 ? "must not be 0" : `at most ${Math.min(LIMIT.EXT_BYTES_MAX, walk.left)}`, "bad_ext");
  let before = -1;
  let count = 0;
  walk.space("ext", length, "bad_ext", () => {
    while (walk.left > 0) {
      const ascending = before;
      const last = count === LIMIT.EXT_ENTRIES_MAX;
      walk.inside(`[${count}]`, () => {
        const type = walk.varint("type", (value) => {
          const known = knows ? EXT_VALUES[value]?.name : undefined;
          if (value <= ascending || last) return { note: last ? "one too many" : "not ascending", fault: "bad_ext" };
          if (value % 2 === 1) return { note: "unknown, and must be understood", fault: "unknown_ext" };
          return { note: known ?? "unknown, may be skipped" };
        });
        const bytes = walk.varint("len", size);
        if (bytes > walk.left) walk.fail("runs off the ext", "bad_ext");
        const known = knows && isKnownExt(type) ? EXT_VALUES[type] : undefined;
        if (known === undefined && bytes > 0) walk.raw("value", bytes);
        else if (known !== undefined) walk.space(known.name, bytes, "bad_ext", () => known.walk(walk));
        before = type;
        count += 1;
      });
    }
  });
}

const isKnownExt = (type: number): boolean => Object.values(EXT).some((known) => known === type);

/** The body section: lengths, then the fields, decompressed first when they must be. */
function walkSection(walk: Walk, { kind, flags }: Header, inner: boolean): Section {
  const lz4 = (flags & FLAG.LZ4) !== 0;
  const most = walk.up || inner ? LIMIT.BODY_UP_BYTES_MAX : LIMIT.BODY_DOWN_BYTES_MAX;
  const raw = walk.varint(lz4 ? "rawLen" : "bodyLen", size);
  const tooLarge = () => {
    if (raw > most) walk.amend({ note: `at most ${most}`, fault: "body_too_large" });
  };
  if (!lz4) {
    if (raw !== walk.left) walk.fail(`${walk.left} bytes are left`, "bad_length");
    tooLarge();
    const frame = (length: number) => walkInner(walk, length, kind);
    walk.space("body", raw, "bad_body", () => BODIES[kind](walk, frame));
    return { lz4, wire: raw, raw, ratio: 1 };
  }
  tooLarge();
  const wire = walk.varint("compLen", size);
  if (wire !== walk.left) walk.fail(`${walk.left} bytes are left`, "bad_length");
  if (wire === 0 || wire >= raw || raw > LZ4_YIELD_MAX * wire)
    walk.fail(wire === 0 ? "must not be 0" : `so many bytes cannot hold ${raw}`, "bad_length");
  const block = walk.raw("block", wire, "LZ4 block");
  walk.amend({ value: null });
  if (raw <= most) walkBlock(walk, block, raw, kind);
  return { lz4, wire, raw, ratio: wire / raw };
}

/** What the block holds, as rows of its own. */
function walkBlock(walk: Walk, block: Uint8Array, raw: number, kind: KindName): void {
  const bytes = inflate(block, raw);
  if (bytes === undefined) {
    walk.fail("no LZ4 block of that size", "bad_lz4");
    return;
  }
  const inside = new Walk(bytes, walk.up, "bad_body", [...walk.within, "body"]);
  let stopped = false;
  try {
    BODIES[kind](inside, (length) => walkInner(inside, length, kind));
    inside.rest("bytes left over", "bad_body");
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    stopped = true;
    inside.skipTo(bytes.length, "not read");
  }
  walk.amend({ inflated: { bytes, rows: inside.rows } });
  if (stopped) throw new Stop();
}

function inflate(block: Uint8Array, raw: number): Uint8Array | undefined {
  try {
    return lz4Decompress(block, raw);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
