// The first page of public rooms in KV, for callers who are nobody: `directory:public` holds the order and `room:<id>` what
// is shown of each. It may be 60 s old and decides nothing; every right is read from D1.
import * as z from "zod";
import { type Bindings, database, logFailure, now } from "../../platform";
import { listRooms, type RoomRow } from "./room-table";

/** Rooms on the page; KV reads at most 100 keys at once. */
export const LISTED_MAX = 50;
const DIRECTORY = "directory:public";
/** Safety net should a refresh be lost: the page is made anew at least this often. */
const LISTED_SECONDS = 3600;

const card = z.object({
  id: z.string(),
  title: z.string(),
  topic: z.string(),
  visibility: z.literal("public"),
  createdBy: z.string().nullable(),
  createdAt: z.int(),
  closedAt: z.int().nullable(),
  slowModeMs: z.int(),
  editWindowMs: z.int(),
  headSeq: z.int(),
  lastAt: z.int().nullable(),
  configVersion: z.int(),
  deletedAt: z.null(),
  purgedAt: z.null(),
});
const directory = z.object({ ids: z.array(z.string()).max(LISTED_MAX), more: z.boolean() });

/** A page of public rooms, newest first. */
export interface Listing {
  readonly rooms: readonly RoomRow[];
  readonly more: boolean;
}

/** The page as KV has it; made anew when something of it is missing or not as it should be; D1's own when KV fails. */
export async function provideListing(env: Bindings): Promise<Listing> {
  try {
    return (await findListing(env)) ?? (await refreshListing(env));
  } catch (thrown) {
    logFailure("read the list of rooms from KV", thrown);
    return readListing(env);
  }
}

/** The page as KV has it, if it is whole. */
async function findListing(env: Bindings): Promise<Listing | undefined> {
  const known = directory.safeParse(await env.KV.get(DIRECTORY, "json"));
  if (!known.success || known.data.ids.length === 0) return undefined;
  const keys = known.data.ids.map((id) => `room:${id}`);
  const cards = await env.KV.get<unknown>(keys, "json");
  const rooms = keys.flatMap((key) => card.safeParse(cards.get(key)).data ?? []);
  return rooms.length === keys.length ? { rooms, more: known.data.more } : undefined;
}

async function readListing(env: Bindings): Promise<Listing> {
  const found = await listRooms(database(env), { userId: null, mine: false, after: null, limit: LISTED_MAX });
  return { rooms: found.slice(0, LISTED_MAX).map(({ room }) => room), more: found.length > LISTED_MAX };
}

/** Reads the page from D1 and writes it down; after a change of one room only that room's card, else all of them. */
export async function refreshListing(env: Bindings, changedId?: string): Promise<Listing> {
  const { rooms, more } = await readListing(env);
  const life = { expirationTtl: LISTED_SECONDS };
  const stale = changedId === undefined ? rooms : rooms.filter(({ id }) => id === changedId);
  await Promise.all(stale.map((room) => env.KV.put(`room:${room.id}`, JSON.stringify(room), life)));
  await env.KV.put(DIRECTORY, JSON.stringify({ ids: rooms.map(({ id }) => id), more }), life);
  return { rooms, more };
}

/** A room is no more to be listed: its card goes, and the page is made anew. */
export async function forgetListed(env: Bindings, id: string): Promise<void> {
  await env.KV.delete(`room:${id}`);
  await refreshListing(env, id);
}

const LOBBY = `INSERT INTO room(id, title, created_at) SELECT 'lobby', 'Lobby', ?1
  WHERE NOT EXISTS (SELECT 1 FROM room) AND NOT EXISTS (SELECT 1 FROM user)`;

/** A house without anybody and any room has its lobby, as it was set up. */
export async function provideLobby({ DB }: Pick<Bindings, "DB">): Promise<void> {
  await DB.prepare(LOBBY).bind(now()).run();
}
