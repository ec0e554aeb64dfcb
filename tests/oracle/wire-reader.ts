// A second reader of the wire, in plain TypeScript, written from PROTOCOL.md alone (law 9): the oracle that the core and its face
// are compared with. It favours the order of the page over speed, and imports nothing of the core.
import { crc32, lz4 } from "./block.ts";
import { type Body, bareFrames, bodies, extValues, type Json } from "./body.ts";
import { Cursor, hex, Refusal, refuse } from "./cursor.ts";

export type Side = "up" | "down";

/** The vectors' shape of a frame: bytes as hex, keys of `body` as on the page. */
export type Decoded = {
  readonly kind: string;
  readonly flags: number;
  readonly seq: number;
  readonly ts: number;
  readonly id: string | null;
  readonly sender: number;
  readonly ext: readonly Json[];
  readonly body: Body;
};
export type Skipped = { readonly skip: true; readonly seq: number };
export type Answer = { readonly decoded: Decoded } | Skipped | { readonly error: string };

interface Kind {
  readonly name: string;
  /** Rule for the id in each direction: required, none, optional; undefined = may not travel that way. */
  readonly up?: "r" | "n" | "o";
  readonly down?: "r" | "n" | "o";
  readonly logged?: true;
}

/** Section 6. TALLY may travel down inside a page only. */
const KINDS: readonly (Kind | undefined)[] = [
  undefined,
  { name: "HELLO", up: "n" },
  { name: "WELCOME", down: "n" },
  { name: "RESET", down: "n" },
  { name: "MSG", up: "r", down: "r", logged: true },
  { name: "EDIT", up: "r", down: "r", logged: true },
  { name: "DELETE", up: "r", down: "r", logged: true },
  { name: "REACT", up: "r", down: "r", logged: true },
  { name: "UNREACT", up: "r", down: "r", logged: true },
  { name: "TYPING", up: "n", down: "n" },
  { name: "PRESENCE", up: "n", down: "n" },
  { name: "RECEIPT", up: "n", down: "n" },
  { name: "ACK", down: "r" },
  { name: "ERROR", down: "o" },
  { name: "HISTORY_REQ", up: "r" },
  { name: "HISTORY_PAGE", down: "r" },
  { name: "CREDIT", up: "n" },
  { name: "AUTH_REFRESH", up: "r", down: "o" },
  { name: "SYSTEM", down: "n", logged: true },
  { name: "PEOPLE", down: "o" },
  { name: "PEOPLE_REQ", up: "r" },
  { name: "BATCH", down: "n" },
  { name: "TALLY", down: "n" },
];
const MSG = 4;
const TYPING = 9;
const HISTORY_PAGE = 15;
const BATCH = 21;
const TALLY = 22;

const FLAG_LZ4 = 0x01;
const FLAG_EXT = 0x10;
const FRAME_BYTES_MIN = 13;
const CRC_BYTES = 4;
const BODY_UP_BYTES_MAX = 32_768;
const BODY_DOWN_BYTES_MAX = 1_048_576;

interface Setting {
  readonly up: boolean;
  readonly inner: boolean;
  readonly bodyBytesMax: number;
}

/** Checks 10, and gives the id. */
function readId(cursor: Cursor, rule: "r" | "n" | "o"): string | null {
  const length = cursor.u8();
  if (length !== 0 && length !== 16) refuse("bad_id");
  const id = cursor.take(length);
  if ((rule === "r" && length === 0) || (rule === "n" && length !== 0)) refuse("bad_id");
  return length === 0 ? null : hex(id);
}

function checkSeq(seq: number, { logged }: Kind, up: boolean): void {
  if (up ? seq !== 0 : (logged === true) !== (seq !== 0)) refuse("bad_stamp");
}

function checkSender(sender: number, kind: number, { logged }: Kind, up: boolean): void {
  if (up) {
    if (sender !== 0) refuse("bad_stamp");
  } else if (kind >= MSG && kind <= TYPING) {
    if (sender === 0) refuse("bad_stamp");
  } else if (logged !== true && sender !== 0) refuse("bad_stamp");
}

/** Checks 9, 12 and 13 of the ext block; `cursor` stands before extLen. */
function readExt(cursor: Cursor, knows: boolean): Json[] {
  const length = cursor.varint();
  if (length === 0 || length > 1_024 || length > cursor.left) refuse("bad_ext");
  const block = new Cursor(cursor.take(length), "bad_ext");
  const entries: Json[] = [];
  let before = -1;
  while (block.left > 0) {
    const type = block.varint();
    const value = block.str();
    const check = knows ? extValues[type] : undefined;
    if (check !== undefined) {
      const inside = new Cursor(value, "bad_ext");
      check(inside);
      inside.end();
    }
    if (type <= before || entries.length === 16) refuse("bad_ext");
    if (type % 2 === 1) refuse("unknown_ext");
    before = type;
    entries.push({ type, bytes: hex(value) });
  }
  return entries;
}

/** Checks 9, 14, 15 and 16: the raw body. `cursor` stands at the body section and ends where the section must end. */
function readSection(cursor: Cursor, compressed: boolean, bytesMax: number): Uint8Array {
  const rawLen = cursor.varint();
  if (!compressed) {
    if (rawLen !== cursor.left) refuse("bad_length");
    if (rawLen > bytesMax) refuse("body_too_large");
    return cursor.take(rawLen);
  }
  const compLen = cursor.varint();
  if (compLen !== cursor.left || compLen === 0 || compLen >= rawLen || rawLen > 255 * compLen) refuse("bad_length");
  if (rawLen > bytesMax) refuse("body_too_large");
  return lz4(cursor.take(compLen), rawLen);
}

/** An inner frame: every fault is bad_inner. */
function readInner(bare: Uint8Array): Decoded | Skipped {
  try {
    return readFrame(bare, { up: false, inner: true, bodyBytesMax: BODY_UP_BYTES_MAX });
  } catch (error) {
    if (error instanceof Refusal) refuse("bad_inner");
    throw error;
  }
}

function readBatch(cursor: Cursor): Body {
  const bare = bareFrames(cursor, 1);
  cursor.end();
  return {
    list: bare.map((bytes) => {
      const frame = readInner(bytes);
      if ("kind" in frame && ["WELCOME", "RESET", "HISTORY_PAGE", "TALLY", "BATCH"].includes(frame.kind)) {
        refuse("bad_inner");
      }
      return frame;
    }),
  };
}

function readPage(cursor: Cursor): Body {
  const flags = cursor.u8();
  const asOf = cursor.varint();
  const firstSeq = cursor.varint();
  const lastSeq = cursor.varint();
  const bare = bareFrames(cursor, 0);
  cursor.end();
  const list = bare.map(readInner);
  const [people, ...rest] = list.filter((frame) => "kind" in frame);
  if (list.length > 0 && people?.kind !== "PEOPLE") refuse("bad_inner");
  const seqs: number[] = [];
  for (const [i, frame] of rest.entries()) {
    if (frame.kind === "TALLY") {
      const message = rest[i - 1];
      if (message?.kind !== "MSG" || frame.body["target"] !== message.seq) refuse("bad_inner");
    } else {
      if (frame.kind !== "MSG" && frame.kind !== "SYSTEM") refuse("bad_inner");
      if (frame.seq <= (seqs.at(-1) ?? 0)) refuse("bad_inner");
      seqs.push(frame.seq);
    }
  }
  if (list.length > 0 && seqs.length === 0) refuse("bad_inner");
  if (firstSeq !== (seqs[0] ?? 0) || lastSeq !== (seqs.at(-1) ?? 0)) refuse("bad_inner");
  return { flags, asOf, firstSeq, lastSeq, list };
}

function readBody(kind: number, raw: Uint8Array, up: boolean): Body {
  const cursor = new Cursor(raw, "bad_body");
  if (kind === HISTORY_PAGE) return readPage(cursor);
  if (kind === BATCH) return readBatch(cursor);
  const body = bodies[kind]!(cursor, up);
  cursor.end();
  return body;
}

/** Checks 3, 4 and 6 to 20 of a frame without its CRC. */
function readFrame(bare: Uint8Array, { up, inner, bodyBytesMax }: Setting): Decoded | Skipped {
  if (inner && bare.length < FRAME_BYTES_MIN - CRC_BYTES) refuse("too_short");
  if (bare[0] !== 0x57) refuse("bad_magic");
  if (bare[1] !== 0x01) refuse("bad_version");
  const kind = bare[2]!;
  const flags = bare[3]!;
  if ((flags & ~(FLAG_LZ4 | FLAG_EXT)) !== 0) refuse("reserved_flag");
  const header = new Cursor(bare.subarray(4), "bad_id");
  const known = KINDS[kind];
  if (known === undefined) {
    if (kind < 64 || kind > 127) refuse("unknown_kind");
    return { skip: true, seq: header.varint() };
  }
  const idRule = up ? known.up : known.down;
  if (idRule === undefined || (kind === TALLY && !inner)) return refuse("wrong_direction");
  const seq = header.varint();
  checkSeq(seq, known, up);
  const ts = header.varint();
  const id = readId(header, idRule);
  const sender = header.varint();
  checkSender(sender, kind, known, up);
  const ext = (flags & FLAG_EXT) !== 0 ? readExt(header, kind === MSG && !up) : [];
  const raw = readSection(header, (flags & FLAG_LZ4) !== 0, bodyBytesMax);
  return { kind: known.name, flags, seq, ts, id, sender, ext, body: readBody(kind, raw, up) };
}

function readOuter(side: Side, bytes: Uint8Array): Decoded | Skipped {
  const up = side === "up";
  if (bytes.length < FRAME_BYTES_MIN) refuse("too_short");
  if (bytes.length > (up ? 65_536 : 1_048_576)) refuse("too_large");
  if (bytes[0] !== 0x57) refuse("bad_magic");
  if (bytes[1] !== 0x01) refuse("bad_version");
  const bare = bytes.subarray(0, bytes.length - CRC_BYTES);
  const claimed = new DataView(bytes.buffer, bytes.byteOffset + bare.length, CRC_BYTES).getUint32(0, true);
  if (claimed !== crc32(bare)) refuse("bad_crc");
  return readFrame(bare, { up, inner: false, bodyBytesMax: up ? BODY_UP_BYTES_MAX : BODY_DOWN_BYTES_MAX });
}

/** Reads one frame that travelled on `side`: its value, that it is to be skipped, or the name of the reason against it. */
export function readWire(side: Side, bytes: Uint8Array): Answer {
  try {
    const frame = readOuter(side, bytes);
    return "skip" in frame ? frame : { decoded: frame };
  } catch (error) {
    if (error instanceof Refusal) return { error: error.reason };
    throw error;
  }
}
