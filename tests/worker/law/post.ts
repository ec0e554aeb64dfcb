// The post between a room and the archive at its worst: messages of the queue come late, twice, in any order, together with old ones,
// some are lost for ever; and the archive fails before it has written, or after.
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { ArchiveMessage } from "../../../worker-ts/src/rooms";
import { deliver, type HeldQueue } from "../support/archive";
import { query, type RoomStub, ring, tune } from "../support/room-client";

const BATCH_MAX = 6;
/** One in so many is lost. */
const LOST_IN = 12;
/** Longer than any talk takes. */
const HOUR_MS = 3_600_000;

type Roll = (below: number) => number;

const fail = (what: string) => async (): Promise<never> => {
  throw new Error(`${what} fails for the test`);
};

/** The post of one room. */
export class Post {
  readonly #queue: HeldQueue;
  readonly #stub: RoomStub;
  readonly #roll: Roll;
  #waiting: ArchiveMessage[] = [];
  readonly #old: ArchiveMessage[] = [];
  deliveries = 0;
  failures = 0;

  constructor(queue: HeldQueue, stub: RoomStub, roll: Roll) {
    this.#queue = queue;
    this.#stub = stub;
    this.#roll = roll;
  }

  /** Has the room send what is new, and delivers a few messages, chosen and treated by chance. */
  async some(): Promise<void> {
    await ring(this.#stub);
    for (const message of this.#queue.take(this.#stub)) if (this.#roll(LOST_IN) > 0) this.#waiting.push(message);
    const chosen = this.#waiting.filter(() => this.#roll(2) === 0).slice(0, BATCH_MAX);
    const again = this.#old.filter(() => this.#roll(4) === 0).slice(0, BATCH_MAX);
    await this.#deliver(
      this.#shuffled([...chosen, ...chosen.filter(() => this.#roll(3) === 0), ...again]),
      this.#roll(4),
    );
  }

  /** Delivers until the archive has everything, what was lost included. */
  async all(): Promise<void> {
    for (let round = 0; ; round++) {
      // whatever the archive has not reported is sent again
      await tune(this.#stub, { archiveResendMs: 0 });
      await query(this.#stub, "UPDATE due SET at = 1 WHERE kind <> 'trim'");
      await query(this.#stub, "UPDATE batch SET sent_at = 1 WHERE done = 0");
      await query(this.#stub, "INSERT OR REPLACE INTO due VALUES('flush', '', 1), ('resend', '', 1)");
      await runDurableObjectAlarm(this.#stub);
      this.#waiting.push(...this.#queue.take(this.#stub));
      await this.#deliver(this.#shuffled([...this.#waiting, ...this.#old.filter(() => this.#roll(3) === 0)]), 0);
      const { headSeq, archivedSeq } = await this.#stub.stats();
      if (archivedSeq === headSeq) break;
      if (round > 20) throw new Error(`the archive has ${archivedSeq} of ${headSeq}`);
    }
    await tune(this.#stub, { archiveResendMs: HOUR_MS });
  }

  async #deliver(messages: readonly ArchiveMessage[], fault: number): Promise<void> {
    if (messages.length === 0) return;
    this.deliveries += messages.length;
    const { acked } = await deliver(messages, { vars: this.#broken(fault) });
    const done = new Set(acked.map((place) => messages[place]!));
    this.failures += messages.length - acked.length;
    this.#waiting = this.#waiting.filter((message) => !done.has(message));
    for (const message of done) if (!this.#old.includes(message)) this.#old.push(message);
  }

  /** Bindings that fail: D1 before it has written, D1 after it has, the room after it was told. */
  #broken(fault: number): object {
    const { DB, ROOM } = env;
    const prepare = DB.prepare.bind(DB);
    if (fault === 1) return { DB: { prepare, batch: fail("D1") } };
    if (fault === 2)
      return {
        DB: {
          prepare,
          batch: async (statements: D1PreparedStatement[]) => {
            await DB.batch(statements);
            if (this.#roll(2) === 0) await fail("D1's answer")();
            return [];
          },
        },
      };
    if (fault === 3) return { ROOM: { getByName: (name: string) => this.#deaf(ROOM.getByName(name) as RoomStub) } };
    return {};
  }

  #deaf(stub: RoomStub): Pick<RoomStub, "archived"> {
    return {
      archived: async (...told: Parameters<RoomStub["archived"]>) => {
        if (this.#roll(2) === 0) await stub.archived(...told);
        return fail("the room's answer")();
      },
    } as Pick<RoomStub, "archived">;
  }

  #shuffled<T>(list: T[]): T[] {
    for (let at = list.length - 1; at > 0; at--) {
      const other = this.#roll(at + 1);
      [list[at], list[other]] = [list[other]!, list[at]!];
    }
    return list;
  }
}
