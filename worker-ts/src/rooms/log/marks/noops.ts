// The table `noop`: ids of writes that changed nothing, so that their resends are known as such (PROTOCOL.md section 10, "Once only").
import { LIMIT } from "@ferrule/core";
import type { Due } from "../due";

/** A write that changed nothing: its kind, the CRC-32 of its body section, and when it came (ms). */
export interface Noop {
  readonly kind: number;
  readonly sum: number;
  readonly ts: number;
}

/** The writes of a room that changed nothing, kept for DEDUPE_MS at least and twice that at most. */
export class Noops {
  readonly #sql: SqlStorage;
  readonly #due: Pick<Due, "provide">;
  /** Whether people have any, as far as was asked: most never do, and their messages must not ask each time. */
  readonly #known = new Map<number, boolean>();
  #sweepDue = false;

  constructor(sql: SqlStorage, due: Pick<Due, "provide">) {
    this.#sql = sql;
    this.#due = due;
  }

  find(ref: number, id: Uint8Array): Noop | undefined {
    if (!this.#hasAny(ref)) return undefined;
    const row = this.#sql
      .exec<{ kind: number; sum: number; ts: number }>(
        "SELECT kind, sum, ts FROM noop WHERE ref = ? AND cid = ?",
        ref,
        id,
      )
      .next();
    return row.done ? undefined : row.value;
  }

  /** One whose id was not seen before. */
  add(ref: number, id: Uint8Array, { kind, sum, ts }: Noop): void {
    this.#sql.exec("INSERT INTO noop(ref, cid, kind, sum, ts) VALUES(?, ?, ?, ?, ?)", ref, id, kind, sum, ts);
    this.#known.set(ref, true);
    if (this.#sweepDue) return;
    this.#due.provide("noop", ts + LIMIT.DEDUPE_MS);
    this.#sweepDue = true;
  }

  /** Forgets those that are old enough at `now` (ms), and comes again for the others. */
  sweep(now: number): void {
    this.#known.clear();
    this.#sql.exec("DELETE FROM noop WHERE ts <= ?", now - LIMIT.DEDUPE_MS);
    this.#sweepDue = !this.#sql.exec("SELECT 1 FROM noop LIMIT 1").next().done;
    if (this.#sweepDue) this.#due.provide("noop", now + LIMIT.DEDUPE_MS);
  }

  #hasAny(ref: number): boolean {
    const known = this.#known.get(ref);
    if (known !== undefined) return known;
    const has = !this.#sql.exec("SELECT 1 FROM noop WHERE ref = ? LIMIT 1", ref).next().done;
    this.#known.set(ref, has);
    return has;
  }
}
