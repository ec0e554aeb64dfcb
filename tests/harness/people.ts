// People for tests against a running Worker: guests, rooms, and what is stored.

/** How long an answer may take: a server that never gives one is a failure, not a wait. */
const ANSWER_MS_MAX = 60_000;

/** A signed-in guest; `token` is a bearer token. */
export interface Guest {
  readonly token: string;
  readonly userId: string;
  readonly name: string;
}

/** A JSON call with a guest's bearer token; throws on any answer but 2xx. */
export async function call<T>(url: string, path: string, guest?: Guest, body?: unknown, method?: string): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(guest === undefined ? {} : { authorization: `Bearer ${guest.token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method ?? ""} ${path} answered ${response.status}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** A new guest. */
export async function guest(url: string): Promise<Guest> {
  const response = await fetch(`${url}/api/auth/sign-in/anonymous`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  const token = response.headers.get("set-auth-token");
  if (!response.ok || token === null) throw new Error(`no guest: ${response.status} ${await response.text()}`);
  const { user } = (await response.json()) as { user: { id: string; name: string } };
  return { token, userId: user.id, name: user.name };
}

/** Makes the guest a member of a public room. */
export const join = (url: string, room: string, member: Guest): Promise<unknown> =>
  call(url, `/api/rooms/${room}/members/self`, member, { role: "member" }, "PUT");

/** A message as the HTTP API tells it; the part that tests compare. */
export interface Told {
  readonly seq: number;
  /** Server time, ms since 1970. */
  readonly ts: number;
  readonly clientId: string;
  readonly text: string;
  readonly author: { readonly id: string };
  readonly editedAt: number | null;
  readonly deletedAt: number | null;
  readonly reactions: readonly { readonly emoji: string; readonly count: number }[];
}

/** The whole history of a room by HTTP, by rising seq. */
export async function history(url: string, room: string, member: Guest): Promise<Told[]> {
  const all: Told[] = [];
  for (let after = 0; ; ) {
    const query = `/api/rooms/${room}/messages?after=${after}&limit=200`;
    const { messages } = await call<{ messages: Told[] }>(url, query, member);
    const last = messages.at(-1);
    if (last === undefined) return all;
    all.push(...messages);
    after = last.seq;
  }
}

/** A message as it stands, wherever it is read: in the history, in the archive, in somebody's view. */
export const standing = ({ seq, clientId, author, text, ts, editedAt, deletedAt, reactions }: Told) => ({
  ...{ seq, clientId, author: author.id, text, ts, editedAt, deletedAt },
  reactions: reactions.map(({ emoji, count }) => `${emoji} ${count}`).sort(),
});
