// /api/users: who the caller is, who others are; a new name, and the end of an account.
import * as z from "zod";
import { findProfile, personName, removeUser, renameUser } from "../../../auth";
import { ApiError, type Bindings, database, logFailure, now, type Route, route } from "../../../platform";
import { beginErasure, roomsOwnedAlone } from "../../chores/begin-erasure";
import { wakeChore } from "../../chores/chores";
import { standingsOf } from "../../directory/member-table";
import { countManaging } from "../../membership/rates";
import { roomStub } from "../access";
import { closeSockets } from "../close-sockets";
import { toUser, userShape } from "../shapes";

const meShape = userShape.extend({ email: z.string().nullable() }).meta({ id: "Me" });

const me = route(
  {
    method: "GET",
    path: "/api/users/me",
    summary: "The caller; `email` is null for a guest.",
    access: "user",
    answers: { 200: meShape },
  },
  async ({ caller }) => ({ status: 200, body: { ...toUser(caller), email: caller.email } }),
);

const change = route(
  {
    method: "PATCH",
    path: "/api/users/me",
    summary: "Gives the caller another name, which all rooms show from then on.",
    access: "user",
    body: z.strictObject({ name: personName }),
    answers: { 200: meShape },
    errors: ["rate_limited"],
  },
  async ({ env, caller, body: { name }, waitUntil }) => {
    await countManaging(env, "name", caller.userId);
    await renameUser(env, caller.userId, name);
    waitUntil(tellName(env, caller.userId).catch((thrown) => logFailure("tell rooms a name", thrown)));
    return { status: 200, body: { ...toUser({ ...caller, name }), email: caller.email } };
  },
);

const remove = route(
  {
    method: "DELETE",
    path: "/api/users/me",
    summary:
      "Deletes the caller's account: signed out at once, the name gone from every room soon. `messages=erase` also erases what the caller wrote, files too.",
    access: "user",
    query: z.object({ messages: z.enum(["keep", "erase"]).default("keep") }),
    answers: { 202: null },
    errors: ["last_owner"],
  },
  async ({ env, caller: { userId }, query, waitUntil }) => {
    if (!(await beginErasure(env.DB, userId, query.messages === "erase", now()))) {
      const rooms = await roomsOwnedAlone(env.DB, userId);
      throw new ApiError("last_owner", `make somebody else an owner, or delete the room, of: ${rooms.join(", ")}`);
    }
    waitUntil(wakeChore(env, { kind: "erase-user", subject: userId }));
    const sessions = await removeUser(env, userId);
    // the chore closes what this does not reach
    waitUntil(
      closeSockets(env, userId, sessions).catch((thrown) => logFailure("close the sockets of a deleted user", thrown)),
    );
    return { status: 202, body: null };
  },
);

const show = route(
  {
    method: "GET",
    path: "/api/users/:id",
    summary: "Anybody, as all who are signed in may know them.",
    access: "user",
    params: z.object({ id: z.string().min(1).max(64) }),
    answers: { 200: userShape },
    errors: ["not_found"],
  },
  async ({ env, params }) => {
    const profile = await findProfile(env, params.id);
    if (profile === null) throw new ApiError("not_found", "there is no such user");
    return { status: 200, body: profile };
  },
);

/** The routes of this file: `me` before all others. */
export const usersRoutes: readonly Route[] = [me, change, remove, show];

/** Rooms that are told of a new name; all others learn it when its bearer comes next. */
const TOLD_MAX = 500;
const TOLD_AT_ONCE = 25;

/** Tells the rooms in which somebody is or was what they are called now. */
async function tellName(env: Bindings, userId: string): Promise<void> {
  const rooms = (await standingsOf(database(env), userId)).slice(0, TOLD_MAX).map(({ roomId }) => roomId);
  for (let at = 0; at < rooms.length; at += TOLD_AT_ONCE) {
    // read again each time: of two names that were given at once the same one is told last to all
    const name = (await findProfile(env, userId))?.name;
    if (name === undefined) return;
    const told = rooms.slice(at, at + TOLD_AT_ONCE).map((id) => roomStub(env, id).rename(userId, name));
    for (const call of await Promise.allSettled(told))
      if (call.status === "rejected") logFailure("tell a room a name", call.reason);
  }
}
