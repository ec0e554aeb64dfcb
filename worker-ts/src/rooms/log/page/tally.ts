// TALLY: the reactions of one message as a page tells them. Of many people it names some; the totals are always whole.
import { encode, LIMIT, type TallyEntry } from "@ferrule/core";
import type { Tally } from "../marks/reactions";

/** The frame that follows a message with reactions. `asOf` is the log's head, `reader` the ref whose own come first. */
export function tallyFrame(target: number, tallies: readonly Tally[], asOf: number, reader: number): Uint8Array {
  return encode({ kind: "TALLY", body: { target, asOf, list: tallyEntries(tallies, reader) } });
}

/**
 * At most TALLY_REFS_MAX refs over all emojis, shared out evenly: an emoji that needs less than its part leaves the rest to the
 * others. An own reaction is always among them, for there are fewer emojis than refs.
 */
function tallyEntries(tallies: readonly Tally[], reader: number): TallyEntry[] {
  const named = new Map<string, readonly number[]>();
  let left: number = LIMIT.TALLY_REFS_MAX;
  const fewestFirst = tallies.toSorted((a, b) => a.refs.length - b.refs.length);
  for (const [at, { emoji, refs }] of fewestFirst.entries()) {
    const part = Math.floor(left / (fewestFirst.length - at));
    const ownFirst = refs.includes(reader) ? [reader, ...refs.filter((ref) => ref !== reader)] : refs;
    const chosen = ownFirst.slice(0, part);
    named.set(emoji, chosen);
    left -= chosen.length;
  }
  return tallies.map(({ emoji, refs }) => ({ emoji, total: refs.length, refs: named.get(emoji) ?? [] }));
}
