// The page's calls to /api/admin, and their shapes. Times are ms since 1970.
import { call } from "../api/call";
import type { Run } from "../workflow/api";

/** A question that has no answer by then (ms) has none: what is asked again and again must not wait for ever. */
const ANSWER_MS = 15_000;
const ask = (path: string): Promise<unknown> => call("GET", path, undefined, AbortSignal.timeout(ANSWER_MS));

export interface Queue {
  readonly name: string;
  /** Null: the queue does not tell. */
  readonly messages: number | null;
  readonly bytes: number | null;
  readonly oldestAt: number | null;
}

/** Figures of everything, cheap to ask for. Counts are those ever counted. */
export interface Now {
  readonly at: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly unarchived: number;
  readonly queues: readonly Queue[];
  readonly deadLetters: readonly { readonly queue: string; readonly total: number; readonly waiting: number }[];
  readonly chores: { readonly count: number; readonly oldestAt: number | null };
}

/** A connection whose client does not keep up. */
export interface Laggard {
  readonly conn: number;
  readonly relay: number | null;
  readonly userId: string;
  readonly name: string;
  readonly bytes: number;
  readonly recovering: boolean;
}

/** A room's own word. */
export interface Watch {
  readonly at: number;
  readonly closed: boolean;
  readonly sockets: number;
  readonly online: number;
  readonly relays: readonly { readonly n: number; readonly sockets: number; readonly at: number }[];
  readonly headSeq: number;
  readonly lastAt: number | null;
  readonly queuedSeq: number;
  readonly archivedSeq: number;
  readonly unarchivedSince: number | null;
  readonly batches: {
    readonly count: number;
    readonly first: readonly {
      readonly from: number;
      readonly to: number;
      readonly sentAt: number;
      readonly tries: number;
    }[];
  };
  readonly laggards: { readonly count: number; readonly worst: readonly Laggard[] };
  readonly counts: Readonly<Record<string, number>>;
  readonly due: readonly { readonly kind: string; readonly count: number; readonly at: number }[];
}

interface Seen {
  readonly watch: Watch | null;
  /** Why there is no word of it. */
  readonly silent: "late" | "failed" | null;
}

export interface LiveRoom extends Seen {
  readonly id: string;
  readonly title: string;
  readonly closedAt: number | null;
  readonly at: number;
}

export interface WatchedRoom extends Seen {
  readonly room: {
    readonly id: string;
    readonly title: string;
    readonly visibility: string;
    readonly createdAt: number;
    readonly closedAt: number | null;
    readonly deletedAt: number | null;
  };
}

export interface Letter {
  readonly id: string;
  readonly queue: string;
  readonly bytes: number;
  readonly preview: string;
  readonly error: string;
  readonly at: number;
  readonly replayedAt: number | null;
  readonly room: string | null;
  readonly runId: string | null;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly guest: boolean;
  readonly email: string | null;
  readonly admin: boolean;
  readonly createdAt: number;
  readonly disabledAt: number | null;
}

export interface WatchedUser {
  readonly user: User;
  readonly sessions: readonly {
    readonly id: string;
    readonly createdAt: number;
    readonly expiresAt: number;
    readonly userAgent: string | null;
  }[];
  readonly rooms: readonly string[];
}

export interface Chore {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AuditEntry {
  readonly id: string;
  readonly at: number;
  readonly actorId: string | null;
  readonly action: string;
  readonly roomId: string | null;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A file whose bytes are not those that were uploaded. */
export interface DamagedFile {
  readonly room: string;
  readonly id: string;
  readonly name: string;
  readonly damage: "missing" | "length" | "sum";
}

/** What a check of some files found. */
export interface FileCheck {
  readonly files: number;
  readonly bytes: number;
  readonly damaged: readonly DamagedFile[];
  readonly next: string | null;
}

/** Open runs that nobody works on; `more`: there are others. */
export interface Stuck {
  readonly runs: readonly Run[];
  readonly more: boolean;
}

/** A page of a list; `next` asks for the one behind it. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next: string | null;
}

const BASE = "/api/admin";
const one = encodeURIComponent;

/** A query of what is given and not empty. */
function queryOf(fields: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "") as [string, string][];
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

async function page<T>(
  name: string,
  path: string,
  fields: Readonly<Record<string, string | undefined>>,
): Promise<Page<T>> {
  const answer = (await ask(`${BASE}/${path}${queryOf(fields)}`)) as Record<string, unknown>;
  return { rows: answer[name] as readonly T[], next: answer["next"] as string | null };
}

export const getNow = async (): Promise<Now> => (await ask(`${BASE}/now`)) as Now;

/** Rooms of a page: each poll asks every one of them. */
const ROOMS = "25";

/** The active rooms of so many pages, each once. One page after the other: a burst would wake all of them at once. */
export async function listLive(pages: number): Promise<Page<LiveRoom>> {
  const found = new Map<string, LiveRoom>();
  let next: string | null = null;
  for (let asked = 0; asked < pages && (asked === 0 || next !== null); asked += 1) {
    const answer: Page<LiveRoom> = await page("rooms", "rooms/live", { limit: ROOMS, cursor: next ?? undefined });
    for (const room of answer.rows) found.set(room.id, room);
    ({ next } = answer);
  }
  return { rows: [...found.values()], next };
}
export const findRooms = (q: string) =>
  page<{ readonly id: string; readonly title: string; readonly deletedAt: number | null }>("rooms", "rooms", { q });
export const getRoom = async (id: string) => (await ask(`${BASE}/rooms/${one(id)}`)) as WatchedRoom;
export const closeRoom = (id: string, closed: boolean) => call("PATCH", `${BASE}/rooms/${one(id)}`, { closed });
export const resend = async (id: string) =>
  (await call("POST", `${BASE}/rooms/${one(id)}/resend`)) as { readonly batches: number };
export const disconnect = async (id: string, { conn, relay }: Pick<Laggard, "conn" | "relay">) =>
  (await call("POST", `${BASE}/rooms/${one(id)}/disconnect`, { conn, relay })) as { readonly closed: boolean };

/** Which dead letters are shown. */
export interface LettersAsked {
  readonly queue?: string | undefined;
  readonly room?: string | undefined;
  readonly waiting: boolean;
}
export const listLetters = ({ queue, room, waiting }: LettersAsked, cursor?: string) =>
  page<Letter>("letters", "dead-letters", { queue, room, waiting: waiting ? "1" : "0", cursor });
export const getLetter = async (id: string) =>
  (await ask(`${BASE}/dead-letters/${one(id)}`)) as Letter & { readonly body: string };
export const replay = ({ id, replayedAt }: Pick<Letter, "id" | "replayedAt">) =>
  call("POST", `${BASE}/dead-letters/${one(id)}/replay?seen=${replayedAt ?? 0}`);
export const replayAll = async (queue: string) =>
  (await call("POST", `${BASE}/queues/${one(queue)}/replay`)) as { readonly replayed: number; readonly left: boolean };
export const discard = (id: string) => call("DELETE", `${BASE}/dead-letters/${one(id)}`);

export const listUsers = (q: string, cursor?: string) => page<User>("users", "users", { q, cursor });
export const getUser = async (id: string) => (await ask(`${BASE}/users/${one(id)}`)) as WatchedUser;
export const disableUser = (id: string, disabled: boolean) => call("PATCH", `${BASE}/users/${one(id)}`, { disabled });
export const signOutUser = async (id: string) =>
  (await call("DELETE", `${BASE}/users/${one(id)}/sessions`)) as { readonly ended: number };
export const deleteUser = (id: string, messages: boolean) =>
  call("DELETE", `${BASE}/users/${one(id)}?messages=${messages ? "erase" : "keep"}`);

export const getStuck = async () => (await ask(`${BASE}/runs/stuck`)) as Stuck;
export async function listFailed(cursor?: string): Promise<Page<Run>> {
  const answer = await ask(`/api/workflow/runs${queryOf({ limit: "30", status: "failed", cursor })}`);
  const { runs, next } = answer as { readonly runs: readonly Run[]; readonly next: string | null };
  return { rows: runs, next };
}
export const wakeRun = async (id: string) =>
  (await call("POST", `${BASE}/runs/${one(id)}/wake`)) as { readonly woken: boolean };

export const listChores = (cursor?: string) => page<Chore>("chores", "chores", { cursor });
export const beginChore = async (id: string) =>
  (await call("POST", `${BASE}/chores/${one(id)}/begin`)) as { readonly begun: boolean };

export const listAudit = (room: string | undefined, cursor?: string) =>
  page<AuditEntry>("entries", "audit", { room, cursor });

export const listKernels = (cursor?: string) => page<{ readonly id: string }>("kernels", "kernels", { cursor });

/** Files of one question: all of their bytes are read. */
const FILES = "20";
/** Reads some files again; not given up by the clock, for they may be large. */
export const checkFiles = async (cursor: string | null) =>
  (await call("POST", `${BASE}/files/check${queryOf({ limit: FILES, cursor: cursor ?? undefined })}`)) as FileCheck;
