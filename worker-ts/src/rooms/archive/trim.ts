// Trimming: what the archive has, what is old, and what is not among the newest leaves the log; the bare rows of messages stay,
// so that their seqs, authors and replies are known for ever.
import type { OpenRoom } from "../open-room";

/** Entries that one run of the alarm takes out; what is left comes with the next. */
const ENTRIES_MAX = 2_000;

/** Trims the log as far as the settings and the archive allow, and comes again while there is something to wait for. */
export function trim(room: OpenRoom, now: number): void {
  const { log, due, settings } = room;
  const allowed = lastAllowed(room);
  const first = log.trimmedSeq + 1;
  if (first > allowed) return;
  const last = Math.min(allowed, log.trimmedSeq + ENTRIES_MAX);
  const reached = log.lastBefore(now - settings.trimAgeMs, first, last);
  if (reached > 0) log.trim(reached);
  if (reached < last) due.provide("trim", now + settings.trimMs);
  else if (last < allowed) due.provide("trim", now);
}

/** The last entry that may go whatever its age: archived, not among the newest, and no replay has yet to read it. */
function lastAllowed({ archive, connections, log, settings }: OpenRoom): number {
  let last = Math.min(archive.archivedSeq, log.head - Math.max(settings.trimKeepEntries, 1));
  for (const { state } of connections.all()) if (state.replayAt !== null) last = Math.min(last, state.replayAt);
  return last;
}
