// The page's HTTP calls to /api: shapes of the answers and one error class. No sockets (the client's work), no screens.

/** A room as the directory shows it. Times are ms since 1970. */
export interface RoomInfo {
  readonly id: string;
  readonly title: string;
  readonly topic: string;
  readonly visibility: "public" | "private";
  readonly closedAt: number | null;
  readonly lastAt: number | null;
  /** The caller's role; null for no member. */
  readonly role: "owner" | "moderator" | "member" | "banned" | null;
  /** Messages not read yet, counted up to 1,000; null for no member. */
  readonly unread?: number | null;
}

/** Who is signed in. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly guest: boolean;
  /** A guest's is none that anybody reads. */
  readonly email: string;
}

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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Our own errors are `{error:{code,message,field}}`; Better Auth's are `{code,message}`. */
function errorFrom(status: number, body: unknown): ApiError {
  const inner = isRecord(body) && isRecord(body["error"]) ? body["error"] : body;
  const fields = isRecord(inner) ? inner : {};
  const message = textOf(fields["message"]) ?? `The server answered ${status}.`;
  return new ApiError(status, textOf(fields["code"]) ?? "internal", message, textOf(fields["field"]));
}

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  } catch {
    throw new ApiError(0, "offline", "The server cannot be reached. Check your connection and try again.");
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw errorFrom(response.status, answer);
  return answer;
}

/** Who is signed in; undefined for nobody. */
export async function findAccount(): Promise<Account | undefined> {
  const answer = await call("GET", "/api/auth/get-session");
  const user = isRecord(answer) ? answer["user"] : undefined;
  if (!isRecord(user)) return undefined;
  const id = textOf(user["id"]);
  return id === undefined
    ? undefined
    : {
        id,
        name: textOf(user["name"]) ?? "Somebody",
        guest: user["isAnonymous"] === true,
        email: textOf(user["email"]) ?? "",
      };
}

export const continueAsGuest = (): Promise<unknown> => call("POST", "/api/auth/sign-in/anonymous", {});
export const signIn = (email: string, password: string): Promise<unknown> =>
  call("POST", "/api/auth/sign-in/email", { email, password });
export const signUp = (name: string, email: string, password: string): Promise<unknown> =>
  call("POST", "/api/auth/sign-up/email", { name, email, password });
export const signInAsOwner = (token: string): Promise<unknown> => call("POST", "/api/auth/sign-in/admin", { token });
export const signOut = (): Promise<unknown> => call("POST", "/api/auth/sign-out", {});

async function roomPage(query: string): Promise<readonly RoomInfo[]> {
  const answer = (await call("GET", `/api/rooms?${query}`)) as { readonly rooms: readonly RoomInfo[] };
  return answer.rooms;
}

/** The caller's rooms. */
export const listOwnRooms = (): Promise<readonly RoomInfo[]> => roomPage("mine=1&limit=100");

/** The caller's rooms and the public ones, each once. */
export async function listRooms(): Promise<RoomInfo[]> {
  const [mine, open] = await Promise.all([listOwnRooms(), roomPage("limit=100")]);
  return [...new Map([...open, ...mine].map((room) => [room.id, room])).values()];
}

/** Joins a public room; harmless when already a member. */
export const joinRoom = (id: string): Promise<unknown> =>
  call("PUT", `/api/rooms/${id}/members/self`, { role: "member" });

/** Makes a room; the caller owns it. */
export const createRoom = (title: string, visibility: RoomInfo["visibility"]): Promise<RoomInfo> =>
  call("POST", "/api/rooms", { title, visibility }) as Promise<RoomInfo>;
