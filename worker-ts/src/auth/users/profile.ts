// A user as all others may know one: the name, and where the picture is.
import { eq, sql } from "drizzle-orm";
import { type Bindings, database } from "../../platform";
import { user } from "../schema";

/** What is shown of a user. */
export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly guest: boolean;
  /** Null for one who has none. */
  readonly avatarUrl: string | null;
}

/** The user of this id; null when there is none. */
export async function findProfile(env: Bindings, userId: string): Promise<Profile | null> {
  const [row] = await database(env).select().from(user).where(eq(user.id, userId));
  return row === undefined ? null : toProfile(row);
}

/** The users of these ids, by id; those who are gone are left out. */
export async function findProfiles(env: Bindings, userIds: readonly string[]): Promise<ReadonlyMap<string, Profile>> {
  // one parameter for all: D1 takes at most 100
  const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(userIds)}))`;
  const rows = await database(env).select().from(user).where(sql`${user.id} IN ${wanted}`);
  return new Map(rows.map((row) => [row.id, toProfile(row)]));
}

function toProfile({ id, name, isAnonymous, image }: typeof user.$inferSelect): Profile {
  return { id, name, guest: isAnonymous === true, avatarUrl: image };
}

/** Writes down where the user's picture is; null for none. False for a user who is gone. */
export async function setAvatarUrl(env: Bindings, userId: string, avatarUrl: string | null): Promise<boolean> {
  const { meta } = await database(env).update(user).set({ image: avatarUrl }).where(eq(user.id, userId)).run();
  return meta.changes > 0;
}
