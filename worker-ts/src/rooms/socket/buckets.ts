// Token buckets and strikes (PROTOCOL.md section 11): how fast frames may come, on one connection and from one user. Arithmetic
// on what a connection remembers; it sends nothing and knows no room.
import { KIND } from "@ferrule/core";
import type { BucketName, Rate, RoomSettings } from "../settings";

/** What a client holds back after a refusal: frames of one bucket, or in slow mode messages alone. */
export type Lane = BucketName | "message";

/** Where a bucket or lane stands in a list of times; names would be most of what a connection has to save. */
const PLACE = { write: 0, react: 1, soft: 2, read: 3, control: 4, bytes: 5, message: 6 } as const satisfies Record<
  Lane,
  number
>;

/** When each bucket is full again, by PLACE, ms since 1970; 0 of one never used. A sleep changes none of it. */
export type Levels = number[];

/** What one connection must remember of its limits. */
export interface Limited {
  readonly buckets: Levels;
  /** Until when (ms) the client was told to hold the frames of a lane, by PLACE. */
  readonly held: number[];
  /** Frames that came although they were to be held, since the first one of this minute (ms). */
  strikes: readonly [count: number, since: number];
}

/** Nothing used, nothing refused. */
export const unlimited = (): Limited => ({ buckets: full(), held: [...full(), 0], strikes: [0, 0] });

const full = (): Levels => [0, 0, 0, 0, 0, 0];

/** Strikes count within this time of the first. */
const STRIKES_MS = 60_000;
/** Times have fractions of about this size (ms), left by adding; less than it is no wait. */
const GRAIN_MS = 0.01;
/** Users whose buckets are remembered before those with full ones are forgotten. */
const USERS_MIN = 256;

const BUCKETS: ReadonlyMap<number, BucketName> = new Map([
  [KIND.MSG, "write"],
  [KIND.EDIT, "write"],
  [KIND.DELETE, "write"],
  [KIND.REACT, "react"],
  [KIND.UNREACT, "react"],
  [KIND.TYPING, "soft"],
  [KIND.PRESENCE, "soft"],
  [KIND.RECEIPT, "soft"],
  [KIND.HISTORY_REQ, "read"],
  [KIND.PEOPLE_REQ, "read"],
]);

/** The bucket of a kind; what is not in the table, unknown kinds too, counts as control. */
export function bucketOf(kind: number): BucketName {
  return BUCKETS.get(kind) ?? "control";
}

/** What holds a frame of this kind after a refusal, whatever refused it. */
export function laneOf(kind: number, slowModeMs: number): Lane {
  return kind === KIND.MSG && slowModeMs > 0 ? "message" : bucketOf(kind);
}

/** One use of one bucket. */
interface Draw {
  readonly levels: Levels;
  readonly bucket: BucketName;
  readonly cost: number;
}

/** When the bucket would be full again after this use, and how long (ms) until there is enough in it. */
function drawn(
  { perSecond, burst }: Rate,
  fullAt: number,
  cost: number,
  now: number,
): { fullAt: number; wait: number } {
  const all = (burst * 1000) / perSecond;
  // a clock that was set back empties the bucket at most
  const missing = Math.min(Math.max(fullAt - now, 0), all);
  const after = missing + (Math.min(cost, burst) * 1000) / perSecond;
  return { fullAt: now + after, wait: after - all < GRAIN_MS ? 0 : Math.ceil(after - all) };
}

/** The limits of one room: the rates of its settings, and the buckets of its users. Those live in memory only: while a room sleeps,
 *  which takes it ten seconds of silence, they would have filled again. */
export class Limits {
  readonly #settings: RoomSettings;
  readonly #whose: "all" | "connections";
  readonly #users = new Map<number, Levels>();
  #usersMax = USERS_MIN;

  /** At a relay only `connections` are limited: what a person does by all doors together, the room knows. */
  constructor(settings: RoomSettings, whose: "all" | "connections" = "all") {
    this.#settings = settings;
    this.#whose = whose;
  }

  /** Takes the tokens of a frame out of the connection's and its user's buckets. Answers 0, or the ms to wait; then none is taken. */
  frame(limited: Limited, ref: number, kind: number, bytes: number): number {
    const bucket = bucketOf(kind);
    const { buckets } = limited;
    return this.#draw([
      { levels: buckets, bucket, cost: 1 },
      { levels: buckets, bucket: "bytes", cost: bytes },
      ...this.#ofUser(ref, bucket),
    ]);
  }

  /** Takes the token of a write by HTTP of the same sort as this kind, where only the user counts. Answers as `frame` does. */
  write(ref: number, kind: number): number {
    return this.#draw(this.#ofUser(ref, bucketOf(kind)));
  }

  /** Notes that a frame of this lane is refused for `waitMs`. True when the client has been told too often. */
  refuse(limited: Limited, lane: Lane, waitMs: number): boolean {
    const now = this.#settings.now();
    const until = limited.held[PLACE[lane]] ?? 0;
    limited.held[PLACE[lane]] = Math.max(until, now + waitMs);
    if (now >= until) return false;
    const [before, since] = limited.strikes;
    limited.strikes = now - since < STRIKES_MS ? [before + 1, since] : [1, now];
    const [count] = limited.strikes;
    return count >= this.#settings.rateStrikesMax;
  }

  #draw(draws: readonly Draw[]): number {
    const now = this.#settings.now();
    const uses = draws.map(({ levels, bucket, cost }) => ({
      levels,
      bucket,
      ...drawn(this.#settings.rates[bucket], levels[PLACE[bucket]] ?? 0, cost, now),
    }));
    const wait = Math.max(0, ...uses.map((use) => use.wait));
    if (wait === 0) for (const { levels, bucket, fullAt } of uses) levels[PLACE[bucket]] = fullAt;
    return wait;
  }

  /** What is written counts for all of a user's tabs together; the rest is each connection's own. */
  #ofUser(ref: number, bucket: BucketName): Draw[] {
    if (this.#whose === "connections" || (bucket !== "write" && bucket !== "react")) return [];
    const known = this.#users.get(ref);
    if (known !== undefined) return [{ levels: known, bucket, cost: 1 }];
    if (this.#users.size >= this.#usersMax) this.#forgetFull();
    const levels = full();
    this.#users.set(ref, levels);
    return [{ levels, bucket, cost: 1 }];
  }

  #forgetFull(): void {
    const now = this.#settings.now();
    for (const [ref, levels] of this.#users) if (levels.every((fullAt) => fullAt <= now)) this.#users.delete(ref);
    this.#usersMax = Math.max(USERS_MIN, 2 * this.#users.size);
  }
}
