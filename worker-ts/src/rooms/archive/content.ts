// What a batch holds: the state of every message written or touched in it, read from the log as it stands now. Reading only.
import { decode, EXT, findExt, KIND, readEdited, readErased, uuidText } from "@ferrule/core";
import type { LoggedEntry } from "../log/log";
import type { OpenRoom } from "../open-room";
import {
  type ArchivedChange,
  type ArchivedMessage,
  type ArchiveMessage,
  ENTRIES_MAX,
  MESSAGES_BYTES_MAX,
} from "./message";

/** What one message of the queue brings, without what is told anew each time: read marks and totals. */
export type Content = Omit<ArchiveMessage, "people" | "totals">;

const utf8 = new TextEncoder();

/** Reads the log for the archive; each person is looked up once. */
export class ContentReader {
  readonly #room: OpenRoom;
  readonly #userIds = new Map<number, string | null>();

  constructor(room: OpenRoom) {
    this.#room = room;
  }

  /**
   * The entries from..last as they stand now, or so many of them as one message of the queue takes: at least one, if there is
   * one. `to` says how far it came.
   */
  read(from: number, last: number): Content {
    const messages = new Map<number, ArchivedMessage | ArchivedChange>();
    let [to, at, bytes]: [number, number | null, number] = [from - 1, null, 0];
    for (const entry of this.#room.log.entries(from, Math.min(last, from + ENTRIES_MAX - 1))) {
      const message = this.#touchedBy(entry);
      if (message !== null) {
        bytes += utf8.encode(JSON.stringify(message)).length;
        if (bytes > MESSAGES_BYTES_MAX && to >= from) break;
        if (message.version > (messages.get(message.seq)?.version ?? 0)) messages.set(message.seq, message);
      }
      [to, at] = [entry.seq, entry.ts];
    }
    return { v: 1, room: this.#room.id, from, to, at, messages: [...messages.values()], reactions: [], pins: [] };
  }

  /** The message that an entry wrote or changed, or null for one that did neither. */
  #touchedBy(entry: LoggedEntry): ArchivedMessage | ArchivedChange | null {
    if (entry.kind === KIND.MSG || entry.kind === KIND.SYSTEM) return this.#stateOf(entry);
    if (entry.kind !== KIND.EDIT && entry.kind !== KIND.DELETE) return null;
    const target = this.#room.log.entry(entry.target);
    return target === undefined ? null : (this.#stateOf(target) ?? this.#changeOf(entry));
  }

  /** A message as its own entry shows it now; null when its frame is gone. */
  #stateOf({ seq, touched, frame }: LoggedEntry): ArchivedMessage | null {
    if (frame === null) return null;
    const shown = decode("down", frame);
    if ("skip" in shown || (shown.kind !== "MSG" && shown.kind !== "SYSTEM")) return null;
    const edited = readEdited(findExt(shown, EXT.EDITED));
    const erased = readErased(findExt(shown, EXT.ERASED));
    return {
      seq,
      kind: shown.kind,
      event: shown.kind === "SYSTEM" ? shown.body.event : null,
      version: touched === 0 ? seq : touched,
      userId: this.#userId(shown.sender),
      cid: shown.id === null ? null : uuidText(shown.id),
      ts: shown.ts,
      replyTo: shown.kind === "MSG" && shown.body.replyTo !== 0 ? shown.body.replyTo : null,
      text: shown.body.text,
      editedAt: edited?.editTs ?? null,
      deletedAt: erased?.deleteTs ?? null,
      deletedBy: erased === undefined ? null : this.#userId(erased.by),
    };
  }

  /** What an EDIT or a DELETE made of a message whose frame is gone. */
  #changeOf({ seq, ts, target, frame }: LoggedEntry): ArchivedChange | null {
    if (frame === null) return null;
    const shown = decode("down", frame);
    const state = { seq: target, kind: "MSG", version: seq } as const;
    if ("skip" in shown) return null;
    if (shown.kind === "EDIT")
      return { ...state, text: shown.body.text, editedAt: ts, deletedAt: null, deletedBy: null };
    return { ...state, text: "", editedAt: null, deletedAt: ts, deletedBy: this.#userId(shown.sender) };
  }

  /** The user behind a ref; null for the room itself. */
  #userId(ref: number): string | null {
    const known = this.#userIds.get(ref);
    if (known !== undefined) return known;
    const userId = this.#room.people.find([ref])[0]?.userId ?? null;
    this.#userIds.set(ref, userId);
    return userId;
  }
}
