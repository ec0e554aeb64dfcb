// The table `reaction`: who has reacted to which message with what, as it is now. That a reaction was taken away is in the log
// alone. No rules, no frames.
import { LIMIT } from "@ferrule/core";

/** One emoji of a message and all who have reacted with it: refs by rising number. */
export interface Tally {
  readonly emoji: string;
  readonly refs: readonly number[];
}

const FIND = `SELECT target, emoji, json_group_array(ref) AS refs FROM reaction
  WHERE target IN (SELECT value FROM json_each(?)) GROUP BY target, emoji ORDER BY target, min(seq)`;

/** The reactions of a room. */
export class Reactions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  has(target: number, emoji: string, ref: number): boolean {
    return !this.#sql
      .exec("SELECT 1 FROM reaction WHERE target = ? AND emoji = ? AND ref = ?", target, emoji, ref)
      .next().done;
  }

  /** Whether this emoji would be one more than a message may have. */
  isOneTooMany(target: number, emoji: string): boolean {
    const there = this.#sql.exec("SELECT 1 FROM reaction WHERE target = ? AND emoji = ? LIMIT 1", target, emoji).next();
    if (!there.done) return false;
    const { count } = this.#sql
      .exec<{ count: number }>("SELECT count(DISTINCT emoji) AS count FROM reaction WHERE target = ?", target)
      .one();
    return count >= LIMIT.REACTION_EMOJIS_PER_MESSAGE_MAX;
  }

  /** One that is not there; `seq` is that of its entry. */
  add(target: number, emoji: string, ref: number, seq: number): void {
    this.#sql.exec("INSERT INTO reaction(target, emoji, ref, seq) VALUES(?, ?, ?, ?)", target, emoji, ref, seq);
  }

  remove(target: number, emoji: string, ref: number): void {
    this.#sql.exec("DELETE FROM reaction WHERE target = ? AND emoji = ? AND ref = ?", target, emoji, ref);
  }

  /** All of an erased message. */
  clear(target: number): void {
    this.#sql.exec("DELETE FROM reaction WHERE target = ?", target);
  }

  /** The reactions to these messages, the emoji that was there first before the others; a message without is left out. */
  of(targets: readonly number[]): Map<number, Tally[]> {
    const found = new Map<number, Tally[]>();
    if (targets.length === 0) return found;
    for (const { target, emoji, refs } of this.#sql.exec<{ target: number; emoji: string; refs: string }>(
      FIND,
      JSON.stringify(targets),
    )) {
      const tally = { emoji, refs: JSON.parse(refs) as number[] };
      const others = found.get(target);
      if (others === undefined) found.set(target, [tally]);
      else others.push(tally);
    }
    return found;
  }
}
