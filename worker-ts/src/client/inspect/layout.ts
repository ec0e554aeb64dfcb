// The layouts of PROTOCOL.md section 7 as walks: field names of the page in its order, what each number means, and which frames may
// stand where. What is wrong in a frame is marked here to point at it; that it is wrong, the core says.
import {
  ACK_STATUS,
  FEATURE,
  HISTORY_DIRECTION,
  KIND,
  type KindName,
  LIMIT,
  PAGE_FLAG,
  PERSON_FLAG,
  PRESENCE_OP,
  PRESENCE_STATE,
  RESET_REASON,
  ROLE,
  SYSTEM_EVENT,
  TYPING_STATE,
  WELCOME_OUTCOME,
} from "@ferrule/core";
import { between, bits, errorCode, named, oneOf, size, span, type Teller, time, zeroIs } from "./tell";
import type { Walk } from "./walk";

type IdRule = "required" | "none" | "optional";

/** What the table of section 6 says of a kind. A direction that is missing is one it may not travel. */
export interface KindFacts {
  readonly up?: IdRule;
  readonly down?: IdRule;
  /** It has a seq. */
  readonly logged?: true;
  /** It may stand in a BATCH. */
  readonly batched?: true;
}

export const KINDS: Readonly<Record<KindName, KindFacts>> = {
  HELLO: { up: "none" },
  WELCOME: { down: "none" },
  RESET: { down: "none" },
  MSG: { up: "required", down: "required", logged: true, batched: true },
  EDIT: { up: "required", down: "required", logged: true, batched: true },
  DELETE: { up: "required", down: "required", logged: true, batched: true },
  REACT: { up: "required", down: "required", logged: true, batched: true },
  UNREACT: { up: "required", down: "required", logged: true, batched: true },
  TYPING: { up: "none", down: "none", batched: true },
  PRESENCE: { up: "none", down: "none", batched: true },
  RECEIPT: { up: "none", down: "none", batched: true },
  ACK: { down: "required", batched: true },
  ERROR: { down: "optional", batched: true },
  HISTORY_REQ: { up: "required" },
  HISTORY_PAGE: { down: "required" },
  CREDIT: { up: "none" },
  AUTH_REFRESH: { up: "required", down: "optional", batched: true },
  SYSTEM: { down: "none", logged: true, batched: true },
  PEOPLE: { down: "optional", batched: true },
  PEOPLE_REQ: { up: "required" },
  BATCH: { down: "none" },
  TALLY: { down: "none" },
};

const EPOCH_BYTES = 8;
const FILE_ID_BYTES = 16;
/** The least that a client must be able to take. */
const MAX_FRAME_MIN = 65_536;
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

const byNumber = new Map(Object.entries(KIND).map(([name, kind]) => [kind as number, name as KindName]));
/** The name of a kind, or undefined for a number that is none. */
export const kindName = (kind: number): KindName | undefined => byNumber.get(kind);

const role: Teller = oneOf(ROLE);
const features = bits(FEATURE);
const message = (walk: Walk) => walk.str("text", LIMIT.TEXT_BYTES_MAX, walk.up ? 1 : 0);
const isVisible = (bytes: Uint8Array) => bytes.every((byte) => byte > 0x20 && byte !== 0x7f);
const emoji = (walk: Walk) => walk.str("emoji", LIMIT.EMOJI_BYTES_MAX, 1, isVisible);

function reaction(walk: Walk): void {
  walk.varint("target");
  emoji(walk);
}

function hello(walk: Walk): void {
  const fresh = walk.raw("epoch", EPOCH_BYTES).every((byte) => byte === 0);
  if (fresh) walk.amend({ note: "fresh" });
  walk.varint("lastSeq", (seq) =>
    fresh && seq !== 0 ? { note: "without an epoch", fault: "bad_body" } : { note: "" },
  );
  walk.varint("features", features);
  walk.varint("maxFrame", (value) => (value < MAX_FRAME_MIN ? between(MAX_FRAME_MIN, NO_LIMIT)(value) : size(value)));
  walk.str("client", LIMIT.CLIENT_BYTES_MAX);
}

function welcome(walk: Walk): void {
  walk.u8("outcome", oneOf(WELCOME_OUTCOME));
  walk.raw("epoch", EPOCH_BYTES);
  for (const name of ["headSeq", "oldestSeq", "startSeq", "selfRef", "conn"]) walk.varint(name);
  walk.u8("role", role);
  walk.varint("expiresAt", time());
  walk.varint("features", features);
  walk.varint("windowSoft", size);
  walk.varint("windowHard", size);
  walk.varint("slowModeMs", span("no slow mode"));
  walk.str("roomId", LIMIT.ROOM_ID_BYTES_MAX);
  walk.str("title", LIMIT.TITLE_BYTES_MAX);
}

function reset(walk: Walk): void {
  walk.u8("reason", oneOf(RESET_REASON));
  walk.raw("epoch", EPOCH_BYTES);
  for (const name of ["oldestSeq", "headSeq", "startSeq"]) walk.varint(name);
}

function presence(walk: Walk): void {
  const { SNAPSHOT, DELTA, SELF, TOTALS } = PRESENCE_OP;
  const op = walk.u8("op", oneOf(PRESENCE_OP, walk.up ? [SELF] : [SNAPSHOT, DELTA, TOTALS]));
  walk.must();
  const { GONE, HERE, AWAY } = PRESENCE_STATE;
  if (op === SELF) {
    walk.u8("state", oneOf(PRESENCE_STATE, [HERE, AWAY]));
    return;
  }
  walk.varint("connections");
  walk.varint("people");
  if (op === TOTALS) return;
  walk.list(() => {
    walk.varint("conn");
    walk.varint("ref");
    walk.u8("state", oneOf(PRESENCE_STATE, op === DELTA ? [GONE, HERE, AWAY] : [HERE, AWAY]));
  });
}

function receipt(walk: Walk): void {
  const one: Teller = (count) => (walk.up && count !== 1 ? { note: "exactly 1", fault: "bad_body" } : { note: "" });
  walk.list(() => {
    walk.varint("ref", (ref) => (walk.up && ref !== 0 ? { note: "must be 0", fault: "bad_body" } : { note: "" }));
    walk.varint("upTo");
  }, one);
}

function tally(walk: Walk): void {
  walk.varint("target");
  walk.varint("asOf");
  walk.list(() => {
    emoji(walk);
    walk.varint("total");
    walk.list(() => walk.varint("ref"), between(0, LIMIT.TALLY_REFS_MAX), "refs");
  });
}

/** A list of bare frames; `frame` reads one, of which it is told the length and the place. */
function frames(walk: Walk, least: number, frame: (length: number) => void): void {
  const enough: Teller = (count) => (count < least ? { note: "at least 1", fault: "bad_body" } : { note: "" });
  walk.list(() => {
    const length = walk.varint("len", size);
    if (length > walk.left) walk.fail("runs off the body", "bad_body");
    frame(length);
  }, enough);
}

type Body = (walk: Walk, frame: (length: number) => void) => void;

/** Every body. `frame` reads the bare frames within a BATCH or HISTORY_PAGE. */
export const BODIES: Readonly<Record<KindName, Body>> = {
  HELLO: hello,
  WELCOME: welcome,
  RESET: reset,
  MSG(walk) {
    walk.varint("replyTo", zeroIs("no reply"));
    message(walk);
  },
  EDIT(walk) {
    walk.varint("target");
    message(walk);
  },
  DELETE: (walk) => void walk.varint("target"),
  REACT: reaction,
  UNREACT: reaction,
  TYPING: (walk) => void walk.u8("state", oneOf(TYPING_STATE)),
  PRESENCE: presence,
  RECEIPT: receipt,
  ACK(walk) {
    walk.u8("status", oneOf(ACK_STATUS));
    walk.varint("seq");
    walk.varint("ts", time("none"));
  },
  ERROR(walk) {
    walk.u16("code", errorCode);
    walk.varint("retryAfterMs", span("no advice"));
    walk.str("text", LIMIT.ERROR_TEXT_BYTES_MAX);
  },
  HISTORY_REQ(walk) {
    walk.u8("direction", oneOf(HISTORY_DIRECTION));
    walk.varint("from", zeroIs("from the newest"));
    walk.varint("limit", between(1, LIMIT.PAGE_ENTRIES_MAX));
  },
  HISTORY_PAGE(walk, frame) {
    walk.u8("flags", bits(PAGE_FLAG));
    for (const name of ["asOf", "firstSeq", "lastSeq"]) walk.varint(name);
    frames(walk, 0, frame);
  },
  CREDIT: (walk) => void walk.varint("consumed", size),
  AUTH_REFRESH(walk) {
    if (walk.up) walk.str("ticket", LIMIT.TICKET_BYTES_MAX);
    else {
      walk.varint("expiresAt", time());
      walk.u8("role", role);
    }
  },
  SYSTEM(walk) {
    walk.varint("event", named(SYSTEM_EVENT));
    walk.varint("subject", zeroIs("nobody"));
    walk.str("text", LIMIT.TITLE_BYTES_MAX);
  },
  PEOPLE(walk) {
    walk.list(() => {
      walk.varint("ref");
      walk.u8("flags", bits(PERSON_FLAG));
      walk.str("userId", LIMIT.USER_ID_BYTES_MAX);
      walk.str("name", LIMIT.NAME_BYTES_MAX);
    });
  },
  PEOPLE_REQ: (walk) => walk.list(() => walk.varint("ref"), between(1, LIMIT.PEOPLE_REQ_MAX), "refs"),
  BATCH: (walk, frame) => frames(walk, 1, frame),
  TALLY: tally,
};

/** The values of the known extensions, by type: they are known on a MSG that travels down. */
export const EXT_VALUES: Readonly<Record<number, { readonly name: string; readonly walk: (walk: Walk) => void }>> = {
  2: {
    name: "EDITED",
    walk(walk) {
      walk.varint("editSeq");
      walk.varint("editTs", time());
    },
  },
  4: {
    name: "ERASED",
    walk(walk) {
      walk.varint("deleteSeq");
      walk.varint("deleteTs", time());
      walk.varint("by");
    },
  },
  6: {
    name: "FILES",
    walk(walk) {
      walk.list(() => {
        walk.raw("fileId", FILE_ID_BYTES);
        walk.str("name", LIMIT.FILE_NAME_BYTES_MAX);
        walk.str("mime", LIMIT.FILE_MIME_BYTES_MAX);
        walk.varint("size", size);
        walk.varint("width", zeroIs("no picture"));
        walk.varint("height", zeroIs("no picture"));
      });
    },
  },
};
