// /api/rooms/:id/audit: what was done with rights in a room.
import * as z from "zod";
import { database, parseJson, type Route, route } from "../../../platform";
import { type AuditRow, listAudit } from "../../directory/audit-table";
import { moderatedRoom } from "../access";
import { roomPath } from "../shapes";
import { fromCursor, pageQuery, toCursor } from "./list";

/** An entry as answers show it; where it is about one room, which one is known. */
export const entryShape = z
  .object({
    id: z.string(),
    at: z.int(),
    actorId: z.string().nullable(),
    action: z.string(),
    subject: z.string().nullable().meta({ description: "The user it was done to." }),
    seq: z.int().nullable().meta({ description: "The message it was done to." }),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "AuditEntry" });

/** A place in a list of entries. */
export const cursorParts = z.tuple([z.int(), z.string()]);

const list = route(
  {
    method: "GET",
    path: "/api/rooms/:id/audit",
    summary: "What was done with rights in a room, the newest first; for moderators.",
    access: "user",
    params: roomPath,
    query: pageQuery,
    answers: { 200: z.object({ entries: z.array(entryShape), next: z.string().nullable() }) },
    errors: ["forbidden", "banned", "not_found"],
  },
  async ({ env, caller, params, query: { cursor, limit } }) => {
    await moderatedRoom(env, params.id, caller);
    const place = fromCursor(cursor, cursorParts);
    const after = place && { at: place[0], id: place[1] };
    const rows = await listAudit(database(env), params.id, after, limit);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      status: 200,
      body: {
        entries: shown.map(({ roomId: _, ...row }) => ({ ...row, detail: detailOf(row) })),
        next: rows.length > limit && last ? toCursor(last.at, last.id) : null,
      },
    };
  },
);

/** What was changed, as it was written down. */
export function detailOf({ detail }: Pick<AuditRow, "detail">): Record<string, unknown> {
  return (parseJson(detail) ?? {}) as Record<string, unknown>;
}

/** The routes of this file. */
export const auditRoutes: readonly Route[] = [list];
