// Bodies and extension values (PROTOCOL.md sections 4 and 7) into the shape of the vectors. Inner frames are left as bytes for
// wire-reader.ts. Written from the page alone; imports nothing of the core.
import { type Cursor, hex, refuse, utf8 } from "./cursor.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Body = { [key: string]: Json };

const LIST_ENTRIES_MAX = 1_024;
const PEOPLE_REQ_MAX = 64;
const TALLY_REFS_MAX = 100;
const PAGE_ENTRIES_MAX = 256;
const EMOJI_BYTES_MAX = 64;
const MAX_FRAME_MIN = 65_536;

function text(bytes: Uint8Array, max: number): string {
  if (bytes.length > max) refuse("over_limit");
  return utf8(bytes) ?? refuse("bad_utf8");
}

const str = (cursor: Cursor, max: number): string => text(cursor.str(), max);

/** The text of a MSG or EDIT: up at least one byte. */
function message(cursor: Cursor, up: boolean): string {
  const bytes = cursor.str();
  if (up && bytes.length === 0) refuse("bad_body");
  return text(bytes, 16_384);
}

function emoji(cursor: Cursor): string {
  const bytes = cursor.str();
  if (bytes.length === 0 || bytes.some((byte) => byte <= 0x20 || byte === 0x7f)) refuse("bad_body");
  return text(bytes, EMOJI_BYTES_MAX);
}

function oneOf(cursor: Cursor, least: number, most: number): number {
  const value = cursor.u8();
  return value >= least && value <= most ? value : refuse("bad_body");
}

function times<T>(count: number, entry: () => T): T[] {
  const list: T[] = [];
  for (let i = 0; i < count; i++) list.push(entry());
  return list;
}

function list(cursor: Cursor, entry: () => Json): Json[] {
  const count = cursor.count();
  if (count > LIST_ENTRIES_MAX) refuse("over_limit");
  return times(count, entry);
}

function presence(cursor: Cursor, up: boolean): Body {
  const op = cursor.u8();
  if (up ? op !== 2 : op !== 0 && op !== 1 && op !== 3) refuse("bad_body");
  if (up) return { op, state: oneOf(cursor, 1, 2) };
  const connections = cursor.varint();
  const people = cursor.varint();
  if (op === 3) return { op, connections, people };
  const least = op === 0 ? 1 : 0;
  return {
    op,
    connections,
    people,
    list: list(cursor, () => ({ conn: cursor.varint(), ref: cursor.varint(), state: oneOf(cursor, least, 2) })),
  };
}

function receipt(cursor: Cursor, up: boolean): Body {
  if (!up) return { list: list(cursor, () => ({ ref: cursor.varint(), upTo: cursor.varint() })) };
  if (cursor.count() !== 1) refuse("bad_body");
  const ref = cursor.varint();
  if (ref !== 0) refuse("bad_body");
  return { list: [{ ref, upTo: cursor.varint() }] };
}

function hello(cursor: Cursor): Body {
  const epoch = hex(cursor.take(8));
  const lastSeq = cursor.varint();
  if (/^0+$/.test(epoch) && lastSeq !== 0) refuse("bad_body");
  const features = cursor.varint();
  const maxFrame = cursor.varint();
  if (maxFrame < MAX_FRAME_MIN) refuse("bad_body");
  return { epoch, lastSeq, features, maxFrame, client: str(cursor, 64) };
}

function historyReq(cursor: Cursor): Body {
  const direction = oneOf(cursor, 0, 1);
  const from = cursor.varint();
  const limit = cursor.varint();
  if (limit === 0) refuse("bad_body");
  if (limit > PAGE_ENTRIES_MAX) refuse("over_limit");
  return { direction, from, limit };
}

function peopleReq(cursor: Cursor): Body {
  const count = cursor.count();
  if (count === 0) refuse("bad_body");
  if (count > PEOPLE_REQ_MAX) refuse("over_limit");
  return { refs: times(count, () => cursor.varint()) };
}

function tally(cursor: Cursor): Body {
  let refsLeft = TALLY_REFS_MAX;
  return {
    target: cursor.varint(),
    asOf: cursor.varint(),
    list: list(cursor, () => {
      const row = { emoji: emoji(cursor), total: cursor.varint() };
      const count = cursor.count();
      if (count > refsLeft) refuse("over_limit");
      refsLeft -= count;
      return { ...row, refs: times(count, () => cursor.varint()) };
    }),
  };
}

/** The bare frames of a list, not looked into. */
export function bareFrames(cursor: Cursor, least: number): Uint8Array[] {
  const count = cursor.count();
  if (count < least) refuse("bad_body");
  if (count > LIST_ENTRIES_MAX) refuse("over_limit");
  return times(count, () => cursor.str());
}

/** Layouts by kind, but for those of inner frames (15, 21). Keys stand in the order of the fields: that is how they are read. */
export const bodies: { readonly [kind: number]: (cursor: Cursor, up: boolean) => Body } = {
  1: hello,
  2: (c) => ({
    outcome: oneOf(c, 0, 2),
    epoch: hex(c.take(8)),
    headSeq: c.varint(),
    oldestSeq: c.varint(),
    startSeq: c.varint(),
    selfRef: c.varint(),
    conn: c.varint(),
    role: oneOf(c, 1, 3),
    expiresAt: c.varint(),
    features: c.varint(),
    windowSoft: c.varint(),
    windowHard: c.varint(),
    slowModeMs: c.varint(),
    roomId: str(c, 64),
    title: str(c, 256),
  }),
  3: (c) => ({
    reason: oneOf(c, 1, 4),
    epoch: hex(c.take(8)),
    oldestSeq: c.varint(),
    headSeq: c.varint(),
    startSeq: c.varint(),
  }),
  4: (c, up) => ({ replyTo: c.varint(), text: message(c, up) }),
  5: (c, up) => ({ target: c.varint(), text: message(c, up) }),
  6: (c) => ({ target: c.varint() }),
  7: (c) => ({ target: c.varint(), emoji: emoji(c) }),
  8: (c) => ({ target: c.varint(), emoji: emoji(c) }),
  9: (c) => ({ state: oneOf(c, 0, 1) }),
  10: presence,
  11: receipt,
  12: (c) => ({ status: oneOf(c, 0, 2), seq: c.varint(), ts: c.varint() }),
  13: (c) => ({ code: c.u16(), retryAfterMs: c.varint(), text: str(c, 256) }),
  14: historyReq,
  16: (c) => ({ consumed: c.varint() }),
  17: (c, up) => (up ? { ticket: str(c, 1_024) } : { expiresAt: c.varint(), role: oneOf(c, 1, 3) }),
  18: (c) => ({ event: c.varint(), subject: c.varint(), text: str(c, 256) }),
  19: (c) => ({
    list: list(c, () => ({ ref: c.varint(), flags: c.u8(), userId: str(c, 64), name: str(c, 96) })),
  }),
  20: peopleReq,
  22: tally,
};

/** A str inside a known extension: whatever is wrong with it but its length varint is bad_ext, and so says the cursor's `cut`. */
function extStr(cursor: Cursor, max: number): void {
  const bytes = cursor.str();
  if (bytes.length > max || utf8(bytes) === null) refuse(cursor.cut);
}

/** Checks of the known extensions of a MSG down, by type; the cursor's `cut` is bad_ext. */
export const extValues: { readonly [type: number]: (cursor: Cursor) => void } = {
  2: (c) => {
    c.varint();
    c.varint();
  },
  4: (c) => {
    c.varint();
    c.varint();
    c.varint();
  },
  6: (c) => {
    // FILES_PER_MESSAGE_MAX is what servers send; a value of EXT_BYTES_MAX cannot hold LIST_ENTRIES_MAX files.
    for (let left = c.count(); left > 0; left--) {
      c.take(16);
      extStr(c, 120);
      extStr(c, 64);
      c.varint();
      c.varint();
      c.varint();
    }
  },
};
