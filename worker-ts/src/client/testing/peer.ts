// One connection, as the simulated server sees it. A shape only.
import type { Frame } from "@ferrule/core";
import type { SimBuckets } from "./buckets";
import type { SimSocket } from "./socket";

export interface Peer {
  readonly socket: SimSocket;
  readonly user: string;
  readonly ref: number;
  /** Its number in PRESENCE. */
  readonly conn: number;
  readonly buckets: SimBuckets;
  /** Everything that came up, in order. */
  readonly heard: (Frame | string)[];
  /** Admitted and told so. */
  live: boolean;
  /** FEATURE bits that were granted. */
  features: number;
  away: boolean;
  /** End of admission (ms). */
  expiresAt: number;
}
