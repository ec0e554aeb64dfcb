// HTTP for tests inside workerd: calls to the whole Worker, and people to make them.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../../worker-ts/src/app";

export const ORIGIN = "http://localhost:8787";

/** A call. `vars` replace variables or bindings for this one; `settle` waits for what outlives the answer. */
export interface CallOptions {
  readonly token?: string;
  readonly cookie?: string;
  readonly origin?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, unknown>>;
}

/** A message as answers show it, the seed's fields included. */
interface MessageBody {
  readonly id: string;
  readonly seq: number;
  readonly ts: number;
  readonly text: string;
  readonly replyTo: number | null;
  readonly author: { readonly id: string; readonly name: string; readonly guest: boolean };
  readonly content: string;
  readonly room_id: string;
  readonly user_id: string;
}

/** A room as answers show it. */
interface RoomBody {
  readonly id: string;
  readonly title: string;
  readonly role: string | null;
  readonly createdBy: string | null;
  readonly lastAt: number | null;
  readonly unread: number | null;
  readonly headSeq: number;
  readonly online: number;
}

/** A member as answers show one. */
interface MemberBody {
  readonly user: { readonly id: string; readonly name: string; readonly guest: boolean };
  readonly role: string;
  readonly joinedAt: number;
}

/** An entry of the audit as answers show it. */
interface AuditBody {
  readonly id: string;
  readonly at: number;
  readonly actorId: string | null;
  readonly action: string;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What any answer may hold, as tests read it: a field that an answer has not is undefined, and the test fails. */
interface AnswerBody extends MessageBody, Omit<RoomBody, "id"> {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly field?: string;
    readonly retryAfterMs?: number;
    readonly requestId: string;
  };
  readonly user: { readonly id: string; readonly name: string };
  readonly rooms: readonly RoomBody[];
  readonly next: string | null;
  readonly token: string;
  readonly members: readonly MemberBody[];
  readonly entries: readonly AuditBody[];
  readonly messages: readonly MessageBody[];
  readonly before: number | null;
  readonly after: number | null;
  readonly head: number;
  readonly ticket: string;
  readonly expiresAt: number;
  readonly url: string;
  readonly ok: boolean;
  readonly version: string;
  readonly core: string;
}

/** What came back; `body` is the JSON, or (of another type for tests' ease) the text that is none, or null where there was none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
  /** What came back, whatever it is. */
  readonly bytes: Uint8Array;
  readonly webSocket: WebSocket | null;
}

/** Whether a body is sent as it is. */
const isRaw = (body: unknown): body is string | Uint8Array<ArrayBuffer> | ReadableStream =>
  typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;

/** Calls the Worker and waits until all its work is done. A string, bytes or a stream are sent as they are, all else as JSON. */
export async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { token, cookie, origin, body, vars } = options;
  const headers = new Headers(options.headers);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (cookie !== undefined) headers.set("cookie", cookie);
  if (origin !== undefined) headers.set("origin", origin);
  if (body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
  const payload = body === undefined ? {} : { body: isRaw(body) ? body : JSON.stringify(body) };
  const context = createExecutionContext();
  const request = new Request(new URL(path, ORIGIN), { method, headers, ...payload });
  const response = await app.fetch(request, { ...env, ...vars }, context);
  const bytes = new Uint8Array(response.webSocket ? new ArrayBuffer(0) : await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  await waitOnExecutionContext(context);
  return {
    status: response.status,
    headers: response.headers,
    body: (text === "" ? null : isJson ? JSON.parse(text) : text) as AnswerBody,
    bytes,
    webSocket: response.webSocket,
  };
}

/** Status and code of a refusal; the code is undefined when it was none. */
export function refusal({ status, body }: Answer): [status: number, code: string | undefined] {
  return [status, (body as AnswerBody | null)?.error?.code];
}

/** Somebody who is signed in: by token for programs, by cookie for browsers. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly cookie: string;
}

/** The person that a sign-in answered with. */
export function personOf({ body, headers }: Answer): Person {
  const cookie = headers.getSetCookie().find((entry) => entry.includes("session_token="));
  return {
    id: body.user.id,
    name: body.user.name,
    token: headers.get("set-auth-token") ?? "",
    cookie: cookie?.split(";")[0] ?? "",
  };
}

/** A new guest. */
export async function guest(): Promise<Person> {
  return personOf(await call("POST", "/api/auth/sign-in/anonymous", { body: {} }));
}

let accounts = 0;

/** Somebody who can sign in again. */
export interface Account extends Person {
  readonly email: string;
  readonly password: string;
}

/** A new account with e-mail and password. */
export async function account(name = "Ann"): Promise<Account> {
  accounts++;
  const email = `person-${accounts}-${crypto.randomUUID()}@example.com`;
  const password = "correct horse battery";
  const person = personOf(await call("POST", "/api/auth/sign-up/email", { body: { name, email, password } }));
  return { ...person, email, password };
}

/** A new room of this person; resolves to its id. */
export async function room(owner: Person, visibility: "public" | "private" = "public"): Promise<string> {
  const made = await call("POST", "/api/rooms", { token: owner.token, body: { title: "A room", visibility } });
  return made.body.id;
}

/** Joins a public room. */
export function join(person: Person, id: string): Promise<Answer> {
  return call("PUT", `/api/rooms/${id}/members/self`, { token: person.token, body: { role: "member" } });
}

/** Asks for a socket; `protocols` as a browser would offer them. */
export function openSocket(id: string, options: CallOptions = {}, protocols = "ferrule.v1"): Promise<Answer> {
  const headers = { upgrade: "websocket", "sec-websocket-protocol": protocols, ...options.headers };
  return call("GET", `/api/rooms/${id}/socket`, { ...options, headers });
}
