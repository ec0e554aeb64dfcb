// The log of the simulated room: the server's rules for writes and pages (PROTOCOL.md sections 7, 8 and 10), without time or sockets.
import {
  ACK_STATUS,
  type ErrorName,
  EXT,
  type Ext,
  editedExt,
  encode,
  erasedExt,
  type Frame,
  type FrameInit,
  findExt,
  readFiles,
} from "@ferrule/core";

/** A frame that asks for an entry of the log. */
export type WriteFrame = Extract<Frame, { kind: "MSG" | "EDIT" | "DELETE" | "REACT" | "UNREACT" }>;

/** One entry. `text` is the emoji of a reaction; `target` the message that an entry changes, 0 for none. */
export interface LogEntry {
  readonly seq: number;
  readonly ref: number;
  readonly id: string;
  readonly kind: WriteFrame["kind"] | "SYSTEM";
  readonly target: number;
  readonly text: string;
  /** As it was broadcast. */
  readonly frame: Uint8Array;
}

/** A message as it stands. */
export interface SimMessage {
  readonly seq: number;
  readonly ref: number;
  readonly id: string;
  readonly replyTo: number;
  /** FILES, if there are any. */
  ext: readonly Ext[];
  text: string;
  editSeq: number;
  deleteSeq: number;
  deletedBy: number;
  /** Refs by emoji. */
  readonly reactions: Map<string, Set<number>>;
}

/** A message as a client is to show it; reactions by emoji. */
export interface Shown {
  readonly seq: number;
  readonly id: string;
  readonly text: string;
  /** How many. */
  readonly files: number;
  readonly editedAt: number | null;
  readonly deletedAt: number | null;
  readonly reactions: readonly { readonly emoji: string; readonly count: number; readonly mine: boolean }[];
}

/** What a write came to: an entry of the log (new or old), no change, or a refusal. */
export type Outcome =
  | { readonly status: number; readonly entry?: LogEntry; readonly fresh: boolean }
  | { readonly refusal: ErrorName };

/** The time of an entry is its seq: tests compare neither with a clock. */
export class SimLog {
  readonly entries: LogEntry[] = [];
  readonly messages = new Map<number, SimMessage>();
  /** Ids answered NO_CHANGE, by author. */
  readonly #unchanged = new Set<string>();

  get head(): number {
    return this.entries.length;
  }

  /** Whether this id of `ref` has been answered before. */
  knows(ref: number, id: string): boolean {
    return this.#unchanged.has(`${ref} ${id}`) || this.entries.some((entry) => entry.ref === ref && entry.id === id);
  }

  /** Decides on a write of `ref` and stores it. `moderator`: may erase what others wrote. */
  write(frame: WriteFrame, ref: number, id: string, moderator: boolean): Outcome {
    const old = this.entries.find((entry) => entry.ref === ref && entry.id === id);
    if (old !== undefined) return this.#again(old, frame);
    const unchanged: Outcome = { status: ACK_STATUS.NO_CHANGE, fresh: false };
    if (this.#unchanged.has(`${ref} ${id}`)) return unchanged;
    const checked = frame.kind === "MSG" ? this.#checkReply(frame.body.replyTo) : this.#check(frame, ref, moderator);
    if (checked === "change") return { status: ACK_STATUS.STORED, entry: this.#store(frame, ref, id), fresh: true };
    if (checked !== "same") return { refusal: checked };
    this.#unchanged.add(`${ref} ${id}`);
    return unchanged;
  }

  /** A room event, by the room itself. */
  system(event: number, text: string): LogEntry {
    const body = { event, subject: 0, text };
    return this.#add({ kind: "SYSTEM", body }, { ref: 0, id: "", kind: "SYSTEM", target: 0, text });
  }

  /** The frame of an entry as it stands now: what a replay or a page holds. */
  frame({ seq, kind, target, frame, ref, id }: LogEntry): Uint8Array {
    const message = this.messages.get(kind === "EDIT" ? target : seq);
    if (message === undefined) return frame;
    const { deleteSeq, editSeq, replyTo, text, ext } = message;
    const head = { seq, ts: seq, sender: ref, id: bytesOf(id) };
    if (kind === "EDIT") return deleteSeq === 0 ? frame : encode({ ...head, kind, body: { target, text: "" } });
    const erased = [erasedExt({ deleteSeq, deleteTs: deleteSeq, by: message.deletedBy })];
    const edited = editSeq === 0 ? [] : [editedExt({ editSeq, editTs: editSeq })];
    return encode({
      ...head,
      kind: "MSG",
      ext: deleteSeq === 0 ? [...edited, ...ext] : erased,
      body: { replyTo, text },
    });
  }

  /** What the log amounts to, as `ref` sees it. */
  projection(ref: number): Shown[] {
    return [...this.messages.values()].map(({ seq, id, text, ext, editSeq, deleteSeq, reactions }) => ({
      seq,
      id,
      text,
      files: ext.flatMap((each) => readFiles(each) ?? []).length,
      editedAt: editSeq === 0 || deleteSeq > 0 ? null : editSeq,
      deletedAt: deleteSeq === 0 ? null : deleteSeq,
      reactions: [...reactions]
        .map(([emoji, refs]) => ({ emoji, count: refs.size, mine: refs.has(ref) }))
        .sort((a, b) => (a.emoji < b.emoji ? -1 : 1)),
    }));
  }

  /** The TALLY of a message, for `ref`, whose own reactions come first; undefined when there are none. */
  tally(seq: number, ref: number): FrameInit | undefined {
    const reactions = [...(this.messages.get(seq)?.reactions ?? [])];
    if (reactions.length === 0) return undefined;
    const list = reactions.map(([emoji, refs]) => {
      const own = [...refs].filter((each) => each === ref);
      return { emoji, total: refs.size, refs: [...own, ...[...refs].filter((each) => each !== ref)] };
    });
    return { kind: "TALLY", body: { target: seq, asOf: this.head, list } };
  }

  #again(old: LogEntry, frame: WriteFrame): Outcome {
    const same = old.kind === frame.kind && old.text === textOf(frame) && old.target === targetOf(frame);
    return same ? { status: ACK_STATUS.DUPLICATE, entry: old, fresh: false } : { refusal: "CONFLICT" };
  }

  #checkReply(replyTo: number): "change" | ErrorName {
    const message = this.messages.get(replyTo);
    return replyTo === 0 || message?.deleteSeq === 0 ? "change" : "NOT_FOUND";
  }

  #check(frame: Exclude<WriteFrame, { kind: "MSG" }>, ref: number, moderator: boolean): "change" | "same" | ErrorName {
    const message = this.messages.get(frame.body.target);
    if (message === undefined) return "NOT_FOUND";
    const { kind } = frame;
    const owns = message.ref === ref || (kind === "DELETE" && moderator);
    if ((kind === "EDIT" || kind === "DELETE") && !owns) return "FORBIDDEN";
    if (message.deleteSeq > 0) return kind === "DELETE" ? "same" : "NOT_FOUND";
    if (kind === "EDIT" || kind === "DELETE") return "change";
    const there = message.reactions.get(frame.body.emoji)?.has(ref) ?? false;
    return there === (kind === "REACT") ? "same" : "change";
  }

  #store(frame: WriteFrame, ref: number, id: string): LogEntry {
    const text = textOf(frame);
    const target = targetOf(frame);
    const { kind } = frame;
    const entry = this.#add(relayed(frame, ref), { ref, id, kind, target, text });
    const { seq } = entry;
    if (frame.kind === "MSG") {
      const fresh = {
        text,
        ext: filesOf(frame),
        editSeq: 0,
        deleteSeq: 0,
        deletedBy: 0,
        reactions: new Map<string, Set<number>>(),
      };
      this.messages.set(seq, { seq, ref, id, replyTo: frame.body.replyTo, ...fresh });
    } else {
      this.#change(this.messages.get(target)!, entry);
    }
    return entry;
  }

  #add(frame: FrameInit, entry: Omit<LogEntry, "seq" | "frame">): LogEntry {
    const seq = this.head + 1;
    const stored = { ...entry, seq, frame: encode({ ...frame, seq, ts: seq }) };
    this.entries.push(stored);
    return stored;
  }

  #change(message: SimMessage, { kind, seq, ref, text }: LogEntry): void {
    if (kind === "EDIT") {
      message.text = text;
      message.editSeq = seq;
    } else if (kind === "DELETE") {
      message.text = "";
      message.ext = [];
      message.deleteSeq = seq;
      message.deletedBy = ref;
      message.reactions.clear();
    } else {
      const refs = message.reactions.get(text) ?? new Set();
      if (kind === "REACT") refs.add(ref);
      else refs.delete(ref);
      if (refs.size === 0) message.reactions.delete(text);
      else message.reactions.set(text, refs);
    }
  }
}

function textOf({ kind, body }: WriteFrame): string {
  if (kind === "MSG" || kind === "EDIT") return body.text;
  return kind === "DELETE" ? "" : body.emoji;
}

const targetOf = ({ kind, body }: WriteFrame): number => (kind === "MSG" ? 0 : body.target);

const filesOf = (frame: Frame): readonly Ext[] => {
  const files = findExt(frame, EXT.FILES);
  return files === undefined ? [] : [files];
};

/** The same frame as others get it. Bodies decode their strings when asked, so a spread would lose them. */
function relayed(frame: WriteFrame, ref: number): FrameInit {
  const { kind, id } = frame;
  const head = { sender: ref, id };
  switch (kind) {
    case "MSG":
      return { kind, ...head, ext: filesOf(frame), body: { replyTo: frame.body.replyTo, text: frame.body.text } };
    case "EDIT":
      return { kind, ...head, body: { target: frame.body.target, text: frame.body.text } };
    case "DELETE":
      return { kind, ...head, body: { target: frame.body.target } };
    default:
      return { kind, ...head, body: { target: frame.body.target, emoji: frame.body.emoji } };
  }
}

/** The sixteen bytes of a UUID. */
export function bytesOf(id: string): Uint8Array {
  return Uint8Array.from(id.replaceAll("-", "").match(/../g)!, (digits) => Number.parseInt(digits, 16));
}
