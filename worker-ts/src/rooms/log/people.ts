// The table `person`: small numbers (refs) for users, given on first contact and never reused, and PEOPLE frames of them.
import { encode, PERSON_FLAG } from "@ferrule/core";
import type { Identity, RoleChange } from "../operation";

/** One person of the room, as PEOPLE tells it. */
export interface Person {
  readonly ref: number;
  readonly flags: number;
  readonly userId: string;
  readonly name: string;
}

/** What the room was told of somebody's role, and the version of that; null for who is no member, `at` 0 where nothing was told. */
export interface KnownRole {
  readonly role: RoleChange["role"];
  readonly at: number;
  /** Whether the account was deleted. */
  readonly gone: boolean;
}

/** How a person shows whose account was deleted. */
export const GONE_NAME = "Deleted user";

/** How far somebody has read. */
export interface ReadMark {
  readonly ref: number;
  readonly upTo: number;
}

/** Entries per PEOPLE frame: the longest (171 bytes each) stay far below the 65,536 bytes every client takes. */
const PER_FRAME = 256;

/** Bytes of the longest PEOPLE entry: ref 8, flags 1, user id 1 + 64, name 1 + 96. */
export const PERSON_BYTES_MAX = 171;

/** The refs of the user ?2: their own, and those of guests they were before. */
const REFS = "SELECT ref FROM person WHERE user_id = ?2 OR heir = (SELECT ref FROM person WHERE user_id = ?2)";

/** The people of a room: everybody who ever wrote or connected. */
export class People {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * The ref of this user, given now if it is the first contact. Name and flags become those told here, but of one whose account is
   * gone; `changed` says that others have been told before.
   */
  provide({ userId, name, guest, bot = false }: Identity): { readonly ref: number; readonly changed: boolean } {
    const flags = (guest ? PERSON_FLAG.GUEST : 0) | (bot ? PERSON_FLAG.BOT : 0);
    const known = this.#sql
      .exec<{ ref: number; name: string; flags: number }>(
        "SELECT ref, name, flags FROM person WHERE user_id = ?",
        userId,
      )
      .next();
    if (known.done) {
      const { ref } = this.#sql
        .exec<{ ref: number }>(
          "INSERT INTO person(user_id, name, flags) VALUES(?, ?, ?) RETURNING ref",
          userId,
          name,
          flags,
        )
        .one();
      return { ref, changed: false };
    }
    const { ref } = known.value;
    const gone = (known.value.flags & PERSON_FLAG.GONE) !== 0;
    const changed = !gone && (known.value.name !== name || known.value.flags !== flags);
    if (changed) this.#sql.exec("UPDATE person SET name = ?, flags = ? WHERE ref = ?", name, flags, ref);
    return { ref, changed };
  }

  /**
   * A guest became a user, and the guest's ref the user's. A user who had one here before keeps that one, as the guest's heir; the
   * guest's then only shows the name. The archive is told the read mark anew: it may
   * have taken it for the guest's. Told late, it does not bring back a name that was deleted. Answers the guest's ref, or undefined for one who was never here.
   */
  adopt(guestId: string, user: Pick<Identity, "userId" | "name">): number | undefined {
    const heir = this.refOf(user.userId);
    const row = this.#sql
      .exec<{ ref: number }>(
        `UPDATE person SET name = iif(flags & ${PERSON_FLAG.GONE}, name, ?), flags = flags & ?, read_archived = 0, heir = ?,
           user_id = coalesce(?, user_id)
         WHERE user_id = ? RETURNING ref`,
        user.name,
        ~PERSON_FLAG.GUEST,
        heir ?? null,
        heir === undefined ? user.userId : null,
        guestId,
      )
      .next();
    return row.done ? undefined : row.value.ref;
  }

  /** Gives somebody who was here before a new name: the refs that show it now, none where nothing is different. */
  rename(userId: string, name: string): number[] {
    return this.#sql
      .exec<{ ref: number }>(
        `UPDATE person SET name = ?1 WHERE ref IN (${REFS}) AND name <> ?1 AND flags & ${PERSON_FLAG.GONE} = 0 RETURNING ref`,
        name,
        userId,
      )
      .toArray()
      .map(({ ref }) => ref);
  }

  /**
   * The account is gone: nobody gets to know a name of it any more, and so it stays. Answers the refs that were this user's, the own
   * one first, and whether any of them showed a name until now.
   */
  forget(userId: string): { readonly refs: readonly number[]; readonly changed: boolean } {
    const values = [GONE_NAME, userId] as const;
    const { rowsWritten } = this.#sql.exec(
      `UPDATE person SET name = ?1, flags = ${PERSON_FLAG.GONE} WHERE ref IN (${REFS}) AND flags <> ${PERSON_FLAG.GONE}`,
      ...values,
    );
    const rows = this.#sql.exec<{ ref: number }>(
      `SELECT ref FROM person WHERE ref IN (${REFS}) AND name = ?1 ORDER BY user_id <> ?2, ref`,
      ...values,
    );
    return { refs: rows.toArray().map(({ ref }) => ref), changed: rowsWritten > 0 };
  }

  /** What the room was told last of a user's role. */
  roleOf(userId: string): KnownRole {
    return this.#knownRole("user_id", userId);
  }

  /** What the room was told last of the role of whom a ref stands for. */
  roleOfRef(ref: number): KnownRole {
    return this.#knownRole("ref", ref);
  }

  #knownRole(column: "ref" | "user_id", value: number | string): KnownRole {
    const row = this.#sql
      .exec<{ role: KnownRole["role"]; at: number; flags: number }>(
        `SELECT role, role_at AS at, flags FROM person WHERE ${column} = ?`,
        value,
      )
      .next();
    if (row.done) return { role: null, at: 0, gone: false };
    const { role, at, flags } = row.value;
    return { role, at, gone: (flags & PERSON_FLAG.GONE) !== 0 };
  }

  /** Writes down what the room was told of somebody's role. */
  setRole(ref: number, { role, roleAt: at }: Pick<RoleChange, "role" | "roleAt">): void {
    this.#sql.exec("UPDATE person SET role = ?, role_at = ? WHERE ref = ?", role, at, ref);
  }

  /** The ref of a user who was here before. */
  refOf(userId: string): number | undefined {
    const row = this.#sql.exec<{ ref: number }>("SELECT ref FROM person WHERE user_id = ?", userId).next();
    return row.done ? undefined : row.value.ref;
  }

  /** Whether what this guest wrote is another ref's now. */
  isHeir(ref: number, guest: number): boolean {
    return !this.#sql.exec("SELECT 1 FROM person WHERE ref = ? AND heir = ?", guest, ref).next().done;
  }

  /** Moves read marks up to these seqs at `now` (ms), but for those that stand there or above; answers the refs of those that it moved. */
  read(marks: readonly (readonly [ref: number, seq: number])[], now: number): Set<number> {
    const rows = this.#sql.exec<{ ref: number }>(
      `UPDATE person SET read_seq = mark.value->>1, read_ts = ? FROM json_each(?) AS mark
       WHERE ref = mark.value->>0 AND read_seq < mark.value->>1 RETURNING ref`,
      now,
      JSON.stringify(marks),
    );
    return new Set(rows.toArray().map(({ ref }) => ref));
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
