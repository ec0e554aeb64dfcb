// /api/rooms: listing, making and showing rooms.
import * as z from "zod";
import {
  ApiError,
  type Bindings,
  type Caller,
  database,
  fromBase64url,
  logFailure,
  now,
  pageLimit,
  type Route,
  randomLetters,
  route,
  toBase64url,
} from "../../platform";
import { wakeChore } from "../chores/chores";
import { LISTED_MAX, provideListing, refreshListing } from "../directory/listing";
import {
  addRoom,
  changeRoom,
  GUEST_ROOMS_MAX,
  type ListCursor,
  listRooms,
  type RoomOfCaller,
  removeRoom,
} from "../directory/room-table";
import { countUnread } from "../directory/unread";
import { countManaging } from "../membership/rates";
import { mayConfigure } from "../room";
import { actorOf, configOf, identityOf, type Joined, readableRoom, roomStub } from "./access";
import { editWindowMs, roomId, roomPath, roomShape, slowModeMs, title, topic, toRoom, visibility } from "./shapes";

const LIST_MAX = 100;
const ID_LETTERS = 6;

const listed = roomShape.extend({
  unread: z.int().nullable().meta({
    description:
      "Messages of others behind the caller's read mark, some seconds late, at most 1000; null for no member.",
  }),
});
const shown = roomShape
  .extend({ headSeq: z.int(), online: z.int().meta({ description: "People here now." }) })
  .meta({ id: "RoomNow" });

const list = route(
  {
    method: "GET",
    path: "/api/rooms",
    summary: "Public rooms and the caller's own, newest first; with `mine=1` only those the caller is in.",
    access: "anyone",
    query: z.object({
      cursor: z.string().max(128).optional(),
      limit: pageLimit(LIST_MAX, LISTED_MAX),
      mine: z.enum(["0", "1"]).default("0"),
    }),
    answers: { 200: z.object({ rooms: z.array(listed), next: z.string().nullable() }) },
    errors: ["unauthenticated"],
  },
  async ({ env, caller, query }) => {
    const { limit } = query;
    const mine = query.mine === "1";
    if (mine && caller === null) throw new ApiError("unauthenticated", "sign in first");
    const after = query.cursor === undefined ? null : parseCursor(query.cursor);
    if (caller === null && after === null && limit === LISTED_MAX) {
      const { rooms, more } = await provideListing(env);
      return answer(
        rooms.map((room) => ({ room, role: null })),
        more,
      );
    }
    const found = await listRooms(database(env), { userId: caller?.userId ?? null, mine, after, limit });
    const shown = found.slice(0, limit);
    const ids = shown.filter(({ role }) => role !== null).map(({ room }) => room.id);
    const unread = caller === null || ids.length === 0 ? undefined : await countUnread(env.DB, caller.userId, ids);
    return answer(shown, found.length > limit, unread);
  },
);

const make = route(
  {
    method: "POST",
    path: "/api/rooms",
    summary: `Makes a room; the caller owns it. A guest may make ${GUEST_ROOMS_MAX}.`,
    access: "user",
    body: z.object({
      id: roomId.optional(),
      title,
      topic: topic.default(""),
      visibility: visibility.default("public"),
    }),
    answers: { 201: roomShape },
    errors: ["room_exists", "guest_limit", "rate_limited"],
  },
  async ({ env, caller, body, waitUntil }) => {
    await countManaging(env, "room", caller.userId);
    const id = body.id ?? idFrom(body.title);
    const room = await addRoom(database(env), { ...body, id, owner: caller, now: now() });
    if (room === "guest_limit") throw new ApiError(room, `a guest may make ${GUEST_ROOMS_MAX} rooms`);
    if (room === "room_exists") throw new ApiError(room, "a room with this id exists", { field: "id" });
    // The room stands; each admission brings its title too, so a lost call here costs nothing.
    waitUntil(
      roomStub(env, id)
        .configure(configOf(room))
        .catch((thrown) => logFailure("configure a room", thrown)),
    );
    if (room.visibility === "public") waitUntil(listAgain(env, id));
    return { status: 201, body: toRoom(room, "owner") };
  },
);

const show = route(
  {
    method: "GET",
    path: "/api/rooms/:id",
    summary: "A room, its newest seq and how many people are here now.",
    access: "anyone",
    params: roomPath,
    answers: { 200: shown },
    errors: ["not_found", "banned"],
  },
  async ({ env, caller, params }) => {
    const { room, role, stub } = await readableRoom(env, params.id, caller);
    const { headSeq, online, lastAt } = await stub.stats();
    return { status: 200, body: { ...toRoom(room, role), headSeq, online, lastAt } };
  },
);

const change = route(
  {
    method: "PATCH",
    path: "/api/rooms/:id",
    summary: "Changes a room; for its owner. Those in it are told by entries of the log.",
    access: "user",
    params: roomPath,
    body: z
      .strictObject({ title, topic, slowModeMs, editWindowMs, closed: z.boolean() })
      .partial()
      .refine((changes) => Object.keys(changes).length > 0, "say what is to change"),
    answers: { 200: roomShape },
    errors: ["forbidden", "not_found", "banned", "rate_limited"],
  },
  async ({ env, caller, params, body, waitUntil }) => {
    await ownedRoom(env, params.id, caller);
    await countManaging(env, "change", caller.userId);
    await changeRoom(env.DB, params.id, caller.userId, body, now());
    // whoever lost the room meanwhile has changed nothing, and is told so here
    const { room, role, stub } = await ownedRoom(env, params.id, caller);
    if (room.visibility === "public") waitUntil(listAgain(env, room.id));
    // Awaited: once this is answered, a closed room takes nothing more. Where it fails the caller tries again, and the next
    // admission brings the change as well.
    await stub.configure(configOf(room), identityOf(caller));
    const { lastAt } = await stub.stats();
    return { status: 200, body: { ...toRoom(room, role), lastAt } };
  },
);

const remove = route(
  {
    method: "DELETE",
    path: "/api/rooms/:id",
    summary:
      "Deletes a room; for its owner. Nobody finds it from then on, and its id stays taken. `purge=1` also erases all that was said in it.",
    access: "user",
    params: roomPath,
    query: z.object({ purge: z.enum(["0", "1"]).default("0") }),
    answers: { 204: null },
    errors: ["forbidden", "not_found", "banned", "rate_limited"],
  },
  async ({ env, caller, params, query, waitUntil }) => {
    const { room, stub } = await ownedRoom(env, params.id, caller);
    await countManaging(env, "change", caller.userId);
    const version = await removeRoom(env.DB, room.id, caller.userId, query.purge === "1", now());
    if (version === undefined) throw new ApiError("forbidden", "this is for the room's owner");
    waitUntil(wakeChore(env, { kind: "remove-room", subject: room.id }));
    try {
      await stub.configure({ ...configOf(room), version, closed: true }, identityOf(caller));
      await stub.remove(false);
    } catch (thrown) {
      // it is deleted: the chore does what could not be done now
      logFailure("close a room that was deleted", thrown);
    }
    return { status: 204, body: null };
  },
);

/** The routes of this file. */
export const roomsRoutes: readonly Route[] = [list, make, show, change, remove];

/** The room, if the caller owns it. */
async function ownedRoom(env: Bindings, id: string, caller: Caller): Promise<Joined> {
  const { role, ...readable } = await readableRoom(env, id, caller);
  if (role === null || !mayConfigure(role)) throw new ApiError("forbidden", "this is for the room's owner");
  return { ...readable, role, actor: actorOf(caller, role, readable.roleAt) };
}

/** Writes a room's card and the list of rooms anew. The list may be old for a while, so nobody waits for it. */
async function listAgain(env: Bindings, id: string): Promise<void> {
  try {
    await refreshListing(env, id);
  } catch (thrown) {
    logFailure("refresh the list of rooms", thrown);
  }
}

/** A page of rooms; `unread` by room, for those that the caller is in. */
function answer(rooms: readonly RoomOfCaller[], more: boolean, unread?: ReadonlyMap<string, number>) {
  const last = rooms.at(-1);
  return {
    status: 200 as const,
    body: {
      rooms: rooms.map(({ room, role }) => ({ ...toRoom(room, role), unread: unread?.get(room.id) ?? null })),
      next: more && last ? cursorAfter(last.room) : null,
    },
  };
}

/** Opaque to callers; holds the list's own order. */
function cursorAfter({ createdAt, id }: ListCursor): string {
  return toBase64url(new TextEncoder().encode(`${createdAt}.${id}`));
}

function parseCursor(cursor: string): ListCursor {
  const bytes = fromBase64url(cursor);
  const parts = bytes && /^(\d{1,15})\.([a-z0-9-]{3,48})$/.exec(new TextDecoder().decode(bytes));
  if (!parts) throw new ApiError("bad_request", "the cursor is none of ours", { field: "cursor" });
  return { createdAt: Number(parts[1]), id: parts[2]! };
}

/** An id made from a title: its plain letters and digits, and some letters of chance. */
function idFrom(title: string): string {
  const words = title
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, "");
  return [...(words === "" ? [] : [words]), randomLetters(ID_LETTERS)].join("-");
}
