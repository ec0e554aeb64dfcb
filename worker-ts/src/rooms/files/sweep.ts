// What was uploaded and never sent goes after a day. A file that a message has must never go, even where the archive, which writes
// down that it was sent, is far behind.
import { type FileBindings, removeFiles } from "./drop";
import { UNSENT_MS } from "./fact";

/** What must be known to remove what was claimed: until when (ms) all that the room wrote is in the archive. */
export type ArchivedUntil = (room: string) => Promise<number>;

const SWEPT_AT_ONCE = 500;
/** The rest waits for the next day. */
const ROUNDS_MAX = 40;

interface Unsent {
  readonly id: string;
  readonly room: string;
  readonly claimed: number;
  readonly at: number;
  readonly place: number;
}

/** In the order of an index that holds what is unsent alone. */
const UNSENT = `SELECT id, room_id AS room, coalesce(claim, '') <> '' AS claimed, created_at AS at, rowid AS place FROM file
  WHERE seq IS NULL AND created_at < ?1 AND (created_at, rowid) > (?2, ?3) ORDER BY created_at, rowid LIMIT ${SWEPT_AT_ONCE}`;

/**
 * Removes files that are older than a day and in no message. A message had to take them before they were a day old (CLAIMABLE_MS),
 * so once the archive knows all that was written by then, it would have told which one has them.
 */
export async function sweepFiles(env: FileBindings, now: number, archivedUntil: ArchivedUntil): Promise<void> {
  const known = new Map<string, Promise<number>>();
  const mayGo = async ({ room, claimed, at }: Unsent): Promise<boolean> => {
    if (claimed === 0) return true;
    const until = known.get(room) ?? archivedUntil(room);
    known.set(room, until);
    return (await until) >= at + UNSENT_MS;
  };
  let last: Pick<Unsent, "at" | "place"> = { at: 0, place: 0 };
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const { results } = await env.DB.prepare(UNSENT)
      .bind(now - UNSENT_MS, last.at, last.place)
      .all<Unsent>();
    const going = await Promise.all(results.map(mayGo));
    await removeFiles(
      env,
      results.filter((_, at) => going[at]),
    );
    last = results.at(-1) ?? last;
    if (results.length < SWEPT_AT_ONCE) return;
  }
}
