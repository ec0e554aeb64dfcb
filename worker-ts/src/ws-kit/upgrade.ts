// What happens before 101: each step may end it, and what does not say yes is a no. Accepts no socket itself and writes nothing.
import type { ConnectionData } from "@ws-kit/core";
import { clientTag } from "./connections/connections";
import type { DurableScope, HandlerOptions } from "./options";
import { type Report, type Runtime, WsKitDurableError } from "./platform";

const MAX_CONNECTIONS_DEFAULT = 32_000;
const RETRY_AFTER_S = 5;
const CLIENT_ID_CHARS_MAX = 64;
/** The platform takes ten tags of 256 characters; one is ours. */
const USER_TAGS_MAX = 9;
const TAG_CHARS_MAX = 256;

/** A client who may come in. */
export interface Admission<TData> {
  readonly id: string;
  readonly data: TData;
  /** Ours first. */
  readonly tags: string[];
}

/** What is asked about those who are in already. */
export interface Occupancy {
  isFull(most: number): boolean;
  findById(id: string): unknown;
}

/** The options that decide about an upgrade. */
export type UpgradeOptions<TData extends ConnectionData, Env> = Pick<
  Partial<HandlerOptions<TData, Env>>,
  "authenticate" | "authRejection" | "allowedOrigins" | "clientId" | "tags" | "maxConnections"
>;

/**
 * Lets a request in, by `accept`, or answers why not. `accept` is called in the very turn of the last check, so that two requests cannot share
 * the last place or an id: it must take both before it awaits anything.
 */
export async function admit<TData extends ConnectionData, Env>(
  request: Request,
  options: UpgradeOptions<TData, Env>,
  scope: DurableScope<Env>,
  present: Occupancy,
  runtime: Pick<Runtime, "randomId">,
  report: Report,
  accept: (admission: Admission<TData>) => Promise<Response>,
): Promise<Response> {
  let admission: Admission<TData>;
  if (request.method !== "GET" || request.headers.get("upgrade")?.toLowerCase() !== "websocket")
    return refuse(426, "This is a WebSocket", { Upgrade: "websocket", Connection: "Upgrade" });
  try {
    if (!isOriginAllowed(request.headers.get("origin"), options.allowedOrigins)) return refuse(403, "Forbidden");
    const data = await authenticate(request, options, scope);
    if (!data) return refuse(options.authRejection?.status ?? 401, options.authRejection?.message ?? "Unauthorized");
    const most = options.maxConnections ?? MAX_CONNECTIONS_DEFAULT;
    if (present.isFull(most)) return refuse(503, "Full", { "Retry-After": String(RETRY_AFTER_S) });
    const id = checkId(options.clientId?.(request, data) ?? runtime.randomId(), present);
    admission = { id, data, tags: [clientTag(id), ...checkTags(options.tags?.(request, data) ?? [])] };
  } catch (error) {
    report(error, { phase: "auth" });
    return refuse(500, "Internal error");
  }
  return accept(admission);
}

const refuse = (status: number, message: string, headers: Record<string, string> = {}): Response =>
  new Response(message, { status, headers });

function isOriginAllowed(origin: string | null, allowed: UpgradeOptions<ConnectionData, unknown>["allowedOrigins"]) {
  if (allowed === undefined) return true;
  // Only `true` lets in: an async function's promise would do so whatever came of it.
  return typeof allowed === "function" ? allowed(origin) === true : origin !== null && allowed.includes(origin);
}

async function authenticate<TData extends ConnectionData, Env>(
  request: Request,
  options: UpgradeOptions<TData, Env>,
  scope: DurableScope<Env>,
): Promise<TData | undefined> {
  // Without authenticate() everybody starts with nothing, and the user's type of the data says what handlers may put in later.
  if (!options.authenticate) return {} as TData;
  const data = await options.authenticate(request, scope);
  // Handlers write into it: one plain object handed out twice must not join two clients. A class keeps its methods.
  return data && Object.getPrototypeOf(data) === Object.prototype ? { ...data } : data;
}

function checkId(id: string, present: Occupancy): string {
  if (typeof id !== "string" || id.length === 0 || id.length > CLIENT_ID_CHARS_MAX)
    throw new WsKitDurableError("LIMIT", `a client id has 1 to ${CLIENT_ID_CHARS_MAX} characters`);
  if (present.findById(id)) throw new WsKitDurableError("LIMIT", "two clients of one object cannot have the same id");
  return id;
}

function checkTags(tags: string[]): string[] {
  if (tags.length > USER_TAGS_MAX) throw new WsKitDurableError("LIMIT", `a socket has at most ${USER_TAGS_MAX} tags`);
  if (tags.some((tag) => typeof tag !== "string" || tag.length === 0 || tag.length > TAG_CHARS_MAX))
    throw new WsKitDurableError("LIMIT", `a tag has 1 to ${TAG_CHARS_MAX} characters`);
  return tags;
}
