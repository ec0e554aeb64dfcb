// How often one person may manage rooms: each of it is a write in D1, and most of it a call to rooms. Counted beside the tries at
// signing in, and switched off with them; what is said in a room has its own limits there.
import { countUse } from "../../auth";
import { ApiError, type Bindings } from "../../platform";

/** The window of all of these, in ms; it begins with the first use. */
export const MANAGE_WINDOW_MS = 3_600_000;
/** Rooms that an account makes in a window. */
export const ROOMS_MADE_MAX = 60;
/** Changes of rooms: titles and settings, rooms deleted, roles, bans and their ends, people sent away. */
export const CHANGES_MADE_MAX = 300;
/** Invitations made. */
export const INVITES_MADE_MAX = 120;
/** Names that a user takes: every room of theirs is told. */
export const RENAMES_MAX = 30;

const RATES = {
  room: { max: ROOMS_MADE_MAX, text: `a person may make ${ROOMS_MADE_MAX} rooms an hour` },
  change: { max: CHANGES_MADE_MAX, text: `a person may change rooms and roles ${CHANGES_MADE_MAX} times an hour` },
  invite: { max: INVITES_MADE_MAX, text: `a person may make ${INVITES_MADE_MAX} invitations an hour` },
  name: { max: RENAMES_MAX, text: `a person may take ${RENAMES_MAX} names an hour` },
} as const;

/** Counts one use before it is made, refused ones too; throws `rate_limited` where it is one too many. */
export async function countManaging(env: Bindings, what: keyof typeof RATES, userId: string): Promise<void> {
  const { max, text } = RATES[what];
  const retryAfterMs = await countUse(env, `manage-${what}`, userId, { max, windowMs: MANAGE_WINDOW_MS });
  if (retryAfterMs > 0) throw new ApiError("rate_limited", text, { retryAfterMs });
}
