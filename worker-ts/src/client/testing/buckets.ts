// The rate limits of the simulated room, with the numbers of PROTOCOL.md section 11, and what counts as a strike.
import type { KindName } from "@ferrule/core";

type Bucket = "write" | "react" | "soft" | "read" | "control" | "bytes";

/** Tokens per second, and how many there are at most. */
const RATES: { readonly [K in Bucket]: readonly [rate: number, burst: number] } = {
  write: [5, 10],
  react: [5, 20],
  soft: [4, 10],
  read: [4, 10],
  control: [20, 40],
  bytes: [65_536, 262_144],
};

const BUCKETS: Partial<Record<KindName, Bucket>> = {
  MSG: "write",
  EDIT: "write",
  DELETE: "write",
  REACT: "react",
  UNREACT: "react",
  TYPING: "soft",
  PRESENCE: "soft",
  RECEIPT: "soft",
  HISTORY_REQ: "read",
  PEOPLE_REQ: "read",
  CREDIT: "control",
  AUTH_REFRESH: "control",
};

/** Buckets and what is in them. */
export class SimLevels {
  readonly #levels = new Map<Bucket, { readonly tokens: number; readonly at: number }>();

  /** How long (ms) until there is enough for `cost`. */
  wait(bucket: Bucket, cost: number, now: number): number {
    const missing = cost - this.#tokens(bucket, now);
    return missing <= 0 ? 0 : Math.ceil((missing * 1_000) / RATES[bucket][0]);
  }

  spend(bucket: Bucket, cost: number, now: number): void {
    this.#levels.set(bucket, { tokens: this.#tokens(bucket, now) - cost, at: now });
  }

  #tokens(bucket: Bucket, now: number): number {
    const [rate, burst] = RATES[bucket];
    const level = this.#levels.get(bucket);
    return level === undefined ? burst : Math.min(burst, level.tokens + ((now - level.at) * rate) / 1_000);
  }
}

/** The limits of one connection. What its user writes counts for all tabs together as well. */
export class SimBuckets {
  /** Frames that came inside the wait they had been told. */
  strikes = 0;
  /** Soft frames that were dropped in silence. */
  dropped = 0;
  readonly #own = new SimLevels();
  readonly #user: SimLevels;
  /** Until when the client was told to wait, by bucket; messages have their own in slow mode. */
  readonly #heldUntil = new Map<string, number>();

  constructor(user: SimLevels) {
    this.#user = user;
  }

  /** 0 when the frame may pass, else ms to wait; undefined when it is dropped. */
  take(kind: KindName, bytes: number, now: number): number | undefined {
    const bucket = BUCKETS[kind];
    if (bucket === undefined) return 0;
    const costs: [SimLevels, Bucket, number][] = [
      [this.#own, bucket, 1],
      [this.#own, "bytes", bytes],
    ];
    if (bucket === "write" || bucket === "react") costs.push([this.#user, bucket, 1]);
    const wait = Math.max(...costs.map(([levels, which, cost]) => levels.wait(which, cost, now)));
    if (wait === 0) {
      for (const [levels, which, cost] of costs) levels.spend(which, cost, now);
      return 0;
    }
    if (bucket !== "soft") return wait;
    this.dropped++;
    return undefined;
  }

  /** Notes a refusal of `wait` ms, and whether its frame should not have come. `slow`: a message in slow mode. */
  refuse(kind: KindName, wait: number, slow: boolean, now: number): void {
    const held = slow ? "slow" : (BUCKETS[kind] ?? "control");
    const until = this.#heldUntil.get(held) ?? 0;
    if (now < until) this.strikes++;
    this.#heldUntil.set(held, Math.max(until, now + wait));
  }
}
