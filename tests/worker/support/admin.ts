// The admin's calls, for tests inside workerd.
import { env } from "cloudflare:workers";
import { type Answer, type CallOptions, call } from "./http-client";

/** Asks as the admin by token, unless told otherwise. */
export const ask = (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  call(method, `/api/admin/${path}`, { token: env.ADMIN_TOKEN, ...options });

/** Disables a user, or lets one in again. */
export const disable = (id: string, disabled = true, options: CallOptions = {}): Promise<Answer> =>
  ask("PATCH", `users/${id}`, { body: { disabled }, ...options });

/** The owner's session, as a bearer token. */
export async function ownerSession(): Promise<string> {
  const signedIn = await call("POST", "/api/auth/sign-in/admin", { body: { token: env.ADMIN_TOKEN } });
  return signedIn.headers.get("set-auth-token")!;
}

/** The entries of an answer's only list. */
export const entries = ({ body }: Answer) =>
  Object.values(body as unknown as Record<string, unknown>).find(Array.isArray) as Record<string, unknown>[];

/** One field of each entry. */
export const fields = (answer: Answer, name: string) => entries(answer).map((entry) => entry[name]);
