// What a batch holds: the state of every message written or touched in it, read from the log as it stands now. Reading only.
import {
  decode,
  EXT,
  type Frame,
  type FrameOf,
  findExt,
  KIND,
  readEdited,
  readErased,
  readFiles,
  SYSTEM_EVENT,
  uuidText,
} from "@ferrule/core";
import { toFileRow } from "../files/fact";
import type { LoggedEntry } from "../log/reader";
import type { OpenRoom } from "../open-room";
import {
  type ArchivedChange,
  type ArchivedMessage,
  type ArchivedPin,
  type ArchivedReaction,
  type ArchiveMessage,
  CONTENT_BYTES_MAX,
  ENTRIES_MAX,
} from "./message";

/** What one message of the queue brings, without what is told anew each time: the epoch, read marks and totals. */
export type Content = Omit<ArchiveMessage, "epoch" | "people" | "totals">;

const utf8 = new TextEncoder();

/** What one entry did, as it stands now: an entry of the room may be a pin as well. */
interface Part {
  readonly message?: ArchivedMessage | ArchivedChange | null;
  readonly reaction?: ArchivedReaction | null;
  readonly pin?: ArchivedPin | null;
}

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
    const reactions = new Map<string, ArchivedReaction>();
    const pins = new Map<number, ArchivedPin>();
    let [to, at, bytes]: [number, number | null, number] = [from - 1, null, 0];
    for (const entry of this.#room.log.entries(from, Math.min(last, from + ENTRIES_MAX - 1))) {
      const { message, reaction, pin } = this.#partOf(entry);
      for (const piece of [message, reaction, pin]) if (piece) bytes += utf8.encode(JSON.stringify(piece)).length;
      if (bytes > CONTENT_BYTES_MAX && to >= from) break;
      // entries come by rising seq, so of reactions and pins the later one holds
      if (message && message.version > (messages.get(message.seq)?.version ?? 0)) messages.set(message.seq, message);
      if (reaction) reactions.set(`${reaction.target} ${reaction.userId} ${reaction.emoji}`, reaction);
      if (pin) pins.set(pin.target, pin);
      [to, at] = [entry.seq, entry.ts];
    }
    const lists = { messages: [...messages.values()], reactions: [...reactions.values()], pins: [...pins.values()] };
    return { v: 1, room: this.#room.id, from, to, at, ...lists };
  }

  #partOf(entry: LoggedEntry): Part {
    switch (entry.kind) {
      case KIND.MSG:
        return { message: this.#stateOf(entry) };
      case KIND.SYSTEM:
        return { message: this.#stateOf(entry), pin: this.#pinOf(entry) };
      case KIND.EDIT:
      case KIND.DELETE:
        return { message: this.#changedBy(entry) };
      case KIND.REACT:
      case KIND.UNREACT:
        return { reaction: this.#reactionOf(entry) };
      default:
        return {};
    }
  }

  /** The message that an EDIT or a DELETE changed. */
  #changedBy(entry: LoggedEntry): ArchivedMessage | ArchivedChange | null {
    const { log } = this.#room;
    const target = log.entry(entry.target);
    if (target === undefined) return null;
    const newest = target.touched > entry.seq ? log.entry(target.touched) : undefined;
    return this.#stateOf(target) ?? (newest && this.#changeOf(newest)) ?? this.#changeOf(entry);
  }

  /** A message as its own entry shows it now; null when its frame is gone. */
  #stateOf({ seq, touched, frame }: LoggedEntry): ArchivedMessage | null {
    const shown = read(frame);
    if (shown === null || (shown.kind !== "MSG" && shown.kind !== "SYSTEM")) return null;
    const edited = readEdited(findExt(shown, EXT.EDITED));
    const erased = readErased(findExt(shown, EXT.ERASED));
    const files = readFiles(findExt(shown, EXT.FILES));
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
      ...(files && { files: files.map((file) => toFileRow(file).id) }),
      editedAt: edited?.editTs ?? null,
      deletedAt: erased?.deleteTs ?? null,
      deletedBy: erased === undefined ? null : this.#userId(erased.by),
    };
  }

  /** What an EDIT or a DELETE made of a message whose frame is gone. */
  #changeOf({ seq, ts, target, frame }: LoggedEntry): ArchivedChange | null {
    const shown = read(frame);
    const state = { seq: target, kind: "MSG", version: seq } as const;
    if (shown?.kind === "EDIT")
      return { ...state, text: shown.body.text, editedAt: ts, deletedAt: null, deletedBy: null };
    if (shown?.kind !== "DELETE") return null;
    return { ...state, text: "", editedAt: null, deletedAt: ts, deletedBy: this.#userId(shown.sender) };
  }

  #reactionOf({ seq, frame }: LoggedEntry): ArchivedReaction | null {
    const shown = read(frame);
    if (shown?.kind !== "REACT" && shown?.kind !== "UNREACT") return null;
    const userId = this.#userId(shown.sender);
    const { target, emoji } = shown.body;
    return userId === null ? null : { target, emoji, userId, seq, present: shown.kind === "REACT" };
  }

  #pinOf({ seq, frame }: LoggedEntry): ArchivedPin | null {
    const shown = read(frame) as FrameOf<"SYSTEM"> | null;
    const { PINNED, UNPINNED } = SYSTEM_EVENT;
    if (shown?.body.event !== PINNED && shown?.body.event !== UNPINNED) return null;
    const [target, userId] = [Number(shown.body.text), this.#userId(shown.sender)];
    if (userId === null || !Number.isSafeInteger(target) || target < 1) return null;
    return { target, userId, seq, present: shown.body.event === PINNED };
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

/** An entry's frame; null when it is gone, or of a kind that nobody knows any more. */
function read(frame: Uint8Array | null): Frame | null {
  const shown = frame === null ? null : decode("down", frame);
  return shown === null || "skip" in shown ? null : shown;
}
