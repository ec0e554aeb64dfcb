// Who calls: a session by bearer or cookie, an admin by session or by ADMIN_TOKEN. Every look-up reads the primary.
import { and, eq, gt } from "drizzle-orm";
import {
  ApiError,
  type Bindings,
  bearerOf,
  type Caller,
  database,
  hasBearer,
  list,
  now,
  sameSecret,
} from "../platform";
import { makeAuth } from "./auth";
import { session, user } from "./schema";

/** Who a request is from. An admin by ADMIN_TOKEN is nobody in particular: `caller` is null. */
export interface Identity {
  readonly caller: Caller | null;
  readonly admin: boolean;
}

/** The headers as auth may read them: a bearer token stands alone, so a bad one never falls back to a cookie. */
export function credentials(request: Request): Headers {
  const headers = new Headers(request.headers);
  if (hasBearer(request)) headers.delete("cookie");
  return headers;
}

/** Looks up who calls. A session that is unknown or over is nobody. */
export async function identify(env: Bindings, request: Request): Promise<Identity> {
  const headers = credentials(request);
  const bearer = bearerOf(request);
  if (bearer !== "" && (await sameSecret(bearer, env.ADMIN_TOKEN))) return { caller: null, admin: true };
  if (bearer === "" && !headers.has("cookie")) return { caller: null, admin: false };
  // GET /api/auth/get-session prolongs sessions; a look-up in passing does not write
  const found = await makeAuth(env, request).api.getSession({ headers, query: { disableRefresh: true } });
  const caller = found && toCaller(env, found.user, found.session);
  return { caller, admin: caller?.admin ?? false };
}

/** The caller behind a session's id, as a ticket names it; null when the session is over or somebody else's. */
export async function findSession(env: Bindings, sessionId: string, userId: string): Promise<Caller | null> {
  const [row] = await database(env)
    .select()
    .from(session)
    .innerJoin(user, eq(user.id, session.userId))
    .where(and(eq(session.id, sessionId), eq(session.userId, userId), gt(session.expiresAt, new Date(now()))));
  return row ? toCaller(env, row.user, row.session) : null;
}

/** The caller, or `unauthenticated`. */
export function requireUser({ caller }: Identity): Caller {
  if (caller === null) throw new ApiError("unauthenticated", "sign in first");
  return caller;
}

/** Passes admins: by a session whose verified e-mail is in ADMIN_EMAILS, or by bearer ADMIN_TOKEN. */
export function requireAdmin({ caller, admin }: Identity): void {
  if (admin) return;
  if (caller === null) throw new ApiError("unauthenticated", "sign in first");
  throw new ApiError("forbidden", "this is for admins");
}

interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly image?: string | null | undefined;
  readonly isAnonymous?: boolean | null | undefined;
  readonly disabledAt?: number | null | undefined;
}

/** Whether the user is an admin; a guest's address is a placeholder. */
export function isAdmin(env: Bindings, { isAnonymous, emailVerified, email }: Omit<UserRow, "id" | "name">): boolean {
  const admins = list(env.ADMIN_EMAILS).map((entry) => entry.toLowerCase());
  return isAnonymous !== true && emailVerified && admins.includes(email.toLowerCase());
}

/** Who is disabled is nobody, whatever sessions there are. */
function toCaller(
  env: Bindings,
  row: UserRow,
  opened: { readonly id: string; readonly expiresAt: Date },
): Caller | null {
  if (row.disabledAt != null) return null;
  const guest = row.isAnonymous === true;
  return {
    userId: row.id,
    name: row.name,
    // a guest's address is a placeholder
    email: guest ? null : row.email,
    guest,
    avatarUrl: row.image ?? null,
    sessionId: opened.id,
    sessionEndsAt: opened.expiresAt.getTime(),
    admin: isAdmin(env, row),
  };
}
