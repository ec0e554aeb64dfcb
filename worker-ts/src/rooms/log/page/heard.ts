// A message as the composition is told of it. Reading alone: when it is told, and how often, is the shell's.
import { KIND } from "@ferrule/core";
import type { Identity } from "../../operation";
import { type MessageParts, shownMessages } from "./messages";

/** A message that was stored, as it stands now. Room and seq name it for ever. */
export interface HeardEntry {
  readonly room: string;
  readonly seq: number;
  /** When it was written, ms since 1970. */
  readonly ts: number;
  readonly author: Identity;
  readonly text: string;
}

/** The message at `seq`; null when it was erased or trimmed, or when a bot wrote it. */
export function heardEntry(room: MessageParts & { readonly id: string }, seq: number): HeardEntry | null {
  const entry = room.log.entry(seq);
  if (entry === undefined || entry.kind !== KIND.MSG || entry.frame === null) return null;
  const [message] = shownMessages(room, [entry], undefined).messages;
  if (message === undefined || message.deletedAt !== null || message.author.bot) return null;
  const { author, text } = message;
  return { room: room.id, seq, ts: entry.ts, author, text };
}
