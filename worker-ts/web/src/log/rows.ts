// What stands under what in the log: day lines, gaps, the line above what is new, and who speaks on. Pure.
import type { Gap, ViewMessage } from "../../../src/client";
import { dayKey } from "../text/format";

/** Two messages of one author further apart than this (ms) get a name and a picture each. */
export const GROUP_MS = 5 * 60_000;

/** One line of the log. Keys are unique and stay what they are while a pending message becomes a stored one. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly ts: number }
  | { readonly kind: "gap"; readonly key: string; readonly gap: Gap }
  | { readonly kind: "new"; readonly key: string }
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: ViewMessage;
      /** The first of a group: name, picture and time are shown. */
      readonly head: boolean;
    };

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

/**
 * Lays a room's messages out.
 * @param messages stored ones by rising seq, then those under way.
 * @param gaps skipped seqs, by rising seq.
 * @param newAfter the last seq that was seen before the reader looked away; null when nothing is new.
 */
export function layRows(messages: readonly ViewMessage[], gaps: readonly Gap[], newAfter: number | null): Row[] {
  const rows: Row[] = [];
  const open = [...gaps];
  let previous: ViewMessage | undefined;
  let line = newAfter;
  const drawGaps = (before: number) => {
    while (open[0] !== undefined && open[0].to < before) {
      const gap = open.shift()!;
      rows.push({ kind: "gap", key: `gap-${gap.to}`, gap });
      previous = undefined;
    }
  };
  let day: string | undefined;
  for (const message of messages) {
    const stored = message.status === "stored";
    drawGaps(stored ? message.seq : Number.POSITIVE_INFINITY);
    if (dayKey(message.ts) !== day) {
      day = dayKey(message.ts);
      rows.push({ kind: "day", key: `day-${day}-${keyOf(message)}`, ts: message.ts });
      previous = undefined;
    }
    if (line !== null && stored && message.seq > line && !message.mine) {
      rows.push({ kind: "new", key: "new" });
      line = null;
      previous = undefined;
    }
    const head = previous === undefined || !continues(previous, message);
    rows.push({ kind: "message", key: keyOf(message), message, head });
    previous = message;
  }
  drawGaps(Number.POSITIVE_INFINITY);
  return rows;
}
