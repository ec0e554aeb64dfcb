// Who is at this terminal, and their way into a room: a token or a guest that is kept, joining, and the line. No printing.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { client, Failure } from "./call.mjs";

/** The answer to one HTTP call may take so long. */
const CALL_MS = 30_000;

const keptIn = () =>
  join(process.env.XDG_CONFIG_HOME || process.env.APPDATA || join(homedir(), ".config"), "ferrule", "guests.json");

/** Guests' tokens by the server's origin. A file that cannot be read holds none. */
function keptGuests() {
  try {
    const kept = JSON.parse(readFileSync(keptIn(), "utf8"));
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {};
  }
}

/** For its owner's eyes only, and whole or not at all. Where nothing can be kept, the next call is another guest. */
function keepGuest(origin, token) {
  const path = keptIn();
  try {
    mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
    const fresh = `${path}.${process.pid}`;
    writeFileSync(fresh, JSON.stringify({ ...keptGuests(), [origin]: token }), { mode: 0o600 });
    chmodSync(fresh, 0o600);
    renameSync(fresh, path);
  } catch (error) {
    console.error(`ferrule: the guest cannot be kept (${error.message}); the next call will be another one.`);
  }
}

/** One JSON call; rejects with a Failure that has the server's code. */
async function call(origin, token, method, path, body) {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(CALL_MS),
  }).catch((error) => {
    throw new Failure("network", `${origin} cannot be reached: ${error.cause?.message || error.message}`);
  });
  const answer = await response.json().catch(() => undefined);
  if (response.ok) return { answer, token: response.headers.get("set-auth-token") ?? undefined };
  const { code = `http_${response.status}`, message = `${path} answered ${response.status}` } = answer?.error ?? {};
  throw new Failure(code, message);
}

async function makeGuest(origin) {
  const { token } = await call(origin, undefined, "POST", "/api/auth/sign-in/anonymous", {});
  if (token === undefined) throw new Failure("bad_answer", `${origin} gave no token for a guest: is it a Ferrule?`);
  keepGuest(origin, token);
  return token;
}

const me = async (origin, token) => (await call(origin, token, "GET", "/api/users/me")).answer;

/** The token to use: the given one, else that of the guest that is kept, else a new guest's. */
async function identify(origin, given) {
  const token = given ?? (process.env.FERRULE_TOKEN || undefined);
  if (token !== undefined) return { token, user: await me(origin, token) };
  const kept = keptGuests()[origin];
  if (typeof kept === "string") {
    try {
      return { token: kept, user: await me(origin, kept) };
    } catch (error) {
      if (error.code !== "unauthenticated") throw error; // over, or swept: another one then
    }
  }
  const fresh = await makeGuest(origin);
  return { token: fresh, user: await me(origin, fresh) };
}

async function enter(origin, token, room, invite) {
  if (invite !== undefined) await call(origin, token, "POST", `/api/invites/${encodeURIComponent(invite)}`);
  try {
    await call(origin, token, "PUT", `/api/rooms/${encodeURIComponent(room)}/members/self`, { role: "member" });
  } catch (error) {
    if (error.code !== "not_found") throw error;
    throw new Failure(error.code, `there is no room "${room}" here, or it is private: then you need --invite`);
  }
}

/**
 * Signs in, joins and connects. Resolves once the room is open; `user` is the caller as the server knows it.
 * @param {{url: string, room: string, values: {token?: string, name?: string, invite?: string}}} call
 * @param {object} options more for `connect`
 */
export async function openRoom({ url, room: id, values }, options = {}) {
  const { connect } = await client();
  const { token, user } = await identify(url, values.token);
  if (values.name !== undefined && values.name !== user.name)
    await call(url, token, "PATCH", "/api/users/me", { name: values.name });
  await enter(url, token, id, values.invite);
  const room = connect({ url, room: id, token: () => token, ...options });
  return { room, user };
}

/** Resolves when the room is open for the first time, rejects when it never will be. */
export function opened(room) {
  return new Promise((resolve, reject) => {
    const look = ({ state, error }) => {
      if (state === "open") resolve(undefined);
      if (state === "closed") reject(error ?? new Failure("closed", "the connection was closed"));
    };
    room.on("state", look);
    look(room);
  });
}

/** Rejects when the room ends for good by itself: banned, deleted, signed out. */
export function ended(room) {
  return new Promise((_, reject) => {
    room.on("state", ({ state, error }) => {
      if (state === "closed" && error !== undefined && error.code !== "closed") reject(error);
    });
  });
}
