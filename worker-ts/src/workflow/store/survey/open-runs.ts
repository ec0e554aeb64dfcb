// Whose a run is, and how many runs of somebody's are open: what rights and limits of theirs are held against.
import { type ReadPorts, readRows, statement } from "../reader";

const COUNT = "SELECT count(*) AS open FROM workflow_runs WHERE owner_id = ?1 AND status IN ('pending', 'running')";

/** Open runs of this owner. It looks at these alone, however many have ended. */
export async function countOpenRuns(ports: ReadPorts, ownerId: string): Promise<number> {
  const [row] = await readRows<{ open: number }>(ports, statement(COUNT, ownerId));
  return row?.open ?? 0;
}

/** What is reserved stands among the keys: `open|owner|` and an id, which `sweep` forgets once its time is over. */
const reservationOf = (ownerId: string) => `open|${ownerId}|`;
const RESERVE =
  "INSERT INTO workflow_idempotency (key, message_id, state, created_at, expires_at) SELECT ?1 || ?2, ?2, 'reserved', ?3, ?4 WHERE (SELECT count(*) FROM workflow_runs WHERE owner_id = ?5 AND status IN ('pending', 'running')) + (SELECT count(*) FROM workflow_idempotency WHERE key > ?1 AND key < ?1 || '~' AND expires_at > ?3) < ?6 RETURNING 1";
const RELEASE = "DELETE FROM workflow_idempotency WHERE key = ?1";

/** A place among somebody's open runs, for a run that is about to be started; times in ms. */
export interface Reservation {
  readonly ownerId: string;
  /** Of this reservation alone. */
  readonly id: string;
  readonly now: number;
  readonly expiresAt: number;
}

/** Takes a place, if open runs and places taken are fewer than `max`: one statement, so of many at once no more than that get one. */
export async function addReservation(ports: ReadPorts, reservation: Reservation, max: number): Promise<boolean> {
  const { ownerId, id, now, expiresAt } = reservation;
  const rows = await readRows(ports, statement(RESERVE, reservationOf(ownerId), id, now, expiresAt, ownerId, max));
  return rows.length > 0;
}

/** Gives the place back: the run stands, or never will. */
export async function dropReservation(ports: ReadPorts, { ownerId, id }: Reservation): Promise<void> {
  await readRows(ports, statement(RELEASE, reservationOf(ownerId) + id));
}

const ADOPT = "UPDATE workflow_runs SET owner_id = ?2 WHERE owner_id = ?1";

/** Somebody is somebody else from now on: their runs, open or over, go along. Twice is the same. */
export async function adoptRuns(ports: ReadPorts, from: string, to: string): Promise<void> {
  await readRows(ports, statement(ADOPT, from, to));
}

/** Owner by owner: SQLite would rather look at everybody's open runs. */
const OPEN =
  "SELECT run.id FROM json_each(?1) AS owner CROSS JOIN workflow_runs AS run ON run.owner_id = owner.value AND run.status IN ('pending', 'running') LIMIT ?2";
const DISOWN = "UPDATE workflow_runs SET owner_id = ?2 WHERE owner_id IN (SELECT value FROM json_each(?1))";

/** Whose the runs are of those who are gone. No account has this id. */
export const GONE_OWNER = "gone";

/** Ids of some open runs of these owners. */
export async function findOpenRuns(ports: ReadPorts, ownerIds: readonly string[], limit: number): Promise<string[]> {
  const rows = await readRows<{ id: string }>(ports, statement(OPEN, JSON.stringify(ownerIds), limit));
  return rows.map(({ id }) => id);
}

/** These owners are gone: nothing says any more whose their runs were, and the watchdog removes them when they can be. */
export async function disownRuns(ports: ReadPorts, ownerIds: readonly string[]): Promise<void> {
  await readRows(ports, statement(DISOWN, JSON.stringify(ownerIds), GONE_OWNER));
}

const OWNER = "SELECT owner_id AS owner FROM workflow_runs WHERE id = ?1";

/** Whose a run is; nothing for nobody's. Not who woke it: that may be anybody who had a hook to resume. */
export async function ownerOfRun(ports: ReadPorts, runId: string): Promise<string | undefined> {
  const [row] = await readRows<{ owner: string | null }>(ports, statement(OWNER, runId));
  return row?.owner ?? undefined;
}
