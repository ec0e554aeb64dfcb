// A house that is lived in, and what of it must be the same elsewhere: people, rooms with all that happens in them, files, a kernel, runs.
import { join } from "node:path";
import { query } from "../harness/archive.ts";
import { call, type Guest, join as joinRoom } from "../harness/people.ts";
import { type Server, startServer } from "../harness/server/server.ts";

/** No limits for writers, and an archive in seconds. */
export const VARS = {
  ARCHIVE_FLUSH_MS: "200",
  ARCHIVE_RESEND_MS: "3000",
  RATE_WRITE: "100000/100000",
  RATE_REACT: "100000/100000",
  RATE_CONTROL: "100000/100000",
  RATE_READ: "100000/100000",
  RATE_BYTES: "1000000000/1000000000",
};

const PASSWORD = "a long enough password";

/** A server for these tests. */
export const serve = (vars: Readonly<Record<string, string>> = {}): Promise<Server> =>
  startServer({ vars: { ...VARS, ...vars } });

/** Somebody with an account, signed up. */
export const signUp = (url: string, name: string): Promise<Guest> => sign(url, "sign-up", name);
/** The same somebody, signed in again, perhaps on another server. */
export const signIn = (url: string, name: string): Promise<Guest> => sign(url, "sign-in", name);

async function sign(url: string, how: "sign-up" | "sign-in", name: string): Promise<Guest> {
  const response = await fetch(`${url}/api/auth/${how}/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ email: `${name.toLowerCase()}@example.test`, password: PASSWORD, name }),
  });
  const text = await response.text();
  const token = response.headers.get("set-auth-token");
  if (!response.ok || token === null) throw new Error(`${how}: ${response.status} ${text}`);
  return { token, userId: JSON.parse(text).user.id, name };
}

/** A message, written by HTTP; its seq. */
export async function say(url: string, who: Guest, room: string, text: string, files?: string[]): Promise<number> {
  const body = { text, ...(files && { files }) };
  return (await call<{ seq: number }>(url, `/api/rooms/${room}/messages`, who, body)).seq;
}

/** An uploaded file's id. */
export async function upload(url: string, who: Guest, room: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const response = await fetch(`${url}/api/rooms/${room}/files?name=data.bin`, {
    method: "POST",
    headers: { authorization: `Bearer ${who.token}`, "content-type": "application/octet-stream" },
    body: bytes,
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

/** Bytes of an address, as somebody gets them. */
export async function bytesOf(url: string, who: Guest, path: string): Promise<Uint8Array> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${who.token}` } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** JSON-RPC to a kernel; throws an error's code. */
export async function rpc<T>(
  server: Server,
  kernel: string,
  method: string,
  params: unknown,
  key?: string,
): Promise<T> {
  const response = await fetch(`${server.url}/api/kernel/${kernel}/rpc`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.adminToken}`,
      "content-type": "application/json",
      ...(key !== undefined && { "idempotency-key": key }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result?: T; error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
  return result as T;
}

/** A kernel with one vat that counts; the kref of its root. */
export async function launch(server: Server, kernel: string): Promise<string> {
  const config = { bootstrap: "counter", vats: { counter: { bundleName: "counter", parameters: { start: 0 } } } };
  return (await rpc<{ rootKref: string }>(server, kernel, "launchSubcluster", { config }, "launch")).rootKref;
}

/** Counts one; the new count. */
export async function increment(server: Server, kernel: string, root: string, key?: string): Promise<number> {
  const { body } = await rpc<{ body: string }>(server, kernel, "queueMessage", [root, "increment", []], key);
  return Number(body.replace("#", ""));
}

/** A room of its own, with these members. */
export async function makeRoom(url: string, owner: Guest, id: string, members: readonly Guest[] = []): Promise<void> {
  await call(url, "/api/rooms", owner, { id, title: `The room ${id}` });
  for (const member of members) await joinRoom(url, id, member);
}

/** Rows of one table of a room's own storage. */
export function roomRows(state: string, room: string, table: string): Record<string, unknown>[] {
  // only rooms have `person`; the name stands in `meta`
  const sql = `SELECT * FROM ${table} WHERE (SELECT value FROM meta WHERE key = 'name') = ? AND EXISTS
    (SELECT 1 FROM sqlite_master WHERE name = 'person')`;
  return query<Record<string, unknown>>(join(state, "v3/do"), "person", sql, room).map(plain);
}

/** Rows of a table of D1, by its order. */
export const databaseRows = (state: string, table: string, order = "1, 2"): Record<string, unknown>[] =>
  query<Record<string, unknown>>(join(state, "v3/d1"), table, `SELECT * FROM "${table}" ORDER BY ${order}`).map(plain);

/** Bytes as hex, so that rows compare. */
const plain = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    ]),
  );

/** What is right in a moment, asked until it is. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, msMax = 60_000): Promise<T> {
  const deadline = performance.now() + msMax;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Until the archive has all of a room. */
export const archivedWhole = (server: Server, room: string, head: number): Promise<true> =>
  eventually(`the archive of ${room}`, async () => {
    const rows = databaseRows(server.state, "room").find(({ id }) => id === room);
    return Number(rows?.["head_seq"]) >= head ? true : undefined;
  });
