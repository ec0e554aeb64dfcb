// /api/admin/overview and /api/admin/rooms: all there is, for admins alone.
import * as z from "zod";
import { countUsers } from "../../../auth";
import { database, type Route, route } from "../../../platform";
import { countRooms, listEveryRoom } from "../../directory/admin-table";
import { readSums } from "../../directory/metric-table";
import { roomShape, toRoom } from "../shapes";
import { next, searchQuery, toNext } from "./list";

const count = z.int().nonnegative();

const overview = route(
  {
    method: "GET",
    path: "/api/admin/overview",
    summary: "Figures over everything. What rooms have counted comes from the archive, some seconds late.",
    access: "admin",
    answers: {
      200: z
        .object({
          users: z.object({ total: count, guests: count, disabled: count, sessions: count }),
          rooms: z.object({ total: count, private: count, closed: count, deleted: count }),
          messages: count.meta({ description: "Messages ever stored." }),
          unarchived: count.meta({ description: "Entries that only the rooms have." }),
          files: z.object({ total: count, bytes: count }),
          deadLetters: z.object({ total: count, waiting: count }),
          chores: count.meta({
            description: "Rooms to be removed and accounts to be erased that are not finished yet.",
          }),
        })
        .meta({ id: "Overview" }),
    },
  },
  async ({ env }) => {
    const [users, figures, sums] = await Promise.all([countUsers(env), countRooms(env.DB), readSums(env.DB)]);
    const sum = (name: string) => sums.get(name) ?? 0;
    const unarchived = Math.max(0, sum("entries") - sum("archived"));
    return { status: 200, body: { users, ...figures, messages: sum("messages"), unarchived } };
  },
);

const rooms = route(
  {
    method: "GET",
    path: "/api/admin/rooms",
    summary: "Every room, private and deleted ones too, the newest first; `q` looks in ids and titles.",
    access: "admin",
    query: searchQuery,
    answers: {
      200: z.object({
        rooms: z.array(
          roomShape.omit({ role: true }).extend({
            headSeq: z.int().meta({ description: "Newest seq, as the archive knows it." }),
            deletedAt: count.nullable(),
          }),
        ),
        next,
      }),
    },
  },
  async ({ env, query: { q, cursor: after, limit } }) => {
    const page = await listEveryRoom(database(env), { q, after, limit });
    const shown = page.rooms.map((row) => {
      const { role: _, ...room } = toRoom(row, null);
      return { ...room, headSeq: row.headSeq, deletedAt: row.deletedAt };
    });
    return { status: 200, body: { rooms: shown, next: toNext(page.next) } };
  },
);

/** The routes of this file. */
export const overviewRoutes: readonly Route[] = [overview, rooms];
