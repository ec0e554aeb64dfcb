// Which shard a topic lives on. Pure arithmetic on names: the same answer in every runtime, today and after a restart.
import type { DurableIdLike, DurableNamespaceLike } from "../platform";

/** The prefix of upstream's shard names. */
const PREFIX = "ws-router";

/**
 * The shard of a topic: `ws-router-0` to `ws-router-<shards - 1>`. The same answers as ws-kit's own `topicToDoName`, so that objects made
 * with it are found again. Another number of shards moves most topics; see {@link rendezvousShard} where the list is to grow.
 * @throws RangeError unless `shards` is a whole number above 0.
 */
export function topicToDoName(topic: string, shards: number, prefix = PREFIX): string {
  if (!Number.isSafeInteger(shards) || shards < 1) throw new RangeError("shards must be a whole number above 0");
  let hash = 0;
  // The polynomial of 31 over UTF-16 units, in 32 bits: what upstream computes.
  for (let at = 0; at < topic.length; at++) hash = (Math.imul(hash, 31) + topic.charCodeAt(at)) | 0;
  return `${prefix}-${(hash >>> 0) % shards}`;
}

/**
 * {@link topicToDoName} by the name that earlier versions of ws-kit gave it.
 * @alias
 */
export const scopeToDoName = topicToDoName;

/** The id of a topic's shard. Throws as {@link topicToDoName} does. */
export function getShardedDoId(
  namespace: Pick<DurableNamespaceLike<unknown>, "idFromName">,
  topic: string,
  shards: number,
  prefix?: string,
): DurableIdLike {
  return namespace.idFromName(topicToDoName(topic, shards, prefix));
}

/** A stub of a topic's shard. Throws as {@link topicToDoName} does. */
export function getShardedStub<S>(
  namespace: DurableNamespaceLike<S>,
  topic: string,
  shards: number,
  prefix?: string,
): S {
  return namespace.get(getShardedDoId(namespace, topic, shards, prefix));
}

/**
 * One of `shards` for a key, such that a list that grows from n to n + 1 moves about one key in n + 1, all of them to the new shard, and
 * a shard that goes moves its own keys only. Order in the list does not matter. Costs one hash per shard.
 * @throws RangeError for an empty list.
 */
export function rendezvousShard(key: string, shards: readonly string[]): string {
  let best: string | undefined;
  let bestScore = -1;
  const seed = hashOn(0x811c9dc5, key);
  for (const shard of shards) {
    const score = scatter(hashOn(hashOn(seed, "\0"), shard));
    if (score > bestScore || (score === bestScore && shard < best!)) {
      best = shard;
      bestScore = score;
    }
  }
  if (best === undefined) throw new RangeError("rendezvousShard needs at least one shard");
  return best;
}

/** FNV-1a, 32 bits, over UTF-16 units. */
function hashOn(hash: number, text: string): number {
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** MurmurHash3's finaliser. FNV alone leaves names that differ in the last letter close together, and the top one would win too often. */
function scatter(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
