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

  /** The ref of this user, given now if it is the first contact; name and flags become those told here. */
  provide(actor: Actor): number {
    const flags = actor.guest ? PERSON_FLAG.GUEST : 0;
    const known = this.#sql
      .exec<{ ref: number; name: string; flags: number }>(
        "SELECT ref, name, flags FROM person WHERE user_id = ?",
        actor.userId,
      )
      .next();
    if (known.done)
      return this.#sql
        .exec<{ ref: number }>(
          "INSERT INTO person(user_id, name, flags) VALUES(?, ?, ?) RETURNING ref",
          actor.userId,
          actor.name,
          flags,
        )
        .one().ref;
    const { ref } = known.value;
    if (known.value.name !== actor.name || known.value.flags !== flags)
      this.#sql.exec("UPDATE person SET name = ?, flags = ? WHERE ref = ?", actor.name, flags, ref);
    return ref;
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
