// Bodies as objects (PROTOCOL.md section 7), named from the numbers and offsets that the core found. Writing is in body-write.ts.
import type { KindName } from "../constant/kind.js";
import { type Kept, keptBytes } from "../core/own.js";
import { SLOT } from "../core/slot.js";
import { LazyText } from "../core/text.js";
import type {
  BodyOf,
  EditBody,
  ErrorBody,
  Frame,
  HelloBody,
  MsgBody,
  PeopleEntry,
  PresenceBody,
  ReactBody,
  Skip,
  SystemBody,
  TallyEntry,
  WelcomeBody,
} from "./frame.js";

/** What a body is read from: the slots the core filled, and the kept bytes that their offsets point into. */
export interface Facts {
  readonly slots: Float64Array;
  readonly kept: Kept;
  readonly up: boolean;
  /** Fills the slots of `rows` with the next row of the list: 1, for a ref of a TALLY row 2, at the end 0. */
  nextRow(): number;
  /** Facts of the row that `nextRow` found. */
  readonly rows: Float64Array;
  /** All frames of a BATCH or HISTORY_PAGE. */
  inner(): (Frame | Skip)[];
}

const number = (slots: Float64Array, nth: number): number => slots[SLOT.NUMBER + nth]!;
const text = (kept: Kept, slots: Float64Array) => new LazyText(kept, slots[SLOT.TEXT_AT]!, slots[SLOT.TEXT_BYTES]!);
const second = (kept: Kept, slots: Float64Array) =>
  new LazyText(kept, slots[SLOT.SECOND_AT]!, slots[SLOT.SECOND_BYTES]!);
const epoch = ({ kept, slots }: Facts) => keptBytes(kept, slots[SLOT.BYTES_AT]!, 8);

// Classes where a body holds a string, which is decoded when somebody asks.

class Hello implements HelloBody {
  readonly epoch: Uint8Array;
  readonly lastSeq: number;
  readonly features: number;
  readonly maxFrame: number;
  readonly #client: LazyText;
  constructor(facts: Facts) {
    this.epoch = epoch(facts);
    this.lastSeq = number(facts.slots, 0);
    this.features = number(facts.slots, 1);
    this.maxFrame = number(facts.slots, 2);
    this.#client = text(facts.kept, facts.slots);
  }
  get client(): string {
    return this.#client.value;
  }
}

class Welcome implements WelcomeBody {
  readonly outcome: number;
  readonly epoch: Uint8Array;
  readonly headSeq: number;
  readonly oldestSeq: number;
  readonly startSeq: number;
  readonly selfRef: number;
  readonly conn: number;
  readonly role: number;
  readonly expiresAt: number;
  readonly features: number;
  readonly windowSoft: number;
  readonly windowHard: number;
  readonly slowModeMs: number;
  readonly #roomId: LazyText;
  readonly #title: LazyText;
  constructor(facts: Facts) {
    const { slots } = facts;
    this.outcome = number(slots, 0);
    this.epoch = epoch(facts);
    this.headSeq = number(slots, 1);
    this.oldestSeq = number(slots, 2);
    this.startSeq = number(slots, 3);
    this.selfRef = number(slots, 4);
    this.conn = number(slots, 5);
    this.role = number(slots, 6);
    this.expiresAt = number(slots, 7);
    this.features = number(slots, 8);
    this.windowSoft = number(slots, 9);
    this.windowHard = number(slots, 10);
    this.slowModeMs = number(slots, 11);
    this.#roomId = text(facts.kept, facts.slots);
    this.#title = second(facts.kept, facts.slots);
  }
  get roomId(): string {
    return this.#roomId.value;
  }
  get title(): string {
    return this.#title.value;
  }
}

class Msg implements MsgBody {
  readonly replyTo: number;
  readonly #text: LazyText;
  constructor(facts: Facts) {
    this.replyTo = number(facts.slots, 0);
    this.#text = text(facts.kept, facts.slots);
  }
  get text(): string {
    return this.#text.value;
  }
}

class Edit implements EditBody {
  readonly target: number;
  readonly #text: LazyText;
  constructor(facts: Facts) {
    this.target = number(facts.slots, 0);
    this.#text = text(facts.kept, facts.slots);
  }
  get text(): string {
    return this.#text.value;
  }
}

class React implements ReactBody {
  readonly target: number;
  readonly #emoji: LazyText;
  constructor(facts: Facts) {
    this.target = number(facts.slots, 0);
    this.#emoji = text(facts.kept, facts.slots);
  }
  get emoji(): string {
    return this.#emoji.value;
  }
}

class Failure implements ErrorBody {
  readonly code: number;
  readonly retryAfterMs: number;
  readonly #text: LazyText;
  constructor(facts: Facts) {
    this.code = number(facts.slots, 0);
    this.retryAfterMs = number(facts.slots, 1);
    this.#text = text(facts.kept, facts.slots);
  }
  get text(): string {
    return this.#text.value;
  }
}

class Ticket {
  readonly #ticket: LazyText;
  constructor(facts: Facts) {
    this.#ticket = text(facts.kept, facts.slots);
  }
  get ticket(): string {
    return this.#ticket.value;
  }
}

class System implements SystemBody {
  readonly event: number;
  readonly subject: number;
  readonly #text: LazyText;
  constructor(facts: Facts) {
    this.event = number(facts.slots, 0);
    this.subject = number(facts.slots, 1);
    this.#text = text(facts.kept, facts.slots);
  }
  get text(): string {
    return this.#text.value;
  }
}

class Person implements PeopleEntry {
  readonly ref: number;
  readonly flags: number;
  readonly #userId: LazyText;
  readonly #name: LazyText;
  constructor({ rows, kept }: Facts) {
    this.ref = number(rows, 0);
    this.flags = number(rows, 1);
    this.#userId = text(kept, rows);
    this.#name = second(kept, rows);
  }
  get userId(): string {
    return this.#userId.value;
  }
  get name(): string {
    return this.#name.value;
  }
}

class Tally implements TallyEntry {
  readonly total: number;
  readonly refs: number[] = [];
  readonly #emoji: LazyText;
  constructor({ rows, kept }: Facts) {
    this.total = number(rows, 0);
    this.#emoji = text(kept, rows);
  }
  get emoji(): string {
    return this.#emoji.value;
  }
}

function list<T>(facts: Facts, row: (rows: Float64Array) => T): T[] {
  const rows: T[] = [];
  while (facts.nextRow() !== 0) rows.push(row(facts.rows));
  return rows;
}

function presence(facts: Facts): PresenceBody {
  const { slots } = facts;
  const op = number(slots, 0);
  if (op === 2) return { op, state: number(slots, 1) };
  const connections = number(slots, 1);
  const people = number(slots, 2);
  if (op === 3) return { op, connections, people };
  return {
    op: op === 0 ? 0 : 1,
    connections,
    people,
    list: list(facts, (row) => ({ conn: number(row, 0), ref: number(row, 1), state: number(row, 2) })),
  };
}

/** The rows of a TALLY: an emoji row (1), then its refs (2 each), and so on. */
function tallies(facts: Facts): Tally[] {
  const emojis: Tally[] = [];
  for (let row = facts.nextRow(); row !== 0; row = facts.nextRow()) {
    if (row === 1) emojis.push(new Tally(facts));
    else emojis.at(-1)!.refs.push(number(facts.rows, 0));
  }
  return emojis;
}

/** A reader of the body for every kind. Numbers of the body are taken before its rows, which may stand in the same slots. */
export const readers: { readonly [K in KindName]: (facts: Facts) => BodyOf<K> } = {
  HELLO: (facts) => new Hello(facts),
  WELCOME: (facts) => new Welcome(facts),
  RESET: (facts) => ({
    reason: number(facts.slots, 0),
    epoch: epoch(facts),
    oldestSeq: number(facts.slots, 1),
    headSeq: number(facts.slots, 2),
    startSeq: number(facts.slots, 3),
  }),
  MSG: (facts) => new Msg(facts),
  EDIT: (facts) => new Edit(facts),
  DELETE: ({ slots }) => ({ target: number(slots, 0) }),
  REACT: (facts) => new React(facts),
  UNREACT: (facts) => new React(facts),
  TYPING: ({ slots }) => ({ state: number(slots, 0) }),
  PRESENCE: presence,
  RECEIPT: (facts) => ({ list: list(facts, (row) => ({ ref: number(row, 0), upTo: number(row, 1) })) }),
  ACK: ({ slots }) => ({ status: number(slots, 0), seq: number(slots, 1), ts: number(slots, 2) }),
  ERROR: (facts) => new Failure(facts),
  HISTORY_REQ: ({ slots }) => ({ direction: number(slots, 0), from: number(slots, 1), limit: number(slots, 2) }),
  HISTORY_PAGE: (facts) => ({
    flags: number(facts.slots, 0),
    asOf: number(facts.slots, 1),
    firstSeq: number(facts.slots, 2),
    lastSeq: number(facts.slots, 3),
    list: facts.inner(),
  }),
  CREDIT: ({ slots }) => ({ consumed: number(slots, 0) }),
  AUTH_REFRESH: (facts) =>
    facts.up ? new Ticket(facts) : { expiresAt: number(facts.slots, 0), role: number(facts.slots, 1) },
  SYSTEM: (facts) => new System(facts),
  PEOPLE: (facts) => ({ list: list(facts, () => new Person(facts)) }),
  PEOPLE_REQ: (facts) => ({ refs: list(facts, (row) => number(row, 0)) }),
  BATCH: (facts) => ({ list: facts.inner() }),
  TALLY: (facts) => ({ target: number(facts.slots, 0), asOf: number(facts.slots, 1), list: tallies(facts) }),
};
