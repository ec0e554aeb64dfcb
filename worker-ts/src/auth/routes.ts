// The sign-in routes: Better Auth's own endpoints, let in one by one, their bodies checked and their refusals put into the
// house's envelope. An endpoint that is not listed here does not exist.
import * as z from "zod";
import { ApiError, type Bindings, type ErrorCode, parseJson, type Route, route } from "../platform";
import { countAttempt, forgetAttempts } from "./attempts";
import { type AuthEvents, makeAuth } from "./auth";
import { credentials } from "./session";
import { personName } from "./users/account";

const email = z.email().max(254);
// how long a password must be is Better Auth's to say (options.ts); this only bounds what is hashed
const password = z.string().min(1).max(1024);

const BY_PASSWORD = "/sign-in/email";
const passwordBody = z.object({ email, password, rememberMe: z.boolean().optional() });

const sessionUser = z.looseObject({ id: z.string(), name: z.string(), email: z.string() }).meta({ id: "SessionUser" });
const signedIn = z
  .looseObject({ token: z.string(), user: sessionUser })
  .meta({ id: "SignedIn", description: "The header `set-auth-token` holds the same session as a bearer token." });

/** Better Auth's status -> our code. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "bad_request",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "too_large",
  415: "bad_request",
  422: "conflict",
  429: "rate_limited",
};

interface AuthOperation {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  readonly errors: readonly ErrorCode[];
}

const OPERATIONS: readonly AuthOperation[] = [
  {
    method: "POST",
    path: "/sign-up/email",
    summary: "Makes an account and signs in; what a guest had goes along.",
    body: z.object({ name: personName, email, password }),
    answer: signedIn,
    errors: ["conflict", "rate_limited"],
  },
  {
    method: "POST",
    path: BY_PASSWORD,
    summary: "Signs in with e-mail and password.",
    body: passwordBody,
    answer: signedIn,
    errors: ["unauthenticated", "rate_limited"],
  },
  {
    method: "POST",
    path: "/sign-in/anonymous",
    summary: "Signs in as a new guest.",
    body: z.object({}),
    answer: signedIn,
    errors: ["rate_limited"],
  },
  {
    method: "POST",
    path: "/sign-in/admin",
    summary: "Signs the owner in with ADMIN_TOKEN.",
    body: z.object({ token: z.string().max(1024) }),
    answer: signedIn,
    errors: ["unauthenticated", "rate_limited"],
  },
  {
    method: "POST",
    path: "/sign-out",
    summary: "Ends the session.",
    body: z.object({}),
    answer: z.looseObject({ success: z.boolean() }),
    errors: [],
  },
  {
    method: "GET",
    path: "/get-session",
    summary: "The session and its user, or null; prolongs it.",
    answer: z.looseObject({ session: z.looseObject({ id: z.string() }), user: sessionUser }).nullable(),
    errors: [],
  },
];

/** The routes under /api/auth. `events`: what a guest had moves to the account that follows, and an ended session's sockets close. */
export function authRoutes(events: AuthEvents): Route[] {
  return OPERATIONS.map(({ method, path, summary, body, answer, errors }) =>
    route(
      {
        method,
        path: `/api/auth${path}`,
        summary,
        access: "public",
        ...(body && { body }),
        answers: { 200: answer },
        errors,
      },
      async ({ env, request, body: input, waitUntil }) => {
        const headers = credentials(request);
        headers.delete("content-length");
        const init = { method, headers, ...(method === "POST" && { body: JSON.stringify(input) }) };
        const auth = makeAuth(env, request, { ...events, waitUntil });
        const ask = async () => answered(await auth.handler(new Request(request.url, init)));
        return path === BY_PASSWORD ? guarded(env, input, ask) : ask();
      },
    ),
  );
}

/** A sign-in by password, which may fail only so often for one account. */
async function guarded(env: Bindings, input: unknown, ask: () => Promise<Response>): Promise<Response> {
  const { email: address } = passwordBody.parse(input);
  const retryAfterMs = await countAttempt(env, address);
  if (retryAfterMs > 0)
    throw new ApiError("rate_limited", "too many wrong passwords; try again later", { retryAfterMs });
  const answer = await ask();
  await forgetAttempts(env, address);
  return answer;
}

/** Better Auth's answer, or its refusal as an ApiError. */
async function answered(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  const code = CODES[response.status];
  if (code === undefined)
    throw new ApiError("internal", "signing in failed on the server", { cause: `${response.status} ${text}` });
  const wait = Number(response.headers.get("x-retry-after"));
  throw new ApiError(code, messageOf(text) ?? "signing in was refused", wait > 0 ? { retryAfterMs: wait * 1000 } : {});
}

function messageOf(text: string): string | undefined {
  const parsed = z.looseObject({ message: z.string() }).safeParse(parseJson(text));
  return parsed.success ? parsed.data.message : undefined;
}
