// /api/rooms/:id/members: joining a room.
import * as z from "zod";
import { ApiError, database, now, type Route, route } from "../../platform";
import { provideMember } from "../directory/member-table";
import { readableRoom } from "./access";
import { memberShape, roomPath, toUser } from "./shapes";

const join = route(
  {
    method: "PUT",
    path: "/api/rooms/:id/members/:userId",
    summary: "Joins a public room (`self`, or the caller's own id); a member stays what it is.",
    access: "user",
    params: roomPath.extend({ userId: z.string().min(1).max(64) }),
    body: z.object({ role: z.literal("member") }),
    answers: { 200: memberShape },
    errors: ["forbidden", "banned", "not_found"],
  },
  async ({ env, caller, params }) => {
    const { room } = await readableRoom(env, params.id, caller);
    if (params.userId !== "self" && params.userId !== caller.userId)
      throw new ApiError("forbidden", "you can join for yourself only");
    const { role, joinedAt } = await provideMember(database(env), room.id, caller.userId, now());
    return { status: 200, body: { user: toUser(caller), role, joinedAt } };
  },
);

/** The routes of this file. */
export const membersRoutes: readonly Route[] = [join];
