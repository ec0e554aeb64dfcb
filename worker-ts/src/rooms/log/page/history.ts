// HISTORY_PAGE: a page of the log as it stands now, for sockets.
import { encode, HISTORY_DIRECTION, KIND, LIMIT, PAGE_FLAG } from "@ferrule/core";
import type { Log } from "../log";
import type { Reactions } from "../marks/reactions";
import { PERSON_BYTES_MAX, type People } from "../people";
import type { StoredEntry } from "../reader";
import { type Slice, slice } from "./slice";
import { tallyFrame } from "./tally";

/** A HISTORY_REQ that may wait for the window: `direction` is one of HISTORY_DIRECTION, `reader` the ref of who asks. */
export interface PageRequest {
  readonly id: Uint8Array;
  readonly direction: number;
  readonly from: number;
  readonly limit: number;
  readonly reader: number;
}

/** The tables that a page shows. */
export interface HistoryParts {
  readonly log: Log;
  readonly people: People;
  readonly reactions: Reactions;
}

/** Bytes of a page body besides its people and entries: flags, three seqs, two counts, the frame of PEOPLE. */
const OVERHEAD_BYTES = 64;

/** An entry of a page, and the reactions to it. */
interface PageEntry extends StoredEntry {
  readonly tally: readonly Uint8Array[];
}

/**
 * The answer to a HISTORY_REQ: one frame whose body is at most PAGE_BYTES_MAX. A page never leaps over messages that only the
 * archive has: one that would begin behind them is empty, with ARCHIVE.
 */
export function historyPage(parts: HistoryParts, request: PageRequest, ts: number): Uint8Array {
  const { log, people } = parts;
  const { direction, from } = request;
  const back = direction === HISTORY_DIRECTION.BEFORE;
  const leaps = !back && log.hasTrimmed(from, log.head);
  const { entries, more } = leaps ? { entries: [], more: false } : historySlice(parts, request);
  const archive = back ? !more && log.hasTrimmed(0, entries[0]?.seq ?? (from === 0 ? log.head : from)) : leaps;
  // all in one PEOPLE: a page has exactly one
  const list = people.find(new Set(entries.flatMap(refsOf)));
  return encode({
    kind: "HISTORY_PAGE",
    ts,
    id: request.id,
    body: {
      flags: (more ? PAGE_FLAG.MORE : 0) | (archive ? PAGE_FLAG.ARCHIVE : 0),
      asOf: log.head,
      firstSeq: entries.at(0)?.seq ?? 0,
      lastSeq: entries.at(-1)?.seq ?? 0,
      list:
        entries.length === 0
          ? []
          : [
              encode({ kind: "PEOPLE", ts, body: { list } }),
              ...entries.flatMap(({ frame, tally }) => [frame, ...tally]),
            ],
    },
  });
}

const refsOf = ({ ref, mention }: StoredEntry): number[] => (mention === 0 ? [ref] : [ref, mention]);

/** What a HISTORY_REQ may hold: as many as fit into a frame with the people whom they name and the reactions to them. */
function historySlice(parts: HistoryParts, { direction, from, limit, reader }: PageRequest): Slice<PageEntry> {
  const { log } = parts;
  const where = direction === HISTORY_DIRECTION.BEFORE ? "before" : "after";
  // first without reactions, so that they are read once for all entries
  const most = slice(log.near([KIND.MSG, KIND.SYSTEM], where, from), where, limit, fitting());
  const entries = withTallies(parts, most.entries, reader);
  const fits = fitting();
  const cut = slice(where === "before" ? entries.toReversed() : entries, where, limit, (entry) =>
    fits(entry, entry.tally),
  );
  return { entries: cut.entries, more: most.more || cut.more };
}

/** Whether one entry more still fits; each is asked for once. */
function fitting(): (entry: StoredEntry, tally?: readonly Uint8Array[]) => boolean {
  const people = new Set<number>([0]);
  let bytes = OVERHEAD_BYTES;
  return (entry, tally = []) => {
    for (const ref of refsOf(entry)) {
      if (!people.has(ref)) bytes += PERSON_BYTES_MAX;
      people.add(ref);
    }
    for (const { byteLength } of [entry.frame, ...tally]) bytes += byteLength;
    return bytes <= LIMIT.PAGE_BYTES_MAX;
  };
}

function withTallies({ log, reactions }: HistoryParts, entries: readonly StoredEntry[], reader: number): PageEntry[] {
  const messages = entries.filter(({ kind }) => kind === KIND.MSG).map(({ seq }) => seq);
  const found = reactions.of(messages);
  return entries.map((entry) => {
    const tallies = found.get(entry.seq);
    return { ...entry, tally: tallies === undefined ? [] : [tallyFrame(entry.seq, tallies, log.head, reader)] };
  });
}
