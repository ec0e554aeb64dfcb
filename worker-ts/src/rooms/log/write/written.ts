// What every write has in common: what is known before, what becomes of it, and ids that were seen. Like all of this folder it is
// one synchronous run on the frame the core read last; nothing may await or make the core read or write another frame before `stamp`.
import type { RoleName, RoomConfig } from "../../operation";
import type { Refusal } from "../../room";
import type { Log } from "../log";
import type { Noops } from "../marks/noops";
import type { Pins } from "../marks/pins";
import type { Reactions } from "../marks/reactions";
import type { People } from "../people";

/** What became of a write. A stored one has its down frames, the same bytes as in the log: its own, then what followed from it. */
export type Written =
  | { readonly status: "stored"; readonly seq: number; readonly ts: number; readonly frames: readonly Uint8Array[] }
  | { readonly status: "duplicate"; readonly seq: number; readonly ts: number }
  | { readonly status: "no_change" }
  | ({ readonly status: "refused" } & Refusal);

/** The tables that writes change or ask. */
export interface WriteParts {
  readonly log: Log;
  readonly people: People;
  readonly reactions: Reactions;
  readonly pins: Pins;
  readonly noops: Noops;
  /** Told of each message that was stored, in the run that stores it. */
  readonly heed?: ((text: string, seq: number) => void) | undefined;
}

/** Who writes, and how things stand: `now` is server time in ms. */
export interface Writer {
  readonly ref: number;
  readonly role: RoleName;
  readonly config: RoomConfig;
  readonly now: number;
}

/** Who writes, under which client message id. */
export interface Writing extends Writer {
  readonly id: Uint8Array;
}

const CONFLICT: Written = { status: "refused", code: "conflict", retryAfterMs: 0 };

/**
 * The answer to an id that this person used before, or undefined: what was stored or changed nothing then, whatever has changed
 * since; CONFLICT for another kind or other bytes.
 */
export function seenBefore(parts: WriteParts, kind: number, { ref, id }: Writing, sum: number): Written | undefined {
  const noop = parts.noops.find(ref, id);
  if (noop !== undefined) return noop.kind === kind && noop.sum === sum ? { status: "no_change" } : CONFLICT;
  const seen = parts.log.find(ref, id);
  if (seen === undefined) return undefined;
  const same = seen.kind === kind && (seen.sum === null || seen.sum === sum);
  return same ? { status: "duplicate", seq: seen.seq, ts: seen.ts } : CONFLICT;
}
