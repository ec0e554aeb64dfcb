// What a room's log says, read straight from its SQLite and reduced entry by entry with the oracle's reader (tests/oracle), so that
// nothing of the room's own code or of the core has a part in it.
import { runInDurableObject } from "cloudflare:test";
import type { RoomObject } from "../../../worker-ts/src/rooms/room-object";
import { Cursor, unhex, utf8 } from "../../oracle/cursor.ts";
import { type Decoded, readWire } from "../../oracle/wire-reader.ts";
import { query, type RoomStub } from "../support/room-client";
import { base64url, type Shown, uuid } from "./shown";

const EDITED = 2;
const ERASED = 4;
const FILES = 6;
const PINNED = 11;
const UNPINNED = 12;

interface State extends Shown {
  editSeq: number;
  deleteSeq: number;
}

/** The log of one room, gathered before entries are trimmed. */
export class Log {
  readonly #entries = new Map<number, Decoded>();
  /** Those that the room itself has still, as it had them last. */
  #held: Decoded[] = [];
  readonly #users = new Map<number, string>();
  readonly #stub: RoomStub;

  constructor(stub: RoomStub) {
    this.#stub = stub;
  }

  /** Reads what the room holds now; of an entry it had before, how it stands now. */
  async gather(): Promise<void> {
    const { rows, people } = await runInDurableObject(this.#stub, (_room: RoomObject, { storage: { sql } }) => ({
      rows: sql.exec<{ seq: number; frame: ArrayBuffer | null }>("SELECT seq, frame FROM log").toArray(),
      people: sql.exec<{ ref: number; user_id: string }>("SELECT ref, user_id FROM person").toArray(),
    }));
    for (const { ref, user_id } of people) this.#users.set(ref, user_id);
    this.#held = [];
    for (const { seq, frame } of rows) {
      if (frame === null) continue;
      const answer = readWire("down", new Uint8Array(frame));
      if (!("decoded" in answer)) throw new Error(`entry ${seq} cannot be read: ${JSON.stringify(answer)}`);
      if (answer.decoded.seq !== seq) throw new Error(`entry ${seq} says it is ${answer.decoded.seq}`);
      this.#entries.set(seq, answer.decoded);
      this.#held.push(answer.decoded);
    }
  }

  /** What the room has still, as it had it last. */
  get held(): readonly Decoded[] {
    return this.#held;
  }

  /** By rising seq. */
  get entries(): readonly Decoded[] {
    return [...this.#entries.values()].sort((a, b) => a.seq - b.seq);
  }

  userOf(ref: number): string {
    return this.#users.get(ref) ?? "";
  }

  /** The seq under which a user's write of this id is stored; more than one would be a double. */
  stored(user: string, clientId: string): number[] {
    return this.entries
      .filter(({ id, sender }) => id !== null && uuid(id) === clientId && this.userOf(sender) === user)
      .map(({ seq }) => seq);
  }
}

/** What the entries come to, and what is wrong with them. */
export interface Projection {
  readonly messages: readonly Shown[];
  /** Seqs of pinned messages. */
  readonly pins: readonly number[];
  readonly faults: readonly string[];
}

/** Applies entry after entry. */
export function project(log: Log): Projection {
  const states = new Map<number, State>();
  const pins = new Set<number>();
  const faults: string[] = [];
  let next = 1;
  for (const entry of log.entries) {
    const { seq, ts, kind, body, sender } = entry;
    if (seq !== next) faults.push(`seq ${seq} in place of ${next}`);
    next = seq + 1;
    if (kind === "MSG") states.set(seq, stateOf(log, entry));
    else if (kind === "SYSTEM") {
      const target = Number(body["text"]);
      if (body["event"] === PINNED) pins.add(target);
      if (body["event"] === UNPINNED) pins.delete(target);
    } else {
      const target = states.get(Number(body["target"]));
      if (target === undefined) faults.push(`${kind} ${seq} is of no message`);
      else if (target.deletedAt !== null && (target.deleteSeq === 0 || seq > target.deleteSeq))
        faults.push(`${kind} ${seq} is of ${target.seq}, which was erased before`);
      else
        change(target, { kind, seq, ts, text: String(body["text"]), emoji: String(body["emoji"]) }, log.userOf(sender));
    }
  }
  for (const state of states.values()) if (state.deletedAt !== null) state.reactions = {};
  const messages = [...states.values()].map(({ editSeq: _e, deleteSeq: _d, ...shown }) => shown);
  return { messages, pins: [...pins].sort((a, b) => a - b), faults };
}

interface Change {
  readonly kind: string;
  readonly seq: number;
  readonly ts: number;
  readonly text: string;
  readonly emoji: string;
}

function change(target: State, { kind, seq, ts, text, emoji }: Change, user: string): void {
  if (kind === "DELETE") Object.assign(target, { text: "", files: [], editedAt: null, deletedAt: ts, deleteSeq: seq });
  else if (kind === "EDIT" && text !== "" && seq > target.editSeq)
    Object.assign(target, { text, editedAt: ts, editSeq: seq });
  else if (kind === "REACT" || kind === "UNREACT") {
    const users = new Set(target.reactions[emoji] ?? []);
    if (kind === "REACT") users.add(user);
    else users.delete(user);
    target.reactions[emoji] = [...users].sort();
    if (users.size === 0) delete target.reactions[emoji];
  }
}

/** A MSG as its frame has it: written, edited or erased. */
function stateOf(log: Log, { seq, ts, id, sender, body, ext }: Decoded): State {
  const value = (type: number) => {
    const found = (ext as readonly { type: number; bytes: string }[]).find((one) => one.type === type);
    return found === undefined ? undefined : new Cursor(unhex(found.bytes), "bad_ext");
  };
  const edited = value(EDITED);
  const erased = value(ERASED);
  const [editSeq, editedAt] = edited === undefined ? [0, null] : [edited.varint(), edited.varint()];
  const [deleteSeq, deletedAt] = erased === undefined ? [0, null] : [erased.varint(), erased.varint()];
  return {
    ...{ seq, ts, clientId: uuid(id ?? ""), author: log.userOf(sender), text: String(body["text"]) },
    replyTo: Number(body["replyTo"]) || null,
    files: filesOf(value(FILES)),
    ...{ editSeq, editedAt, deleteSeq, deletedAt, reactions: {} },
  };
}

function filesOf(cursor: Cursor | undefined): string[] {
  if (cursor === undefined) return [];
  return Array.from({ length: cursor.varint() }, () => {
    const id = base64url(cursor.take(16));
    for (const _ of ["name", "mime"]) if (utf8(cursor.str()) === null) throw new Error("a file's name is no UTF-8");
    for (const _ of ["size", "width", "height"]) cursor.varint();
    return id;
  }).sort();
}

/** Reactions and pins as the room's own tables have them. */
export async function roomMarks(stub: RoomStub, log: Log): Promise<{ reactions: string[]; pins: number[] }> {
  const reactions = await query<{ target: number; emoji: string; ref: number }>(stub, "SELECT * FROM reaction");
  const pins = await query<{ target: number }>(stub, "SELECT target FROM pin ORDER BY target");
  return {
    reactions: reactions.map(({ target, emoji, ref }) => `${target} ${emoji} ${log.userOf(ref)}`).sort(),
    pins: pins.map(({ target }) => target),
  };
}

/** The same of a projection. */
export const marksOf = ({ messages, pins }: Projection) => ({
  reactions: messages
    .flatMap(({ seq, reactions }) =>
      Object.entries(reactions).flatMap(([emoji, users]) => users.map((user) => `${seq} ${emoji} ${user}`)),
    )
    .sort(),
  pins: [...pins],
});
