// /api/admin/rooms/live and /api/admin/rooms/:id: rooms as they are now, asked one by one. An object that does not answer is said to be
// silent, and holds nothing up.
import * as z from "zod";
import {
  ApiError,
  type Bindings,
  database,
  logFailure,
  now,
  pageLimit,
  type Route,
  route,
  wholeNumber,
  within,
} from "../../../../platform";
import { listActiveRooms } from "../../../directory/active-rooms";
import { findAnyRoom } from "../../../directory/admin-table";
import { OPEN_BATCHES_MAX, OPEN_BATCHES_TOLD } from "../../../log/outbox";
import type { Laggards, RoomWatch } from "../../../operation";
import { LAGGARDS_MAX } from "../../../socket/watch";
import { relayStub, roomStub } from "../../access";
import { roomPath, roomShape, toRoom } from "../../shapes";
import { next, toNext } from "../list";

/** Rooms of a page: each of them is woken by being asked. */
const LIVE_MAX = 25;
const LIVE_DEFAULT = 10;
/** How long (ms) one object is waited for. */
const WATCH_MS_MAX = 2_000;

const count = z.int().nonnegative();
const time = z.int().nonnegative();
const watchShape = z
  .object({
    at: time,
    title: z.string(),
    closed: z.boolean(),
    sockets: count.meta({ description: "Of the room itself; those of its relays stand there." }),
    online: count.meta({ description: "People." }),
    relays: z.array(z.object({ n: count, sockets: count, at: count })),
    headSeq: count,
    lastAt: time.nullable(),
    queuedSeq: count,
    archivedSeq: count,
    unarchivedSince: time.nullable().meta({ description: "Time of the oldest entry that the archive lacks." }),
    batches: z
      .object({
        count,
        first: z.array(z.object({ from: count, to: count, sentAt: time, tries: count })),
      })
      .meta({
        description: `Not reported by the archive: counted up to ${OPEN_BATCHES_MAX}, the oldest ${OPEN_BATCHES_TOLD} told.`,
      }),
    laggards: z
      .object({
        count,
        worst: z.array(
          z.object({
            conn: count,
            relay: count.nullable(),
            userId: z.string(),
            name: z.string(),
            bytes: count.meta({ description: "Sent and not handled, as far as is known." }),
            recovering: z.boolean(),
          }),
        ),
      })
      .meta({ description: `Connections whose client does not keep up; the worst ${LAGGARDS_MAX} by name.` }),
    counts: z.record(z.string(), count),
    due: z.array(z.object({ kind: z.string(), count, at: z.int() })),
  })
  .meta({ id: "RoomWatch" });
const seen = {
  watch: watchShape.nullable(),
  silent: z
    .enum(["late", "failed"])
    .nullable()
    .meta({ description: `Why there is no \`watch\`: no answer within ${WATCH_MS_MAX} ms, or a failure.` }),
};

const live = route(
  {
    method: "GET",
    path: "/api/admin/rooms/live",
    summary: "Rooms in which something goes on, each as it is now; the latest first, those of the last day.",
    access: "admin",
    query: z.object({
      cursor: wholeNumber.default(0).meta({ description: "`next` of the page before." }),
      limit: pageLimit(LIVE_MAX, LIVE_DEFAULT),
    }),
    answers: {
      200: z
        .object({
          rooms: z.array(z.object({ id: z.string(), title: z.string(), closedAt: time.nullable(), at: time, ...seen })),
          next,
        })
        .meta({ id: "LiveRooms" }),
    },
  },
  async ({ env, query: { cursor, limit } }) => {
    const page = await listActiveRooms(env.DB, now(), cursor, limit);
    const rooms = await Promise.all(page.rooms.map(async (room) => ({ ...room, ...(await look(env, room.id)) })));
    return { status: 200, body: { rooms, next: toNext(page.next) } };
  },
);

const one = route(
  {
    method: "GET",
    path: "/api/admin/rooms/:id",
    summary: "One room, private and deleted ones too: what the directory says, and how it is now.",
    access: "admin",
    params: roomPath,
    answers: {
      200: z
        .object({ room: roomShape.omit({ role: true }).extend({ deletedAt: time.nullable() }), ...seen })
        .meta({ id: "WatchedRoom" }),
    },
    errors: ["not_found"],
  },
  async ({ env, params: { id } }) => {
    const row = await findAnyRoom(database(env), id);
    if (row === undefined) throw new ApiError("not_found", "there is no such room");
    const { role: _, ...room } = toRoom(row, null);
    return { status: 200, body: { room: { ...room, deletedAt: row.deletedAt }, ...(await look(env, id)) } };
  },
);

/** The routes of this file. */
export const liveRoutes: readonly Route[] = [live, one];

/** Who is behind at the room and its relays. A relay that does not answer in time is left out. */
async function withRelays(env: Bindings, id: string, { laggards, relays }: RoomWatch): Promise<Laggards> {
  const told = await Promise.all(
    relays
      .filter(({ sockets }) => sockets > 0)
      .map(({ n }) => within(WATCH_MS_MAX, relayStub(env, id, n).laggards()).catch(() => undefined)),
  );
  const all = [laggards, ...told.filter((one) => one !== undefined)];
  const worst = all.flatMap((one) => one.worst).sort((a, b) => b.bytes - a.bytes);
  return { count: all.reduce((sum, { count }) => sum + count, 0), worst: worst.slice(0, LAGGARDS_MAX) };
}

type Seen = { [K in keyof typeof seen]: z.input<(typeof seen)[K]> };

/** A room's own word and that of its relays, or why there is none. */
async function look(env: Bindings, id: string): Promise<Seen> {
  try {
    const watch = await within(WATCH_MS_MAX, roomStub(env, id).watch());
    if (watch === undefined) return { watch: null, silent: "late" };
    const laggards = await withRelays(env, id, watch);
    return { watch: { ...watch, laggards } as z.input<typeof watchShape>, silent: null };
  } catch (thrown) {
    logFailure(`look at the room ${id}`, thrown);
    return { watch: null, silent: "failed" };
  }
}
