// Any frame the protocol allows, by kind and direction, for round trips. Nothing that a reader would refuse is made here.
import fc from "fast-check";
import type { FrameInit, KindName, Side } from "../../src/index.ts";
import { editedExt, erasedExt, filesExt, KIND, LIMIT } from "../../src/node.ts";

const byteLength = (text: string) => new TextEncoder().encode(text).length;

/** Text of at most so many UTF-8 bytes: plain, with every plane, with a byte order mark or a NUL in front. */
export function text(bytesMax: number, bytesMin = 0): fc.Arbitrary<string> {
  const units = Math.min(bytesMax, 300);
  return fc
    .oneof(
      fc.string({ maxLength: units }),
      fc.string({ unit: "binary", maxLength: Math.floor(units / 4) }),
      fc.string({ unit: "grapheme", maxLength: 20 }).map((tail) => `\ufeff\u0000${tail}`),
      fc.nat({ max: bytesMax }).map((length) => "ferrule ".repeat(bytesMax / 8 + 1).slice(0, length)),
    )
    .filter((made) => byteLength(made) <= bytesMax && byteLength(made) >= bytesMin);
}

const number = fc.oneof(
  fc.nat({ max: 300 }),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 16_383, 16_384, 2 ** 32, LIMIT.VARINT_MAX),
);
const positive = number.map((value) => Math.max(1, value));
const u8 = fc.nat({ max: 255 });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const id = bytes(LIMIT.ID_BYTES);
const maybeId = fc.option(id);
const none = fc.constant(0);
const noId = fc.constant(null);
const emoji = fc.oneof(
  fc.constantFrom("👍🏽", ":ferrule:", "👨‍👩‍👧‍👦"),
  text(LIMIT.EMOJI_BYTES_MAX, 1).map((made) =>
    [...made].map((char) => (char <= " " || char === "\x7f" ? "x" : char)).join(""),
  ),
);
const few = <T>(entry: fc.Arbitrary<T>) => fc.array(entry, { maxLength: 12 });

const hello = fc
  .record({
    epoch: bytes(8),
    lastSeq: number,
    features: number,
    maxFrame: number,
    client: text(LIMIT.CLIENT_BYTES_MAX),
  })
  .map((body) => ({
    ...body,
    lastSeq: body.epoch.every((byte) => byte === 0) ? 0 : body.lastSeq,
    maxFrame: Math.max(65_536, body.maxFrame),
  }));
const welcome = fc.record({
  outcome: fc.nat({ max: 2 }),
  epoch: bytes(8),
  headSeq: number,
  oldestSeq: number,
  startSeq: number,
  selfRef: number,
  conn: number,
  role: fc.integer({ min: 1, max: 3 }),
  expiresAt: number,
  features: number,
  windowSoft: number,
  windowHard: number,
  slowModeMs: number,
  roomId: text(LIMIT.ROOM_ID_BYTES_MAX),
  title: text(LIMIT.TITLE_BYTES_MAX),
});
const reset = fc.record({
  reason: fc.integer({ min: 1, max: 4 }),
  epoch: bytes(8),
  oldestSeq: number,
  headSeq: number,
  startSeq: number,
});
const presence = (op: 0 | 1) =>
  fc.record({
    op: fc.constant(op),
    connections: number,
    people: number,
    list: few(fc.record({ conn: number, ref: number, state: fc.integer({ min: 1 - op, max: 2 }) })),
  });
const presenceDown = fc.oneof(
  presence(0),
  presence(1),
  fc.record({ op: fc.constant(3 as const), connections: number, people: number }),
);
const people = fc.record({
  list: few(
    fc.record({
      ref: number,
      flags: u8,
      userId: text(LIMIT.USER_ID_BYTES_MAX),
      name: text(LIMIT.NAME_BYTES_MAX),
    }),
  ),
});
const tally = (target: number) =>
  fc.record({
    target: fc.constant(target),
    asOf: number,
    list: fc.array(
      fc.record({ emoji, total: number, refs: fc.array(number, { maxLength: LIMIT.TALLY_REFS_MAX / 5 }) }),
      { maxLength: 5 },
    ),
  });
const message = (bytesMin: number) => text(LIMIT.TEXT_BYTES_MAX, bytesMin);

const file = fc.record({
  fileId: id,
  name: text(LIMIT.FILE_NAME_BYTES_MAX),
  mime: text(LIMIT.FILE_MIME_BYTES_MAX),
  size: number,
  width: number,
  height: number,
});
const unknownExt = fc.record({
  type: fc.nat({ max: 200 }).map((n) => 8 + 2 * n),
  bytes: fc.uint8Array({ maxLength: 9 }),
});

/** Extensions of a MSG down, types ascending. */
const messageExt = fc
  .tuple(
    fc.option(fc.record({ editSeq: number, editTs: number }).map(editedExt)),
    fc.option(fc.record({ deleteSeq: number, deleteTs: number, by: number }).map(erasedExt)),
    fc.option(fc.array(file, { maxLength: 7 }).map(filesExt)),
    fc.option(unknownExt),
  )
  .map((list) => list.filter((ext) => ext !== null))
  .filter((list) => list.reduce((sum, { bytes: { length } }) => sum + length + 6, 0) <= LIMIT.EXT_BYTES_MAX);

/** What a kind may hold in a direction; what is left out is 0, null or empty. */
interface Shape {
  readonly body: fc.Arbitrary<object>;
  readonly id?: fc.Arbitrary<Uint8Array | null>;
  readonly seq?: fc.Arbitrary<number>;
  readonly sender?: fc.Arbitrary<number>;
  readonly ext?: typeof messageExt;
}

const logged = { id, seq: positive, sender: positive };
const target = fc.record({ target: number });
const reaction = fc.record({ target: number, emoji });
const typing = fc.record({ state: fc.nat({ max: 1 }) });

const up: Partial<Record<KindName, Shape>> = {
  HELLO: { body: hello },
  MSG: { body: fc.record({ replyTo: number, text: message(1) }), id },
  EDIT: { body: fc.record({ target: number, text: message(1) }), id },
  DELETE: { body: target, id },
  REACT: { body: reaction, id },
  UNREACT: { body: reaction, id },
  TYPING: { body: typing },
  PRESENCE: { body: fc.record({ op: fc.constant(2), state: fc.integer({ min: 1, max: 2 }) }) },
  RECEIPT: { body: number.map((upTo) => ({ list: [{ ref: 0, upTo }] })) },
  HISTORY_REQ: {
    body: fc.record({
      direction: fc.nat({ max: 1 }),
      from: number,
      limit: fc.integer({ min: 1, max: LIMIT.PAGE_ENTRIES_MAX }),
    }),
    id,
  },
  CREDIT: { body: fc.record({ consumed: number }) },
  AUTH_REFRESH: { body: fc.record({ ticket: text(LIMIT.TICKET_BYTES_MAX) }), id },
  PEOPLE_REQ: { body: fc.record({ refs: fc.array(number, { minLength: 1, maxLength: LIMIT.PEOPLE_REQ_MAX }) }), id },
};

/** Kinds down that may stand in a BATCH. */
const downSingle: Partial<Record<KindName, Shape>> = {
  MSG: { body: fc.record({ replyTo: number, text: message(0) }), ...logged, ext: messageExt },
  EDIT: { body: fc.record({ target: number, text: message(0) }), ...logged },
  DELETE: { body: target, ...logged },
  REACT: { body: reaction, ...logged },
  UNREACT: { body: reaction, ...logged },
  TYPING: { body: typing, sender: positive },
  PRESENCE: { body: presenceDown },
  RECEIPT: { body: fc.record({ list: few(fc.record({ ref: number, upTo: number })) }) },
  ACK: { body: fc.record({ status: fc.nat({ max: 2 }), seq: number, ts: number }), id },
  ERROR: {
    body: fc.record({
      code: fc.nat({ max: 65_535 }),
      retryAfterMs: number,
      text: text(LIMIT.ERROR_TEXT_BYTES_MAX),
    }),
    id: maybeId,
  },
  AUTH_REFRESH: { body: fc.record({ expiresAt: number, role: fc.integer({ min: 1, max: 3 }) }), id: maybeId },
  SYSTEM: {
    body: fc.record({ event: number, subject: number, text: text(LIMIT.TITLE_BYTES_MAX) }),
    seq: positive,
    sender: number,
  },
  PEOPLE: { body: people, id: maybeId },
};
const downAlone: Partial<Record<KindName, Shape>> = { WELCOME: { body: welcome }, RESET: { body: reset } };

function frame(kind: string, shape: Shape): fc.Arbitrary<FrameInit> {
  const { body, id: ids = noId, seq = none, sender = none, ext = fc.constant([]) } = shape;
  return fc
    .record({ kind: fc.constant(kind), seq, ts: number, id: ids, sender, ext, body })
    .map((made) => made as FrameInit);
}

const oneOf = (shapes: Partial<Record<KindName, Shape>>) =>
  fc.oneof(...Object.entries(shapes).map(([kind, shape]) => frame(kind, shape)));

export const single = oneOf(downSingle);

const batch = frame("BATCH", { body: fc.record({ list: fc.array(single, { minLength: 1, maxLength: 6 }) }) });

/** Entries of a page by rising seq, a MSG now and then with its TALLY. */
const entries = fc
  .array(
    fc.oneof(
      fc.tuple(
        frame("MSG", downSingle.MSG!),
        fc.option(tally(0).chain((body) => frame("TALLY", { body: fc.constant(body) }))),
      ),
      fc.tuple(frame("SYSTEM", downSingle.SYSTEM!), fc.constant(null)),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((list) =>
    list.flatMap(([entry, reactions], i): FrameInit[] => {
      const seq = 40 + 3 * i;
      const moved: FrameInit = { ...entry, seq };
      if (reactions?.kind !== "TALLY") return [moved];
      return [moved, { ...reactions, body: { ...reactions.body, target: seq } }];
    }),
  );
const page = fc
  .tuple(
    fc.record({ flags: fc.nat({ max: 3 }), asOf: number }),
    frame("PEOPLE", { body: people }),
    entries,
    fc.boolean(),
  )
  .map(([facts, first, rest, empty]) => {
    if (empty) return { ...facts, flags: 0, firstSeq: 0, lastSeq: 0, list: [] };
    const seqs = rest.flatMap(({ kind, seq = 0 }) => (kind === "TALLY" ? [] : [seq]));
    return { ...facts, firstSeq: seqs[0]!, lastSeq: seqs.at(-1)!, list: [first, ...rest] };
  });

/** Any frame that may travel on `side`, as a whole and alone. */
export const frames: Record<Side, fc.Arbitrary<FrameInit>> = {
  up: oneOf(up),
  down: fc.oneof(oneOf({ ...downSingle, ...downAlone }), batch, frame("HISTORY_PAGE", { body: page, id })),
};

/** Names of the kinds that are made, to show that none is forgotten. */
export const kindsMade = new Set([
  ...Object.keys({ ...up, ...downSingle, ...downAlone }),
  "BATCH",
  "HISTORY_PAGE",
  "TALLY",
]);
export const kindsKnown = new Set(Object.keys(KIND));
