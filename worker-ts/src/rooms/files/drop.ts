// Files that go with what they belonged to: an erased message, a room. Bytes first, rows then: what dies in between comes again.
import { fileKey } from "./fact";

/** Where files are. A Worker without the bucket has none. */
export interface FileBindings {
  readonly DB: Pick<D1Database, "prepare">;
  readonly FILES?: Pick<R2Bucket, "delete"> | undefined;
}

/**
 * Files of erased messages: those the archive has the seq of, and those claimed for a message that was erased before the archive
 * heard of it. A message that stands is left alone, whoever calls.
 */
const DROPPED = `WITH erased AS (
    SELECT seq, cid, user_id FROM message
    WHERE room_id = ?1 AND seq IN (SELECT value FROM json_each(?2)) AND deleted_at IS NOT NULL
  )
  SELECT file.id FROM erased JOIN file ON file.room_id = ?1 AND file.seq = erased.seq
  UNION SELECT file.id FROM erased JOIN file ON file.room_id = ?1 AND file.seq IS NULL
    AND file.claim = erased.cid AND file.user_id = erased.user_id`;

/** Removes the files of erased messages of a room. To be called once D1 knows that they are erased; again as often as need be. */
export async function dropFiles(env: FileBindings, room: string, seqs: readonly number[]): Promise<void> {
  const { results } = await env.DB.prepare(DROPPED).bind(room, JSON.stringify(seqs)).all<{ id: string }>();
  await removeFiles(
    env,
    results.map(({ id }) => ({ room, id })),
  );
}

/** Removes what a user has uploaded and given to no message. */
export async function dropUnsent(env: FileBindings, userId: string): Promise<void> {
  const unsent = "SELECT id, room_id AS room FROM file WHERE user_id = ?1 AND seq IS NULL AND coalesce(claim, '') = ''";
  const { results } = await env.DB.prepare(unsent).bind(userId).all<{ id: string; room: string }>();
  await removeFiles(env, results);
}

/** Most keys of one call to the bucket. */
const KEYS_MAX = 1_000;

/** Removes these files, bytes and rows. */
export async function removeFiles(
  env: FileBindings,
  files: readonly { readonly room: string; readonly id: string }[],
): Promise<void> {
  for (let at = 0; at < files.length; at += KEYS_MAX) {
    const part = files.slice(at, at + KEYS_MAX);
    await env.FILES?.delete(part.map(({ room, id }) => fileKey(room, id)));
    await env.DB.prepare("DELETE FROM file WHERE id IN (SELECT value FROM json_each(?1))")
      .bind(JSON.stringify(part.map(({ id }) => id)))
      .run();
  }
}
