// Whoever is disabled signs in no more, whichever way, and nothing goes on in their name. That the sessions which are there count for
// nothing says session.ts.
import { APIError } from "better-auth/api";
import { and, eq, isNotNull, isNull } from "drizzle-orm";
import { type Bindings, database } from "../../platform";
import { user } from "../schema";

/** Throws for a user who is disabled, before a session is made. */
export async function refuseDisabled(env: Bindings, userId: string): Promise<void> {
  const [disabled] = await database(env)
    .select({ id: user.id })
    .from(user)
    .where(and(eq(user.id, userId), isNotNull(user.disabledAt)));
  if (disabled !== undefined) throw new APIError("FORBIDDEN", { message: "this account is disabled" });
}

/** Whether there is a user of this id who is not disabled. */
export async function isActive(env: Bindings, userId: string): Promise<boolean> {
  const found = await database(env)
    .select({ id: user.id })
    .from(user)
    .where(and(eq(user.id, userId), isNull(user.disabledAt)));
  return found.length > 0;
}
