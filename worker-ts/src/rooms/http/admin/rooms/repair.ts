// What an admin mends of a room: closing and opening it, sending again what the archive lacks, ending a connection that is behind. Each is
// noted first, and done twice it is done once.
import * as z from "zod";
import { ApiError, type Bindings, database, logFailure, type Route, route } from "../../../../platform";
import { findAnyRoom, setClosed } from "../../../directory/admin-table";
import { addAudit, addAuditOnce } from "../../../directory/audit-table";
import { refreshListing } from "../../../directory/listing";
import type { RoomRow } from "../../../directory/room-table";
import { configOf, relayStub, roomStub } from "../../access";
import { roomPath, roomShape, toRoom } from "../../shapes";
import { AGAIN_MS, noted } from "../noted";

const shape = roomShape.omit({ role: true });

const change = route(
  {
    method: "PATCH",
    path: "/api/admin/rooms/:id",
    summary: "Closes a room, or opens it again. Those in it see that the room did it.",
    access: "admin",
    params: roomPath,
    body: z.strictObject({ closed: z.boolean() }),
    answers: { 200: shape },
    errors: ["not_found"],
  },
  async ({ env, caller, params: { id }, body: { closed }, waitUntil }) => {
    await existingRoom(env, id);
    const entry = { ...noted(caller), roomId: id, action: "change_room", subject: null, detail: { closed } } as const;
    await setClosed(env.DB, id, closed, entry.at, (guard, values) => addAudit(env.DB, entry, guard, values));
    const room = await existingRoom(env, id);
    if (room.visibility === "public")
      waitUntil(refreshListing(env, id).then(undefined, (thrown) => logFailure("refresh the list of rooms", thrown)));
    // awaited: once this is answered, a closed room takes nothing more; asked again it is told again
    await roomStub(env, id).configure(configOf(room));
    const { role: _, ...shown } = toRoom(room, null);
    return { status: 200, body: shown };
  },
);

const resend = route(
  {
    method: "POST",
    path: "/api/admin/rooms/:id/resend",
    summary: "Has a room send again, at once, all that the archive has not reported; not what it sent a moment ago.",
    access: "admin",
    params: roomPath,
    answers: { 202: z.object({ batches: z.int().nonnegative() }) },
    errors: ["not_found"],
  },
  async ({ env, caller, params: { id } }) => {
    await existingRoom(env, id);
    const entry = { ...noted(caller), roomId: id, action: "resend_archive", subject: null, detail: {} } as const;
    await addAuditOnce(env.DB, entry, AGAIN_MS);
    return { status: 202, body: { batches: await roomStub(env, id).resendUnarchived() } };
  },
);

const disconnect = route(
  {
    method: "POST",
    path: "/api/admin/rooms/:id/disconnect",
    summary: "Closes one connection, as one that does not keep up: its client comes back and goes on where it was.",
    access: "admin",
    params: roomPath,
    body: z.strictObject({
      conn: z.int().positive().meta({ description: "As in the room's `laggards`." }),
      relay: z.int().positive().nullable().default(null).meta({ description: "Likewise: the relay that it is on." }),
    }),
    answers: { 200: z.object({ closed: z.boolean().meta({ description: "False: it was gone already." }) }) },
    errors: ["not_found"],
  },
  async ({ env, caller, params: { id }, body: { conn, relay } }) => {
    await existingRoom(env, id);
    const stub = relay === null ? roomStub(env, id) : relayStub(env, id, relay);
    const userId = await stub.whoseConnection(conn);
    if (userId === null) return { status: 200, body: { closed: false } };
    const entry = { ...noted(caller), roomId: id, action: "disconnect", subject: userId, detail: { conn } } as const;
    await addAuditOnce(env.DB, entry, AGAIN_MS);
    return { status: 200, body: { closed: await stub.disconnect(conn) } };
  },
);

/** The routes of this file. */
export const repairRoutes: readonly Route[] = [change, resend, disconnect];

/** The room, if it was not deleted. */
async function existingRoom(env: Bindings, id: string): Promise<RoomRow> {
  const room = await findAnyRoom(database(env), id);
  if (room === undefined || room.deletedAt !== null) throw new ApiError("not_found", "there is no such room");
  return room;
}
