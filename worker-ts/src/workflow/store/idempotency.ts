// Keys of messages that are on their way. A key is claimed before its message is sent, marked after, and free again once the message is
// settled. What is sent, and when, is the queue's.
import { WorkflowWorldError } from "@workflow/errors";
import { CLAIM_PENDING_MS, GROUP_STATEMENTS_MAX, ID_BYTES_MAX } from "../limits";
import { type ReadPorts, readRows, sendBatch, statement } from "./reader";

/** A key somebody wants to send under. */
export interface Claim {
  /** `run|key` */
  readonly key: string;
  /** Of the message that will be sent if the key is ours. */
  readonly messageId: string;
  readonly expiresAt: number;
  /** The message being handled: a key that it holds is taken over. */
  readonly held?: string;
}

/** Whose the key is. */
export interface Claimed {
  /** The message that holds the key; what `queue()` answers. */
  readonly messageId: string;
  /** Ours: send it. */
  readonly mine: boolean;
  /** The message that holds the key is in the queue. */
  readonly sent: boolean;
}

/** The rows of `workflow_idempotency`. */
export interface IdempotencyTable {
  claim(key: string, messageId: string, options: { expiresAt: number; held?: string }): Promise<Claimed>;
  /** Several in as few batches as go; answers in order. */
  claimMany(claims: readonly Claim[]): Promise<Claimed[]>;
  /** The same for a key that somebody holds whose message is perhaps not in the queue; undefined: nobody holds it any more. */
  reclaim(claim: Claim): Promise<Claimed | undefined>;
  /** The message is in the queue. */
  markSent(key: string, messageId: string): Promise<void>;
  /** The messages did not get into the queue: whoever comes next takes their keys over. */
  release(messageIds: readonly string[]): Promise<void>;
  /** The messages are done: their keys are free. */
  settle(messageIds: readonly string[]): Promise<void>;
  /** Frees all keys of runs whose messages are known to be gone. */
  forget(runIds: readonly string[]): Promise<void>;
  /** Forgets keys whose time is over; answers how many. */
  sweep(now: number): Promise<number>;
}

const CLAIM =
  "INSERT INTO workflow_idempotency (key, message_id, state, created_at, expires_at) VALUES (?1, ?2, 'pending', ?3, ?4) ON CONFLICT (key) DO UPDATE SET message_id = excluded.message_id, state = 'pending', created_at = excluded.created_at, expires_at = excluded.expires_at WHERE expires_at <= ?3 OR (state = 'pending' AND created_at <= ?5) OR message_id = ?6";
/** Of a row that is there; one that was settled meanwhile stays free. */
const RECLAIM =
  "UPDATE workflow_idempotency SET message_id = ?2, created_at = ?3, expires_at = ?4 WHERE key = ?1 AND state = 'pending' AND created_at <= ?5";
const HOLDER = "SELECT message_id, state = 'sent' AS sent FROM workflow_idempotency WHERE key = ?1";
const MARK = "UPDATE workflow_idempotency SET state = 'sent' WHERE key = ?1 AND message_id = ?2";
const RELEASE =
  "UPDATE workflow_idempotency SET created_at = 0 WHERE state = 'pending' AND message_id IN (SELECT value FROM json_each(?1))";
const SETTLE = "DELETE FROM workflow_idempotency WHERE message_id IN (SELECT value FROM json_each(?1))";
/** Keys are `run|key`; what else stands here begins otherwise. */
const FORGET =
  "DELETE FROM workflow_idempotency WHERE substr(key, 1, instr(key, '|') - 1) IN (SELECT value FROM json_each(?1))";
const SWEEP = "DELETE FROM workflow_idempotency WHERE expires_at <= ?1 RETURNING 1";

/** The rows of `workflow_idempotency` in D1. */
export function makeIdempotency(ports: ReadPorts & { now(): number }): IdempotencyTable {
  const claimMany = async (claims: readonly Claim[]): Promise<Claimed[]> => {
    const claimed: Claimed[] = [];
    for (let at = 0; at < claims.length; at += GROUP_STATEMENTS_MAX / 2) {
      const some = claims.slice(at, at + GROUP_STATEMENTS_MAX / 2);
      const now = ports.now();
      const results = await sendBatch(
        ports,
        some.flatMap(({ key, messageId, expiresAt, held }) => [
          statement(CLAIM, checkKey(key), messageId, now, expiresAt, now - CLAIM_PENDING_MS, held ?? null),
          statement(HOLDER, key),
        ]),
      );
      some.forEach((claim, index) => {
        claimed.push(claimedBy(claim, results[index * 2 + 1]!)!);
      });
    }
    return claimed;
  };
  return {
    claimMany,
    async claim(key, messageId, options) {
      const [claimed] = await claimMany([{ key, messageId, ...options }]);
      return claimed!;
    },
    async reclaim(claim) {
      const { key, messageId, expiresAt } = claim;
      const now = ports.now();
      const take = statement(RECLAIM, key, messageId, now, expiresAt, now - CLAIM_PENDING_MS);
      const [, rows = []] = await sendBatch(ports, [take, statement(HOLDER, key)]);
      return claimedBy(claim, rows);
    },
    async markSent(key, messageId) {
      await readRows(ports, statement(MARK, key, messageId));
    },
    async release(messageIds) {
      if (messageIds.length > 0) await readRows(ports, statement(RELEASE, JSON.stringify(messageIds)));
    },
    async settle(messageIds) {
      if (messageIds.length > 0) await readRows(ports, statement(SETTLE, JSON.stringify(messageIds)));
    },
    async forget(runIds) {
      if (runIds.length > 0) await readRows(ports, statement(FORGET, JSON.stringify(runIds)));
    },
    async sweep(now) {
      return (await readRows(ports, statement(SWEEP, now))).length;
    },
  };
}

function claimedBy({ messageId }: Claim, [row]: readonly Record<string, unknown>[]): Claimed | undefined {
  if (row === undefined) return undefined;
  const holder = row["message_id"] as string;
  return { messageId: holder, mine: holder === messageId, sent: row["sent"] === 1 };
}

function checkKey(key: string): string {
  if (new TextEncoder().encode(key).length > 2 * ID_BYTES_MAX)
    throw new WorkflowWorldError(`a key has at most ${2 * ID_BYTES_MAX} bytes`, { status: 400, code: "BAD_KEY" });
  return key;
}
