// One HTTP call to /api, and one class for every refusal. No routes, no sockets (the client's work), no screens.

/** A refusal: `code` is stable, `message` is for people, `field` names the input at fault. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly field: string | undefined;

  constructor(status: number, code: string, message: string, field?: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Our own errors are `{error:{code,message,field}}`; Better Auth's are `{code,message}`. */
export function errorFrom(status: number, body: unknown): ApiError {
  const inner = isRecord(body) && isRecord(body["error"]) ? body["error"] : body;
  const fields = isRecord(inner) ? inner : {};
  const message = textOf(fields["message"]) ?? `The server answered ${status}.`;
  return new ApiError(status, textOf(fields["code"]) ?? "internal", message, textOf(fields["field"]));
}

/** Nothing came back at all. */
export const offline = (): ApiError =>
  new ApiError(0, "offline", "The server cannot be reached. Check your connection and try again.");

/** What a failure says to people. */
export const sayError = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function send(method: string, path: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, { method, credentials: "same-origin", ...init });
  } catch {
    throw offline();
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (init.signal?.aborted === true) throw offline();
  if (!response.ok) throw errorFrom(response.status, answer);
  return answer;
}

/** A call with a JSON body, or none. Resolves with the answer's body; throws ApiError. Whoever aborts it is told that nothing came back. */
export function call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const json = { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return send(method, path, { ...(body === undefined ? {} : json), ...(signal === undefined ? {} : { signal }) });
}

/** A call whose body is bytes of a type of their own. */
export const callWith = (method: string, path: string, body: Blob): Promise<unknown> =>
  send(method, path, { body, headers: { "content-type": body.type || "application/octet-stream" } });

/** A path of ours out of an address that the server wrote with the host it knows itself by; null for any other address. */
export function ownPath(address: string | null | undefined, beginning: string): string | null {
  if (address == null || !URL.canParse(address, location.origin)) return null;
  const { pathname, search } = new URL(address, location.origin);
  return pathname.startsWith(beginning) ? pathname + search : null;
}
