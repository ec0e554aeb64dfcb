// Pictures of people in the bucket, as far as more than one route has to do with them.
import { avatarKey } from "./fact";

/** Hands a picture over to who has none. Whether there was one to hand over; the other one's is gone in any case. */
export async function moveAvatar(bucket: R2Bucket, from: string, to: string): Promise<boolean> {
  const [own, object] = await Promise.all([bucket.head(avatarKey(to)), bucket.get(avatarKey(from))]);
  if (object === null) return false;
  if (own === null) await bucket.put(avatarKey(to), object.body, { httpMetadata: object.httpMetadata ?? {} });
  else await object.body.cancel();
  await bucket.delete(avatarKey(from));
  return own === null;
}

/** Most keys of one call to the bucket. */
const KEYS_MAX = 1_000;

/** Removes the pictures of people who go. */
export async function removeAvatars(bucket: Pick<R2Bucket, "delete">, userIds: readonly string[]): Promise<void> {
  for (let at = 0; at < userIds.length; at += KEYS_MAX)
    await bucket.delete(userIds.slice(at, at + KEYS_MAX).map(avatarKey));
}
