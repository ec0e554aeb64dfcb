// How each operation of the OpenAPI document is asked so that it succeeds. Every route of the house has its line here; what a line
// needs beside the common world it makes itself, so that lines do not depend on each other.
import { env } from "cloudflare:workers";
import { createWorld } from "../../worker-ts/src/workflow";
import { type Account, account, type CallOptions, call, guest, join, type Person, room } from "./support/http-client";

/** What all samples share: a person who owns a room with a first message of hers. */
export interface World {
  readonly person: Account;
  /** The room's id. */
  readonly id: string;
}

/** A call; `path` is that of the operation, its variable parts filled. */
export interface Sample extends CallOptions {
  readonly path?: string;
}

/** Makes the common world. */
export async function makeWorld(): Promise<World> {
  // a restore that a sample has begun would be told of by every refusal
  await env.DB.prepare("DELETE FROM backup_run").run();
  const person = await account();
  const id = await room(person);
  await call("POST", `/api/rooms/${id}/messages`, { token: person.token, body: { text: "the first" } });
  return { person, id };
}

/** Writes one more message; resolves to its seq. */
async function written({ token }: Person, id: string): Promise<number> {
  return (await call("POST", `/api/rooms/${id}/messages`, { token, body: { text: "one more" } })).body.seq;
}

const admin = { token: env.ADMIN_TOKEN };

/** A dead letter of the archive's queue; resolves to its id. */
export async function deadLetter(body: unknown = {}): Promise<string> {
  const id = crypto.randomUUID();
  await env.DB.prepare(
    "INSERT INTO dead_letter(id, queue, body, error, at) VALUES(?1, 'ferrule-archive', ?2, 'broken', 1)",
  )
    .bind(id, JSON.stringify(body))
    .run();
  return id;
}

/** A backup, or a restore whose rows may come, as if it were under way; the path of something of it. */
async function underWay(kind: "backup" | "restore", rest: string): Promise<string> {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => "abcdefghij"[byte % 10]).join("");
  await env.DB.batch([
    env.DB.prepare("DELETE FROM backup_run"),
    env.DB.prepare(
      "INSERT INTO backup_run(id, kind, phase, begun_at, touched_at, made_at) VALUES(?1, ?2, ?3, ?4, ?4, ?4)",
    ).bind(id, kind, kind === "backup" ? "read" : "rows", Date.now()),
  ]);
  return `/api/admin/${kind}s/${id}${rest}`;
}

/** A chore of nobody's, which finds nothing to do; resolves to its id. */
export async function chore(): Promise<string> {
  const id = `erase-user:${crypto.randomUUID()}`;
  await env.DB.prepare("INSERT INTO chore(id, kind, body, at) VALUES(?1, 'erase-user', ?2, 1)")
    .bind(id, JSON.stringify({ messages: false, after: "", missed: "" }))
    .run();
  return id;
}

/** What a sample sends that is no JSON. */
const bytes = (body: string, token: string): Sample => ({
  token,
  body,
  headers: { "content-type": "application/octet-stream", "content-length": String(body.length) },
});

/** A run of the person's that was cancelled, so that it writes no more; the path of something of it. */
async function runPath({ token }: Person, rest = ""): Promise<string> {
  const started = await call("POST", "/api/workflow/countdown/runs", { token, body: { args: [0] } });
  const { runId } = started.body as unknown as { runId: string };
  await call("POST", `/api/workflow/runs/${runId}/cancel`, { token });
  return `/api/workflow/runs/${runId}${rest}`;
}

/** A stream of a run's with one chunk, as the runtime frames it, that is closed; its name. */
async function streamOf(path: string): Promise<string> {
  const runId = path.split("/").at(-1)!;
  const name = `${runId.replace("wrun_", "strm_")}_user_c2FtcGxl`;
  const chunk = new TextEncoder().encode('\0\0\0\u0009devl["x"]');
  const { streams } = createWorld(env);
  await streams.write(runId, name, chunk);
  await streams.close(runId, name);
  return name;
}

/** A card of a run that nobody started, in a room; the path of its choices. */
async function choicesPath(id: string): Promise<string> {
  let run = "";
  await hookToken((runId) => {
    run = runId;
    return `choice:${id}:${runId}`;
  });
  return `/api/rooms/${id}/choices/${run}`;
}

/** A hook of a run that nobody started; its token. */
async function hookToken(tokenOf = (_runId: string): string => `sample-${crypto.randomUUID()}`): Promise<string> {
  const { events } = createWorld(env);
  const eventData = { deploymentId: "sample", workflowName: "workflow//./sample//sample", input: new Uint8Array(1) };
  const { run } = await events.create(null, { eventType: "run_created", eventData });
  const token = tokenOf(run!.runId);
  const correlationId = `hook_${token}`;
  await events.create(run!.runId, { eventType: "hook_created", correlationId, eventData: { token } });
  return token;
}

/** By `METHOD /path/{part}`. */
export const SAMPLES: Readonly<Record<string, (world: World) => Sample | Promise<Sample>>> = {
  "GET /api/health": () => ({}),
  "GET /openapi.json": () => ({}),
  "GET /api/metrics": () => ({ token: env.METRICS_TOKEN }),
  "POST /api/auth/sign-up/email": () => ({
    body: { name: "N", email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" },
  }),
  "POST /api/auth/sign-in/email": ({ person: { email, password } }) => ({ body: { email, password } }),
  "POST /api/auth/sign-in/anonymous": () => ({ body: {} }),
  "POST /api/auth/sign-in/admin": () => ({ body: { token: env.ADMIN_TOKEN } }),
  "POST /api/auth/sign-out": () => ({ body: {} }),
  "GET /api/auth/get-session": ({ person: { token } }) => ({ token }),
  "GET /api/rooms": ({ person: { token } }) => ({ token }),
  "POST /api/rooms": ({ person: { token } }) => ({ token, body: { title: "T" } }),
  "GET /api/rooms/{id}": ({ person: { token }, id }) => ({ token, path: `/api/rooms/${id}` }),
  "PATCH /api/rooms/{id}": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}`,
    body: { topic: "what it is about" },
  }),
  "PUT /api/rooms/{id}/members/{userId}": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/members/self`,
    body: { role: "member" },
  }),
  "DELETE /api/rooms/{id}": async ({ person }) => ({
    token: person.token,
    path: `/api/rooms/${await room(person)}`,
  }),
  "GET /api/rooms/{id}/members": ({ person: { token }, id }) => ({ token, path: `/api/rooms/${id}/members` }),
  "DELETE /api/rooms/{id}/members/{userId}": async ({ person: { token }, id }) => {
    const other = await guest();
    await join(other, id);
    return { token, path: `/api/rooms/${id}/members/${other.id}` };
  },
  "POST /api/rooms/{id}/invites": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/invites`,
    body: {},
  }),
  "POST /api/invites/{token}": async ({ person, id }) => {
    const { body } = await call("POST", `/api/rooms/${id}/invites`, { token: person.token, body: {} });
    return { token: (await guest()).token, path: `/api/invites/${body.token}` };
  },
  "GET /api/rooms/{id}/audit": ({ person: { token }, id }) => ({ token, path: `/api/rooms/${id}/audit` }),
  "POST /api/rooms/{id}/messages": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/messages`,
    body: { text: "x" },
  }),
  "PUT /api/rooms/{id}/read": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/read`,
    body: { seq: 1 },
  }),
  "GET /api/rooms/{id}/messages": ({ person: { token }, id }) => ({ token, path: `/api/rooms/${id}/messages` }),
  "GET /api/rooms/{id}/messages/{seq}": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/messages/1`,
  }),
  "PATCH /api/rooms/{id}/messages/{seq}": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/messages/1`,
    body: { text: "the first, again" },
  }),
  "DELETE /api/rooms/{id}/messages/{seq}": async ({ person, id }) => ({
    token: person.token,
    path: `/api/rooms/${id}/messages/${await written(person, id)}`,
  }),
  "PUT /api/rooms/{id}/messages/{seq}/reactions/{emoji}": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/messages/1/reactions/%F0%9F%91%8D`,
  }),
  "DELETE /api/rooms/{id}/messages/{seq}/reactions/{emoji}": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/messages/1/reactions/%F0%9F%91%8D`,
  }),
  "POST /api/rooms/{id}/choices/{run}": async ({ person: { token }, id }) => ({
    token,
    path: await choicesPath(id),
    body: { choice: "approve" },
  }),
  "PUT /api/rooms/{id}/messages/{seq}/pin": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/messages/1/pin`,
  }),
  "DELETE /api/rooms/{id}/messages/{seq}/pin": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/messages/1/pin`,
  }),
  "PUT /api/messages/{id}/react": ({ person: { token }, id }) => ({
    token,
    path: `/api/messages/${id}.1/react`,
    body: { emoji: "👍" },
  }),
  "POST /api/messages": ({ person: { token }, id }) => ({ token, body: { room: id, content: "x" } }),
  "GET /api/messages": ({ person: { token }, id }) => ({ token, path: `/api/messages?room=${id}` }),
  "POST /api/rooms/{id}/ticket": ({ person: { token }, id }) => ({ token, path: `/api/rooms/${id}/ticket` }),
  "GET /api/rooms/{id}/socket": ({ person: { token }, id }) => ({
    token,
    path: `/api/rooms/${id}/socket`,
    headers: { upgrade: "websocket", "sec-websocket-protocol": "ferrule.v1" },
  }),
  "POST /api/rooms/{id}/files": ({ person: { token }, id }) => ({
    ...bytes("x", token),
    path: `/api/rooms/${id}/files?name=x.txt`,
  }),
  "GET /api/rooms/{id}/files/{fileId}": async ({ person: { token }, id }) => {
    const { body } = await call("POST", `/api/rooms/${id}/files`, bytes("x", token));
    return { token, path: `/api/rooms/${id}/files/${body.id}` };
  },
  "PUT /api/users/me/avatar": ({ person: { token } }) => bytes("GIF89a\x01\0\x01\0\0\0\0", token),
  "DELETE /api/users/me/avatar": ({ person: { token } }) => ({ token }),
  "GET /api/users/{id}/avatar": ({ person: { token, id } }) => ({ token, path: `/api/users/${id}/avatar` }),
  "GET /api/users/me": ({ person: { token } }) => ({ token }),
  "GET /api/users/me/export": ({ person: { token } }) => ({ token }),
  "GET /api/rooms/{id}/export": ({ person: { token }, id }) => ({ token, path: `/api/rooms/${id}/export` }),
  "GET /api/rooms/{id}/search": ({ person: { token }, id }) => ({ token, path: `/api/rooms/${id}/search?q=first` }),
  "GET /api/search": ({ person: { token } }) => ({ token, path: "/api/search?q=first" }),
  "PATCH /api/users/me": ({ person: { token } }) => ({ token, body: { name: "Another" } }),
  "DELETE /api/users/me": async () => ({ token: (await guest()).token }),
  "GET /api/users/{id}": ({ person: { token, id } }) => ({ token, path: `/api/users/${id}` }),
  "GET /api/admin/overview": () => admin,
  "POST /api/admin/files/check": () => admin,
  "GET /api/admin/users": () => admin,
  "PATCH /api/admin/users/{id}": async () => ({
    ...admin,
    path: `/api/admin/users/${(await guest()).id}`,
    body: { disabled: true },
  }),
  "GET /api/admin/rooms": () => admin,
  "GET /api/admin/audit": () => admin,
  "GET /api/admin/queues": () => admin,
  "POST /api/admin/queues/{queue}": () => ({ ...admin, path: "/api/admin/queues/ferrule-archive-dead", body: {} }),
  "GET /api/admin/dead-letters": async () => {
    await deadLetter();
    return admin;
  },
  "POST /api/admin/dead-letters/{id}/replay": async () => ({
    ...admin,
    path: `/api/admin/dead-letters/${await deadLetter()}/replay`,
  }),
  "POST /api/admin/backups": async () => {
    await underWay("backup", "");
    return admin;
  },
  "GET /api/admin/backups/{id}/stores": async () => ({ ...admin, path: await underWay("backup", "/stores?kind=room") }),
  "GET /api/admin/backups/{id}/rows": async ({ id }) => ({
    ...admin,
    path: await underWay("backup", `/rows?store=room:${id}`),
  }),
  "GET /api/admin/backups/{id}/objects": async () => ({
    ...admin,
    path: await underWay("backup", "/objects?bucket=files"),
  }),
  "GET /api/admin/backups/{id}/object": async () => {
    await env.WORKFLOW_BUCKET.put("sample", "bytes");
    return { ...admin, path: await underWay("backup", "/object?bucket=workflow&key=sample") };
  },
  "POST /api/admin/restores": async () => {
    await underWay("restore", "");
    return { ...admin, body: { at: 1, schemas: { database: [], room: 0, kernel: 0, stream: 0 }, replace: true } };
  },
  "POST /api/admin/restores/{id}/rows": async () => ({
    ...admin,
    path: await underWay("restore", "/rows"),
    body: { store: "archive", part: { table: "page_views", columns: ["page", "count"], rows: [["/sample", 1]] } },
  }),
  "POST /api/admin/restores/{id}/object": async () => ({
    ...bytes("bytes", env.ADMIN_TOKEN),
    path: await underWay("restore", "/object?bucket=workflow&key=sample&size=5"),
  }),
  "POST /api/admin/restores/{id}/steps": async () => ({
    ...admin,
    path: await underWay("restore", "/steps"),
    body: { to: "rows" },
  }),
  "DELETE /api/admin/backups/{id}": async () => ({ ...admin, path: await underWay("backup", "") }),
  "GET /api/admin/dead-letters/{id}": async () => ({ ...admin, path: `/api/admin/dead-letters/${await deadLetter()}` }),
  "DELETE /api/admin/dead-letters/{id}": async () => ({
    ...admin,
    path: `/api/admin/dead-letters/${await deadLetter()}`,
  }),
  "POST /api/admin/queues/{queue}/replay": () => ({ ...admin, path: "/api/admin/queues/ferrule-chores/replay" }),
  "GET /api/admin/now": () => admin,
  "GET /api/admin/kernels": () => admin,
  "GET /api/admin/rooms/live": () => admin,
  "GET /api/admin/rooms/{id}": ({ id }) => ({ ...admin, path: `/api/admin/rooms/${id}` }),
  "PATCH /api/admin/rooms/{id}": async ({ person }) => ({
    ...admin,
    path: `/api/admin/rooms/${await room(person)}`,
    body: { closed: true },
  }),
  "POST /api/admin/rooms/{id}/resend": ({ id }) => ({ ...admin, path: `/api/admin/rooms/${id}/resend` }),
  "POST /api/admin/rooms/{id}/disconnect": ({ id }) => ({
    ...admin,
    path: `/api/admin/rooms/${id}/disconnect`,
    body: { conn: 999 },
  }),
  "GET /api/admin/users/{id}": ({ person }) => ({ ...admin, path: `/api/admin/users/${person.id}` }),
  "DELETE /api/admin/users/{id}": async () => ({ ...admin, path: `/api/admin/users/${(await guest()).id}` }),
  "DELETE /api/admin/users/{id}/sessions": async () => ({
    ...admin,
    path: `/api/admin/users/${(await guest()).id}/sessions`,
  }),
  "GET /api/admin/chores": () => admin,
  "POST /api/admin/chores/{id}/begin": async () => ({
    ...admin,
    path: `/api/admin/chores/${encodeURIComponent(await chore())}/begin`,
  }),
  "GET /api/admin/runs/stuck": () => admin,
  "POST /api/admin/runs/{id}/wake": async ({ person: { token } }) => {
    const started = await call("POST", "/api/workflow/countdown/runs", { token, body: { args: [0] } });
    return { ...admin, path: `/api/admin/runs/${(started.body as unknown as { runId: string }).runId}/wake` };
  },
  "POST /api/kernel/{id}/rpc": () => ({
    ...admin,
    path: "/api/kernel/sample/rpc",
    body: { jsonrpc: "2.0", id: 1, method: "ping", params: [] },
  }),
  "GET /kernel/demo": () => ({}),
  "GET /api/workflow": ({ person: { token } }) => ({ token }),
  "POST /api/workflow/{name}/runs": ({ person: { token } }) => ({
    token,
    path: "/api/workflow/countdown/runs",
    body: { args: [0] },
  }),
  "GET /api/workflow/runs": ({ person: { token } }) => ({ token }),
  "GET /api/workflow/runs/{id}": async ({ person }) => ({ token: person.token, path: await runPath(person) }),
  "GET /api/workflow/runs/{id}/result": async ({ person }) => ({
    token: person.token,
    path: await runPath(person, "/result"),
  }),
  "GET /api/workflow/runs/{id}/events": async ({ person }) => ({
    token: person.token,
    path: await runPath(person, "/events"),
  }),
  "GET /api/workflow/runs/{id}/live": async ({ person }) => ({
    token: person.token,
    path: await runPath(person, "/live"),
  }),
  "POST /api/workflow/runs/{id}/cancel": async ({ person }) => ({
    token: person.token,
    path: await runPath(person, "/cancel"),
  }),
  "GET /api/workflow/runs/{id}/streams": async ({ person }) => ({
    token: person.token,
    path: await runPath(person, "/streams"),
  }),
  "GET /api/workflow/runs/{id}/streams/{name}": async ({ person }) => {
    const path = await runPath(person);
    return { token: person.token, path: `${path}/streams/${await streamOf(path)}` };
  },
  "POST /api/workflow/hooks/{token}": async () => ({
    ...admin,
    path: `/api/workflow/hooks/${await hookToken()}`,
    body: { yes: true },
  }),
};
