// Messages as HTTP shows them: pages, and single ones, of the log as it stands now.
import { decode, EXT, findExt, KIND, PERSON_FLAG, readEdited, readErased, readFiles } from "@ferrule/core";
import type {
  MessageChange,
  PageAnswer,
  PageQuery,
  ReactionCount,
  StoredMessage,
  TrimmedMessage,
} from "../../operation";
import type { Log } from "../log";
import type { Pins } from "../marks/pins";
import type { Reactions } from "../marks/reactions";
import type { People, Person } from "../people";
import type { LoggedChange, LoggedMessage } from "../reader";
import { slice } from "./slice";

/** The tables that a message shows. */
export interface MessageParts {
  readonly log: Log;
  readonly people: People;
  readonly reactions: Reactions;
  readonly pins: Pins;
}

/** The answer to an HTTP query: messages alone, without the entries of the room itself. */
export function messagePage(parts: MessageParts, query: PageQuery): PageAnswer {
  const { log, people } = parts;
  const { after, before, limit, pinned = false, reader } = query;
  const direction = after === undefined ? "before" : "after";
  const nearest = log.messages({ direction, from: after ?? before ?? 0, pinned });
  const { entries, more } = slice(nearest, direction, limit, () => true);
  const readerRef = reader === null ? undefined : people.refOf(reader);
  return { ...shownMessages(parts, entries, readerRef), head: log.head, more };
}

/** Messages with all that hangs on them; `reader` is the ref for whom they are shown, if they have one. */
export function shownMessages(
  parts: MessageParts,
  entries: readonly LoggedMessage[],
  reader: number | undefined,
): Pick<PageAnswer, "messages" | "trimmed"> {
  const shelf = new Shelf(parts, entries, reader);
  const messages: StoredMessage[] = [];
  const trimmed: TrimmedMessage[] = [];
  for (const { frame, ...entry } of entries) {
    if (frame === null) trimmed.push(shelf.trimmed(entry));
    else messages.push(shelf.whole(entry, frame));
  }
  return { messages, trimmed };
}

/** What a list of messages needs of other tables, read once for all of them. */
class Shelf {
  readonly #people: People;
  readonly #known: Map<number, Person>;
  readonly #reactions: ReturnType<Reactions["of"]>;
  readonly #pinned: ReadonlySet<number>;
  /** The newest change of each trimmed message that the log still has. */
  readonly #changes: ReadonlyMap<number, LoggedChange>;
  readonly #reader: number | undefined;

  constructor(
    { log, people, reactions, pins }: MessageParts,
    entries: readonly LoggedMessage[],
    reader: number | undefined,
  ) {
    const seqs = entries.map(({ seq }) => seq);
    const trimmed = entries.filter(({ frame }) => frame === null).map(({ seq }) => seq);
    this.#people = people;
    this.#known = new Map(people.find(new Set(entries.map(({ ref }) => ref))).map((person) => [person.ref, person]));
    this.#reactions = reactions.of(seqs);
    this.#pinned = pins.of(seqs);
    this.#changes = new Map(
      trimmed.length === 0 ? [] : log.changesOf(trimmed).map((change) => [change.target, change]),
    );
    this.#reader = reader;
  }

  trimmed({ seq, ts, ref }: Omit<LoggedMessage, "frame">): TrimmedMessage {
    const change = this.#changes.get(seq);
    return {
      ...{ seq, ts, author: this.#author(ref), ...this.#marks(seq) },
      change: change === undefined ? null : this.#change(change),
    };
  }

  whole({ ref }: Omit<LoggedMessage, "frame">, frame: Uint8Array): StoredMessage {
    const message = decode("down", frame);
    if ("skip" in message || message.kind !== "MSG" || message.id === null)
      throw new Error("an entry of the log is no message");
    const erased = readErased(findExt(message, EXT.ERASED));
    return {
      seq: message.seq,
      ts: message.ts,
      id: message.id,
      author: this.#author(ref),
      text: message.body.text,
      replyTo: message.body.replyTo,
      files: readFiles(findExt(message, EXT.FILES)) ?? [],
      editedAt: readEdited(findExt(message, EXT.EDITED))?.editTs ?? null,
      deletedAt: erased?.deleteTs ?? null,
      deletedBy: erased === undefined ? null : this.#person(erased.by).userId,
      ...this.#marks(message.seq),
    };
  }

  #change({ kind, ts, ref, frame }: LoggedChange): MessageChange {
    if (kind === KIND.DELETE) return { text: "", editedAt: null, deletedAt: ts, deletedBy: this.#person(ref).userId };
    const edit = decode("down", frame);
    if ("skip" in edit || edit.kind !== "EDIT") throw new Error("an entry of the log is no EDIT");
    return { text: edit.body.text, editedAt: ts, deletedAt: null, deletedBy: null };
  }

  #marks(seq: number): { readonly pinned: boolean; readonly reactions: readonly ReactionCount[] } {
    const reactions = (this.#reactions.get(seq) ?? []).map(({ emoji, refs }) => ({
      emoji,
      count: refs.length,
      mine: this.#reader !== undefined && refs.includes(this.#reader),
    }));
    return { pinned: this.#pinned.has(seq), reactions };
  }

  #author(ref: number): StoredMessage["author"] {
    const { userId, name, flags } = this.#person(ref);
    const bot = (flags & PERSON_FLAG.BOT) !== 0;
    return { userId, name, guest: (flags & PERSON_FLAG.GUEST) !== 0, ...(bot && { bot }) };
  }

  /** Who wrote or erased something; those who erased are few, and looked up one by one. */
  #person(ref: number): Person {
    const person = this.#known.get(ref) ?? this.#people.find([ref])[0];
    if (person === undefined) throw new Error("nobody wrote an entry of the log");
    this.#known.set(ref, person);
    return person;
  }
}
