// An account that was erased is here again, out of a backup from before. It goes as it went then; and what may not be seen meanwhile goes
// at once: the account, its texts in the archive and in the search, its files. The rooms have forgotten it before anybody gets in.
import { removeUser } from "../../auth";
import { type Bindings, now } from "../../platform";
import { removeAvatars } from "../files/avatars";
import { removeFiles } from "../files/drop";
import type { ErasedUser } from "../operation";
import { addChore } from "./chore-table";
import { wakeChore } from "./chores";

/** Texts, and files, that go in one statement: the words of a text leave the index with it. */
const ROWS_AT_ONCE = 200;

const DEPART = `INSERT INTO departure(room_id, user_id, changed_at)
  SELECT room_id, user_id, max(changed_at + 1, ?2) FROM member WHERE user_id = ?1
  ON CONFLICT DO UPDATE SET changed_at = max(changed_at, excluded.changed_at)`;

/** The text alone: which version a message is, its room says when it tells that it is erased. */
const TEXTS = `UPDATE message SET text = '' WHERE pk IN (
    SELECT pk FROM message WHERE user_id = ?1 AND kind = 'MSG' AND text <> '' LIMIT ${ROWS_AT_ONCE}) RETURNING pk`;
const FILES = `SELECT id, room_id AS room FROM file WHERE user_id = ?1 LIMIT ${ROWS_AT_ONCE}`;

/** Erases accounts again, also where one is the last owner of a room now; twice is once. */
export async function eraseAgain(env: Bindings, users: readonly ErasedUser[]): Promise<void> {
  for (const { userId, messages } of users) {
    const body = { messages, after: "", missed: "" };
    await env.DB.batch([
      addChore(env.DB, { kind: "erase-user", subject: userId, body, at: now() }),
      // one that the backup brought along had come so far in other rooms
      env.DB.prepare("UPDATE chore SET body = json_set(body, '$.after', '', '$.missed', '') WHERE id = ?1").bind(
        `erase-user:${userId}`,
      ),
      env.DB.prepare(DEPART).bind(userId, now()),
      env.DB.prepare("DELETE FROM member WHERE user_id = ?1").bind(userId),
    ]);
    await removeUser(env, userId);
    await removeAvatars(env.FILES, [userId]);
    if (messages) await eraseContent(env, userId);
    await wakeChore(env, { kind: "erase-user", subject: userId });
  }
}

async function eraseContent(env: Bindings, userId: string): Promise<void> {
  while ((await env.DB.prepare(TEXTS).bind(userId).all()).results.length > 0);
  for (;;) {
    const { results } = await env.DB.prepare(FILES).bind(userId).all<{ id: string; room: string }>();
    if (results.length === 0) return;
    await removeFiles(env, results);
  }
}
