// What becomes of a user's account: a new name, and its end. What others have of it (rooms, files) is theirs to see to.
import { eq } from "drizzle-orm";
import { type Bindings, database, nameField } from "../../platform";
import { account, session, user } from "../schema";

/** NAME_BYTES_MAX of PROTOCOL.md section 13. */
const NAME_BYTES_MAX = 96;

/** A display name, as people choose it. */
export const personName = nameField(NAME_BYTES_MAX);

/** Gives a user another name. A user who is gone stays so. */
export async function renameUser(env: Bindings, userId: string, name: string): Promise<void> {
  await database(env).update(user).set({ name }).where(eq(user.id, userId));
}

/** Deletes a user for good, with password and sessions: all requests are nobody's from then on. Answers the ids of those sessions. */
export async function removeUser(env: Bindings, userId: string): Promise<string[]> {
  const db = database(env);
  const [sessions] = await db.batch([
    db.delete(session).where(eq(session.userId, userId)).returning({ id: session.id }),
    db.delete(account).where(eq(account.userId, userId)),
    db.delete(user).where(eq(user.id, userId)),
  ]);
  return sessions.map(({ id }) => id);
}
