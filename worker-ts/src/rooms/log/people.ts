// The table `person`: small numbers (refs) for users, given on first contact and never reused, and PEOPLE frames of them.
import { encode, PERSON_FLAG } from "@ferrule/core";
import type { Actor } from "../operation";

/** One person of the room, as PEOPLE tells it. */
export interface Person {
  readonly ref: number;
  readonly flags: number;
  readonly userId: string;
  readonly name: string;
}

/** How far somebody has read. */
export interface ReadMark {
  readonly ref: number;
  readonly upTo: number;
}

/** Entries per PEOPLE frame: the longest (171 bytes each) stay far below the 65,536 bytes every client takes. */
const PER_FRAME = 256;

/** Bytes of the longest PEOPLE entry: ref 8, flags 1, user id 1 + 64, name 1 + 96. */
export const PERSON_BYTES_MAX = 171;

/** The people of a room: everybody who ever wrote or connected. */
export class People {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * The ref of this user, given now if it is the first contact. Name and flags become those told here; `changed` says that
   * others have been told before.
   */
  provide(actor: Actor): { readonly ref: number; readonly changed: boolean } {
    const flags = actor.guest ? PERSON_FLAG.GUEST : 0;
    const known = this.#sql
      .exec<{ ref: number; name: string; flags: number }>(
        "SELECT ref, name, flags FROM person WHERE user_id = ?",
        actor.userId,
      )
      .next();
    if (known.done) {
      const { ref } = this.#sql
        .exec<{ ref: number }>(
          "INSERT INTO person(user_id, name, flags) VALUES(?, ?, ?) RETURNING ref",
          actor.userId,
          actor.name,
          flags,
        )
        .one();
      return { ref, changed: false };
    }
    const { ref } = known.value;
    const changed = known.value.name !== actor.name || known.value.flags !== flags;
    if (changed) this.#sql.exec("UPDATE person SET name = ?, flags = ? WHERE ref = ?", actor.name, flags, ref);
    return { ref, changed };
  }

  /**
   * A guest became a user, and the guest's ref the user's. A user who had one here before keeps that one; the guest's then
   * only shows the name. The archive is told the read mark anew: it may have taken it for the guest's. Answers the guest's ref,
   * or undefined for one who was never here.
   */
  adopt(guestId: string, user: Pick<Actor, "userId" | "name">): number | undefined {
    const row = this.#sql
      .exec<{ ref: number }>(
        `UPDATE person SET name = ?, flags = flags & ?, read_archived = 0,
           user_id = iif(EXISTS(SELECT 1 FROM person WHERE user_id = ?), user_id, ?)
         WHERE user_id = ? RETURNING ref`,
        user.name,
        ~PERSON_FLAG.GUEST,
        user.userId,
        user.userId,
        guestId,
      )
      .next();
    return row.done ? undefined : row.value.ref;
  }

  /** Moves this person's read mark up to `seq` at `now` (ms); false, and nothing written, when it stands there or above. */
  read(ref: number, seq: number, now: number): boolean {
    return (
      this.#sql.exec("UPDATE person SET read_seq = ?, read_ts = ? WHERE ref = ? AND read_seq < ?", seq, now, ref, seq)
        .rowsWritten > 0
    );
  }

  /** Those who read last, at most `limit`, the newest reader last: a look at every person. */
  readers(limit: number): ReadMark[] {
    return this.#sql
      .exec<{ ref: number; upTo: number }>(
        "SELECT ref, read_seq AS upTo FROM person WHERE read_seq > 0 ORDER BY read_ts DESC, ref LIMIT ?",
        limit,
      )
      .toArray()
      .reverse();
  }

  /** The people of these refs, by rising ref. Unknown refs and 0 (the room) are left out. */
  find(refs: Iterable<number>): Person[] {
    return this.#sql
      .exec<{ ref: number; flags: number; userId: string; name: string }>(
        `SELECT ref, flags, user_id AS userId, name FROM person
         WHERE ref IN (SELECT value FROM json_each(?)) ORDER BY ref`,
        JSON.stringify([...refs]),
      )
      .toArray();
  }

  /** PEOPLE frames of these refs; `id` answers a request. At least one frame, so that a request has an answer. */
  frames(refs: Iterable<number>, ts: number, id: Uint8Array | null = null): Uint8Array[] {
    const list = this.find(refs);
    const frames: Uint8Array[] = [];
    for (let at = 0; at === 0 || at < list.length; at += PER_FRAME)
      frames.push(encode({ kind: "PEOPLE", ts, id, body: { list: list.slice(at, at + PER_FRAME) } }));
    return frames;
  }
}
