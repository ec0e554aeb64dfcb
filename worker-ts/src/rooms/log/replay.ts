// Replay: the part of the log that a recovering connection missed, in BATCH frames. No sockets; no queue in memory.
import { batch } from "@ferrule/core";
import type { Log } from "./log";
import type { People } from "./people";

/** Largest frame a room sends: every client must take this much (PROTOCOL.md section 7, HELLO). */
export const FRAME_BYTES = 65_536;

/** Entries per part: with the PEOPLE before them they stay below LIST_ENTRIES_MAX, so that a part of short ones is one BATCH. */
const PART_ENTRIES = 1_000;

/** One part of a replay: frames to send, and the seq they reach. */
export interface Part {
  readonly frames: readonly Uint8Array[];
  readonly upTo: number;
}

/**
 * The next part after `seq`: about 64 KB of entries as they stand, behind the PEOPLE of their senders. Where there is nothing to
 * replay it reaches head, so that whoever asks until then comes to an end.
 */
export function replayPart(log: Log, people: People, seq: number, ts: number): Part {
  const run = log.run(seq, PART_ENTRIES, FRAME_BYTES);
  if (run === undefined) return { frames: [], upTo: log.head };
  const senders = run.refs.filter((ref) => ref !== 0);
  const frames = [...(senders.length > 0 ? people.frames(senders, ts) : []), ...run.frames];
  return { frames: batch(ts, frames, FRAME_BYTES), upTo: run.upTo };
}
