// What stands under what in the log: day lines, gaps, room events, the line above what is new, and who speaks on. Pure.
import type { Gap, SystemEntry, ViewMessage } from "../../../src/client";
import type { ShownMessage } from "../talk/underway";
import { dayKey } from "../text/format";

/** Two messages of one author further apart than this (ms) get a name and a picture each. */
export const GROUP_MS = 5 * 60_000;

/** One line of the log. Keys are unique and stay what they are while a pending message becomes a stored one. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly ts: number }
  | {
      readonly kind: "gap";
      readonly key: string;
      readonly gap: Gap;
      /** Left open by a jump: it fills by itself when it comes into sight. Else the room has skipped it, and a button loads it. */
      readonly hole: boolean;
    }
  | { readonly kind: "new"; readonly key: string }
  | { readonly kind: "note"; readonly key: string; readonly entry: SystemEntry }
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: ShownMessage;
      /** The first of a group: name, picture and time are shown. */
      readonly head: boolean;
    };

/** What is to be laid out; each list by rising seq. */
export interface LogParts {
  /** Stored messages, then those under way. */
  readonly messages: readonly ShownMessage[];
  /** The room's own entries. */
  readonly notes?: readonly SystemEntry[];
  /** Skipped by the room. */
  readonly gaps?: readonly Gap[];
  /** Left open by a jump. */
  readonly holes?: readonly Gap[];
}

/** Own messages keep one key from the first stroke on; of others only the seq is sure to be unique. */
export function keyOf(message: ViewMessage): string {
  return message.mine ? `own-${message.clientId}` : `seq-${message.seq}`;
}

function continues(previous: ViewMessage, message: ViewMessage): boolean {
  return (
    previous.author.id === message.author.id &&
    message.ts - previous.ts < GROUP_MS &&
    dayKey(previous.ts) === dayKey(message.ts) &&
    message.replyTo === null
  );
}

type Between = Extract<Row, { readonly kind: "gap" | "note" }>;

/** What stands between messages, by where it stands: a gap behind its last seq. */
function between({ notes = [], gaps = [], holes = [] }: LogParts): { readonly at: number; readonly row: Between }[] {
  const gapRow = (gap: Gap, hole: boolean) => ({
    at: gap.to,
    row: { kind: "gap", key: `gap-${gap.to}`, gap, hole } as const,
  });
  return [
    ...gaps.map((gap) => gapRow(gap, false)),
    ...holes.map((gap) => gapRow(gap, true)),
    ...notes.map((entry) => ({ at: entry.seq, row: { kind: "note", key: `note-${entry.seq}`, entry } as const })),
  ].sort((a, b) => a.at - b.at);
}

/**
 * Lays a room's log out.
 * @param newAfter the last seq that was seen before the reader looked away; null when nothing is new.
 */
export function layRows(parts: LogParts, newAfter: number | null): Row[] {
  const rows: Row[] = [];
  const waiting = between(parts);
  let next = 0;
  let previous: ViewMessage | undefined;
  let line = newAfter;
  let day: string | undefined;
  const startDay = (ts: number, key: string) => {
    if (dayKey(ts) === day) return;
    day = dayKey(ts);
    rows.push({ kind: "day", key: `day-${day}-${key}`, ts });
    previous = undefined;
  };
  const drawBetween = (before: number) => {
    for (; next < waiting.length && waiting[next]!.at < before; next += 1) {
      const { row } = waiting[next]!;
      if (row.kind === "note") startDay(row.entry.ts, row.key);
      rows.push(row);
      previous = undefined;
    }
  };
  for (const message of parts.messages) {
    const stored = message.status === "stored";
    drawBetween(stored ? message.seq : Number.POSITIVE_INFINITY);
    startDay(message.ts, keyOf(message));
    if (line !== null && stored && message.seq > line && !message.mine) {
      rows.push({ kind: "new", key: "new" });
      line = null;
      previous = undefined;
    }
    const head = previous === undefined || !continues(previous, message);
    rows.push({ kind: "message", key: keyOf(message), message, head });
    previous = message;
  }
  drawBetween(Number.POSITIVE_INFINITY);
  return rows;
}
