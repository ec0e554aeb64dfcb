// From bytes to a frame object. The core checks and finds; this file copies once and gives the finds their names.
import { nextEntry, nextExt, nextRow, decode as rawDecode } from "../../generated/ferrule.js";
import { KIND, type KindName, type Side } from "../constant/kind.js";
import { LIMIT } from "../constant/limit.js";
import { REASON } from "../constant/reason.js";
import { FLAG } from "../constant/vocabulary.js";
import { arenas, fill, recover } from "../core/instance.js";
import { type Kept, keep, keptBytes } from "../core/own.js";
import { ARENA, SLOT } from "../core/slot.js";
import { type Facts, readers } from "./body-read.js";
import type { BodyOf, Ext, Frame, Skip } from "./frame.js";
import { WireError } from "./wire-error.js";

/** Kinds from here on that are not known are skipped. */
const SKIP_KIND_MIN = 64;
const NO_EXT: readonly Ext[] = [];
const kinds: readonly (KindName | undefined)[] = Object.entries(KIND).reduce<KindName[]>((names, [name, kind]) => {
  names[kind] = name as KindName;
  return names;
}, []);

/** A frame that was read. The id is copied out of the frame when somebody asks for it. */
class ReadFrame {
  readonly kind: KindName;
  readonly flags: number;
  readonly seq: number;
  readonly ts: number;
  readonly sender: number;
  readonly ext: readonly Ext[];
  readonly body: BodyOf<KindName>;
  readonly #header: Kept;
  readonly #idAt: number;
  #id: Uint8Array | null = null;

  /** `header`: the kept bytes that the slots' header offsets point into. */
  constructor(kind: KindName, facts: Facts, header: Kept) {
    const { slots } = facts;
    this.kind = kind;
    this.flags = slots[SLOT.FLAGS]!;
    this.seq = slots[SLOT.SEQ]!;
    this.ts = slots[SLOT.TS]!;
    this.sender = slots[SLOT.SENDER]!;
    this.#header = header;
    this.#idAt = slots[SLOT.ID_AT]!;
    // Before the body: its rows would take the place of the extensions' slots.
    this.ext = (this.flags & FLAG.EXT) === 0 ? NO_EXT : extensions(header, facts.rows);
    this.body = readers[kind](facts);
  }

  get id(): Uint8Array | null {
    if (this.#id === null && this.#idAt >= 0) this.#id = keptBytes(this.#header, this.#idAt, LIMIT.ID_BYTES);
    return this.#id;
  }
}

function extensions(header: Kept, entry: Float64Array): Ext[] {
  const list: Ext[] = [];
  for (let type = nextExt(); type >= 0; type = nextExt()) {
    list.push({ type, bytes: keptBytes(header, entry[SLOT.BYTES_AT]!, entry[SLOT.EXT_BYTES]!) });
  }
  return list;
}

/** The frame in INDEX. */
class Outer implements Facts {
  constructor(
    readonly slots: Float64Array,
    readonly rows: Float64Array,
    readonly kept: Kept,
    readonly up: boolean,
  ) {}

  nextRow(): number {
    return nextEntry();
  }

  inner(): (Frame | Skip)[] {
    const list: (Frame | Skip)[] = [];
    for (let kind = nextEntry(); kind !== 0; kind = nextEntry()) list.push(readInner(kind, this.rows, this.kept));
    return list;
  }
}

/** A frame of a BATCH or HISTORY_PAGE, in ENTRY; its own rows come into the same slots. */
class Inner implements Facts {
  readonly up = false;

  constructor(
    readonly slots: Float64Array,
    readonly kept: Kept,
  ) {}

  get rows(): Float64Array {
    return this.slots;
  }

  nextRow(): number {
    return nextRow();
  }

  inner(): never {
    throw new WireError(REASON.bad_inner);
  }
}

function readInner(kind: number, entry: Float64Array, outerBody: Kept): Frame | Skip {
  if (kind >= SKIP_KIND_MIN) return { skip: true, seq: entry[SLOT.SEQ]! };
  const own = entry[SLOT.ARENA] === ARENA.INNER;
  const body = own ? keep(arenas().inner.subarray(0, entry[SLOT.BODY_AT]! + entry[SLOT.BODY_BYTES]!)) : outerBody;
  return new ReadFrame(kinds[kind]!, new Inner(entry, body), outerBody) as Frame;
}

/** Has the core read `bytes`: the kind's number, 0 = skip, -(reason). The facts stand in INDEX. */
export function read(side: Side, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > LIMIT.FRAME_DOWN_BYTES_MAX) return -REASON.too_large;
  fill(bytes);
  return rawDecode(side === "up" ? 0 : 1, length);
}

function readOuter(side: Side, bytes: Uint8Array): Frame | Skip {
  const kind = read(side, bytes);
  if (kind < 0) throw new WireError(-kind);
  const { index, entry, input, raw } = arenas();
  if (kind === 0) return { skip: true, seq: index[SLOT.SEQ]! };
  if (index[SLOT.ARENA] === ARENA.IN) {
    const whole = keep(bytes);
    return new ReadFrame(kinds[kind]!, new Outer(index, entry, whole, side === "up"), whole) as Frame;
  }
  const body = keep(raw.subarray(0, index[SLOT.BODY_AT]! + index[SLOT.BODY_BYTES]!));
  const header = keep(input.subarray(0, index[SLOT.SECTION_AT]));
  return new ReadFrame(kinds[kind]!, new Outer(index, entry, body, side === "up"), header) as Frame;
}

/**
 * Reads one frame that travelled on `side`. The result owns its bytes; `bytes` may be reused at once.
 * Throws WireError when the frame is refused. Unknown kinds 64..127 give a Skip.
 */
export function decode(side: Side, bytes: Uint8Array): Frame | Skip {
  try {
    return readOuter(side, bytes);
  } catch (error) {
    throw recover(error);
  }
}
