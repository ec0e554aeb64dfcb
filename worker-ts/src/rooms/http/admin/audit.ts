// /api/admin/audit: what was done with rights, in all rooms and to all users.
import * as z from "zod";
import { database, type Route, route } from "../../../platform";
import { listAudit } from "../../directory/audit-table";
import { cursorParts, detailOf, entryShape } from "../people/audit";
import { fromCursor, pageQuery, toCursor } from "../people/list";
import { roomId } from "../shapes";
import { next } from "./list";

const shape = entryShape
  .extend({ roomId: z.string().nullable().meta({ description: "Null for what concerns no room." }) })
  .meta({ id: "AnyAuditEntry" });

const list = route(
  {
    method: "GET",
    path: "/api/admin/audit",
    summary: "What was done with rights anywhere, the newest first.",
    access: "admin",
    query: pageQuery.extend({
      room: roomId.nullable().default(null).meta({ description: "Only what was done in a room." }),
    }),
    answers: { 200: z.object({ entries: z.array(shape), next }) },
  },
  async ({ env, query: { cursor, limit, room } }) => {
    const place = fromCursor(cursor, cursorParts);
    const rows = await listAudit(database(env), room, place && { at: place[0], id: place[1] }, limit);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const entries = shown.map((row) => ({ ...row, detail: detailOf(row) }));
    return { status: 200, body: { entries, next: rows.length > limit && last ? toCursor(last.at, last.id) : null } };
  },
);

/** The routes of this file. */
export const adminAuditRoutes: readonly Route[] = [list];
