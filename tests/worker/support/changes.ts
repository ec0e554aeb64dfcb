// Changes of messages for tests: frames of EDIT, DELETE, REACT and UNREACT, and what a log of them comes to, folded as PROTOCOL.md
// says and by nothing of the room's own.
import { EXT, type Frame, type FrameInit, findExt, readEdited, readErased, type Skip } from "@ferrule/core";
import type { StoredMessage } from "../../../worker-ts/src/rooms/operation";
import { idOf } from "./room-client";

export const edit = (n: number, target: number, text: string): FrameInit => ({
  kind: "EDIT",
  id: idOf(n),
  body: { target, text },
});
export const erase = (n: number, target: number): FrameInit => ({ kind: "DELETE", id: idOf(n), body: { target } });
export const react = (n: number, target: number, emoji: string): FrameInit => ({
  kind: "REACT",
  id: idOf(n),
  body: { target, emoji },
});
export const unreact = (n: number, target: number, emoji: string): FrameInit => ({
  kind: "UNREACT",
  id: idOf(n),
  body: { target, emoji },
});

/** A message as somebody sees it; reactions are refs by emoji, and times of changes 0 where there was none. */
export interface Seen {
  text: string;
  editSeq: number;
  editTs: number;
  deleteTs: number;
  reactions: Map<string, Set<number>>;
}

/** What has come of messages to one who gets every entry of the log, in order. */
export class Fold {
  readonly messages = new Map<number, Seen>();

  take(frame: Frame | Skip): void {
    if ("skip" in frame) return;
    if (frame.kind === "MSG") this.#put(frame);
    else if (frame.kind === "EDIT" || frame.kind === "DELETE" || frame.kind === "REACT" || frame.kind === "UNREACT") {
      const seen = this.messages.get(frame.body.target);
      if (seen === undefined || seen.deleteTs > 0) return;
      if (frame.kind === "DELETE") Object.assign(seen, { ...EMPTY, deleteTs: frame.ts, reactions: new Map() });
      else if (frame.kind === "EDIT") {
        if (frame.body.text !== "" && frame.seq > seen.editSeq)
          Object.assign(seen, { text: frame.body.text, editSeq: frame.seq, editTs: frame.ts });
      } else this.#react(seen, frame.body.emoji, frame.sender, frame.kind === "REACT");
    }
  }

  /** A page that begins anew: TALLYs set reactions. */
  page(list: readonly (Frame | Skip)[]): void {
    for (const frame of list) {
      if (!("skip" in frame) && frame.kind === "TALLY")
        for (const { emoji, refs } of frame.body.list)
          for (const ref of refs) this.#react(this.messages.get(frame.body.target)!, emoji, ref, true);
      else this.take(frame);
    }
  }

  /** All of it in a form that can be compared. */
  get shown(): unknown[] {
    return [...this.messages]
      .sort(([a], [b]) => a - b)
      .map(([seq, { text, editTs, deleteTs, reactions }]) => ({
        seq,
        text,
        editedAt: editTs === 0 ? null : editTs,
        deletedAt: deleteTs === 0 ? null : deleteTs,
        reactions: [...reactions].map(([emoji, refs]) => `${emoji} ${refs.size}`).sort(),
      }));
  }

  #put(frame: Extract<Frame, { kind: "MSG" }>): void {
    const edited = readEdited(findExt(frame, EXT.EDITED));
    const erased = readErased(findExt(frame, EXT.ERASED));
    this.messages.set(frame.seq, {
      text: frame.body.text,
      editSeq: edited?.editSeq ?? 0,
      editTs: edited?.editTs ?? 0,
      deleteTs: erased?.deleteTs ?? 0,
      reactions: new Map(),
    });
  }

  #react({ reactions }: Seen, emoji: string, ref: number, on: boolean): void {
    const refs = reactions.get(emoji) ?? new Set();
    if (on) refs.add(ref);
    else refs.delete(ref);
    if (refs.size > 0) reactions.set(emoji, refs);
    else reactions.delete(emoji);
  }
}

const EMPTY = { text: "", editSeq: 0, editTs: 0 };

/** Messages of HTTP in the same form. */
export const shownOf = (messages: readonly StoredMessage[]): unknown[] =>
  messages.map(({ seq, text, editedAt, deletedAt, reactions }) => ({
    ...{ seq, text, editedAt, deletedAt },
    reactions: reactions.map(({ emoji, count }) => `${emoji} ${count}`).sort(),
  }));
