// Better Auth on D1, made anew for each request: it holds the request's address. The tables' side is in options.ts.
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { betterAuth } from "better-auth/minimal";
import { type Bindings, database, logFailure, required, trustedOrigins } from "../platform";
import { authOptions, authPlugins, type LinkedUser } from "./options";
import { ownerSignIn } from "./owner";
import * as schema from "./schema";
import { refuseDisabled } from "./users/disabled";

/** Called when a guest signs up or in: what was the guest's becomes the user's. */
export type OnLink = (env: Bindings, guestId: string, user: LinkedUser) => Promise<void>;

/** Called when a session has ended before its time: signed out, or taken away with all of its user's. D1 knows it already. */
export type OnSessionEnd = (env: Bindings, sessionId: string) => Promise<void>;

/** What the house does about what happens here. */
export interface AuthEvents {
  readonly onLink: OnLink;
  readonly onSessionEnd: OnSessionEnd;
}

/** Per address and path: how many calls in how many seconds. Signing in is what somebody would guess at. */
const RATE_LIMITS = {
  "/get-session": false,
  "/sign-in/admin": { window: 60, max: 5 },
  "/sign-in/anonymous": { window: 60, max: 20 },
  "/sign-in/email": { window: 60, max: 10 },
  "/sign-up/email": { window: 60, max: 10 },
} as const;

/** Whether a cookie may go without `Secure`: only to this very machine. */
function isLocal(url: URL): boolean {
  return url.protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
}

/** How a request reacts to what it does. `waitUntil` lets work outlive the answer, which then does not depend on it. */
export interface Reactions extends AuthEvents {
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Better Auth for one request. A look-up in passing changes nothing, so it needs no reactions. */
export function makeAuth(env: Bindings, request: Request, reactions?: Reactions) {
  const ended = (sessionId: string) =>
    reactions?.waitUntil(
      reactions.onSessionEnd(env, sessionId).catch((thrown) => logFailure("follow the end of a session", thrown)),
    );
  const baseURL = new URL(env.BETTER_AUTH_URL || request.url).origin;
  return betterAuth({
    ...authOptions,
    baseURL,
    secret: required(env, "BETTER_AUTH_SECRET"),
    trustedOrigins: trustedOrigins(env, request),
    database: drizzleAdapter(database(env), { provider: "sqlite", schema }),
    plugins: [...authPlugins(reactions && ((guest, user) => reactions.onLink(env, guest, user))), ownerSignIn(env)],
    databaseHooks: {
      session: {
        create: { before: ({ userId }) => refuseDisabled(env, userId) },
        delete: { after: async ({ id }) => ended(id) },
      },
    },
    rateLimit: {
      ...authOptions.rateLimit,
      enabled: env.AUTH_RATE_LIMIT !== "off",
      window: 60,
      max: 100,
      customRules: RATE_LIMITS,
    },
    advanced: {
      ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] },
      useSecureCookies: !isLocal(new URL(baseURL)),
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
    // what breaks comes to us and into our log, which knows what not to say; Better Auth's own would say it on the console
    onAPIError: { throw: true },
    // refusals are answers, not events; what breaks comes out as a log line of ours
    logger: { level: "error", log: (_level, message, ...rest) => logFailure(message, rest[0]) },
  });
}
