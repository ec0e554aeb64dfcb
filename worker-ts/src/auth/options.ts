// What decides the auth tables: shared by the Worker and by the schema generator, so that they cannot drift apart.
// Nothing of Cloudflare and no secret enters here.
import type { BetterAuthOptions } from "better-auth";
import { anonymous, bearer } from "better-auth/plugins";
import { randomLetters } from "../platform";

/** Name of a new guest: `Guest-` and four letters. */
function guestName(): string {
  return `Guest-${randomLetters(4).toUpperCase()}`;
}

/** Sign-in methods and where rate limits are kept. Sessions stay in D1: KV lacks the atomic calls they need. */
export const authOptions = {
  appName: "Ferrule",
  basePath: "/api/auth",
  emailAndPassword: { enabled: true, autoSignIn: true, minPasswordLength: 8, maxPasswordLength: 128 },
  rateLimit: { storage: "database", modelName: "rate_limit" },
  // since when the user may not sign in, in ms since 1970; only an admin's route sets it
  user: { additionalFields: { disabledAt: { type: "number", required: false, input: false } } },
  telemetry: { enabled: false },
} satisfies BetterAuthOptions;

/** Whom a guest has become. */
export interface LinkedUser {
  readonly id: string;
  readonly name: string;
}

/** Plug-ins; `onLink` hears when a guest became a user, before the guest's row goes. */
export function authPlugins(onLink?: (guestId: string, user: LinkedUser) => Promise<void>) {
  return [
    anonymous({
      generateName: guestName,
      onLinkAccount: async ({ anonymousUser, newUser }) => onLink?.(anonymousUser.user.id, newUser.user),
    }),
    // the token alone stands in the table of sessions: who has read that has no session yet
    bearer({ requireSignature: true }),
  ];
}
