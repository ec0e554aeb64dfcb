// How every HTTP route of the house is declared: one description that validates, types the handler and is the OpenAPI
// entry. A subsystem exports a list of routes; only app.ts mounts them. No framework enters here.
import * as z from "zod";
import type { Bindings } from "../env";
import { ApiError, type ErrorCode } from "../errors";
import { readJson } from "./body";

// workerd refuses code made from strings, which zod would otherwise try.
z.config({ jitless: true });

/** Who calls, as looked up by auth; never as claimed. */
export interface Caller {
  readonly userId: string;
  readonly name: string;
  /** Null for a guest. */
  readonly email: string | null;
  readonly guest: boolean;
  readonly avatarUrl: string | null;
  readonly sessionId: string;
  /** End of the session, in ms since 1970. */
  readonly sessionEndsAt: number;
  readonly admin: boolean;
}

/**
 * Who may call. `public`: nobody is looked up, no storage is touched. `anyone`: the caller is looked up and may be null.
 * `user`: signed in, guests too. `admin`: an admin by session or by ADMIN_TOKEN. `user or admin`: the caller is null for the latter.
 */
export type Access = "public" | "anyone" | "user" | "user or admin" | "admin";

/** The methods of the API. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Answers by status: the schema of the JSON body, or null where there is none. */
export type Answers = Readonly<Record<number, z.ZodType | null>>;

/** What an operation says about itself. */
export interface RouteSpec<
  A extends Access,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends Answers,
> {
  readonly method: Method;
  /** The pattern, variable parts as `:name`. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly access: A;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** How many bytes that body may have, where it is not JSON_BYTES_MAX. */
  readonly bodyBytesMax?: number;
  /** Content type of a body that is no JSON, as `image/*`; the handler reads it from the request itself. */
  readonly bodyType?: string;
  /** Request headers the handler reads, for the document. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Content type of the answers where they are no JSON; the handler then answers a whole Response. */
  readonly contentType?: string;
  readonly answers: R;
  /** Codes it may refuse with, beside those that follow from access and input. */
  readonly errors?: readonly ErrorCode[];
}

/** What a handler is given. */
export interface Call<A extends Access, P, Q, B> {
  readonly env: Bindings;
  readonly request: Request;
  readonly requestId: string;
  readonly caller: A extends "user" ? Caller : Caller | null;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Tells the log who calls, where the route itself finds out. */
  readonly identified: (caller: Caller) => void;
  /** Lets work outlive the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** What a handler answers: a status of its list with that status's body, or a whole Response (upgrades, other handlers). */
export type Reply<R extends Answers> =
  | Response
  | {
      [S in keyof R]: {
        readonly status: S;
        readonly body: R[S] extends z.ZodType ? z.input<R[S]> : null;
        readonly headers?: Readonly<Record<string, string>>;
      };
    }[keyof R];

/** A call as app.ts hands it in: not yet validated. */
export interface RawCall extends Omit<Call<"anyone", unknown, unknown, unknown>, "body"> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/** What app.ts mounts: a route of the API, or a page. */
export interface Mounted {
  /** `ALL`: whatever the method, `OPTIONS` too. */
  readonly method: Method | "ALL";
  readonly path: `/${string}`;
  readonly access: Access;
  /** Whether the Origin rule (`checkOrigin`) holds. */
  readonly guarded: boolean;
  readonly serve: (call: RawCall) => Promise<Response>;
}

/** A declared route, ready to be mounted and described. */
export interface Route extends RouteSpec<Access, z.ZodType, z.ZodType, z.ZodType, Answers>, Mounted {
  readonly method: Method;
}

/** Declares a route. The handler runs only with valid input and a caller that access allows. */
export function route<
  const A extends Access,
  P extends z.ZodType = z.ZodUnknown,
  Q extends z.ZodType = z.ZodUnknown,
  B extends z.ZodType = z.ZodUnknown,
  const R extends Answers = Answers,
>(
  spec: RouteSpec<A, P, Q, B, R>,
  handle: (call: Call<A, z.output<P>, z.output<Q>, z.output<B>>) => Promise<Reply<R>>,
): Route {
  return {
    ...spec,
    guarded: spec.method !== "GET",
    async serve(raw) {
      const reply = await handle({
        ...raw,
        // app.ts has refused callers that `access` does not allow
        caller: raw.caller as Call<A, unknown, unknown, unknown>["caller"],
        params: parse(spec.params, raw.params, "not_found"),
        query: parse(spec.query, raw.query, "bad_request"),
        body: spec.body && parse(spec.body, await readJson(raw.request, spec.bodyBytesMax), "bad_request"),
      } as Call<A, z.output<P>, z.output<Q>, z.output<B>>);
      if (reply instanceof Response) return reply;
      const init = { status: Number(reply.status), headers: reply.headers ?? {} };
      return reply.body === null ? new Response(null, init) : Response.json(reply.body, init);
    },
  };
}

/**
 * Declares a page: for people, in HTML or plain text, so not in the OpenAPI document. It knows no caller and changes nothing of
 * anybody's, so it needs no Origin rule; that would also refuse every real form, because a page of ours sends no referrer and
 * browsers then post with `Origin: null`.
 */
export function page(
  method: Mounted["method"],
  path: Mounted["path"],
  handle: (call: Pick<RawCall, "env" | "request" | "requestId">) => Promise<Response>,
): Mounted {
  return { method, path, access: "public", guarded: false, serve: handle };
}

/** Input by its schema. A wrong part of the path is `not_found`: no such thing can exist. */
function parse<T extends z.ZodType>(schema: T | undefined, input: unknown, code: ErrorCode): z.output<T> | unknown {
  if (schema === undefined) return input;
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join(".") || undefined;
  if (code === "not_found") throw new ApiError(code, "there is no such thing");
  // A schema names another code with `params: {code}` (a text that is too long is too_large).
  const named = issue?.code === "custom" ? issue.params?.["code"] : undefined;
  throw new ApiError(
    named === "too_large" ? named : code,
    issue?.message ?? "not valid",
    field === undefined ? {} : { field },
  );
}
