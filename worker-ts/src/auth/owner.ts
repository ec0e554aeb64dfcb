// Sign-in of the owner: the link that `npm start` prints carries ADMIN_TOKEN, the page posts it, and the answer is an
// ordinary session of the first of ADMIN_EMAILS. A Better Auth endpoint, so that cookies and rate limits are its own.
import type { AuthContext, BetterAuthPlugin } from "better-auth";
import { APIError, createAuthEndpoint } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import * as z from "zod";
import { type Bindings, list, sameSecret } from "../platform";

const OWNER_NAME = "Owner";

/** `POST /sign-in/admin {token}`. */
export function ownerSignIn(env: Bindings) {
  return {
    id: "owner",
    endpoints: {
      signInOwner: createAuthEndpoint(
        "/sign-in/admin",
        { method: "POST", body: z.object({ token: z.string() }) },
        async (ctx) => {
          const [email] = list(env.ADMIN_EMAILS);
          if (!(await sameSecret(ctx.body.token, env.ADMIN_TOKEN)) || email === undefined)
            throw new APIError("UNAUTHORIZED", { message: "the token is not the owner's" });
          const user = await provideOwner(ctx.context.internalAdapter, email.toLowerCase());
          const session = await ctx.context.internalAdapter.createSession(user.id);
          await setSessionCookie(ctx, { session, user });
          return ctx.json({ token: session.token, user: { id: user.id, name: user.name, email: user.email } });
        },
      ),
    },
  } satisfies BetterAuthPlugin;
}

type Users = AuthContext["internalAdapter"];

/**
 * The owner's user, made when missing. An unverified one may have been signed up by anybody who guessed the address: it
 * becomes the owner's only after its password, its sessions and its name are gone.
 */
async function provideOwner(users: Users, email: string) {
  const found = await users.findUserByEmail(email);
  if (found === null) return users.createUser({ email, name: OWNER_NAME, emailVerified: true }, { method: "owner" });
  if (found.user.emailVerified) return found.user;
  await users.deleteAccounts(found.user.id);
  await users.deleteUserSessions(found.user.id);
  return users.updateUser(found.user.id, { emailVerified: true, name: OWNER_NAME });
}
