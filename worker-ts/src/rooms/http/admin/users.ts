// /api/admin/users: finding users, shutting them out, signing them out, deleting them.
import * as z from "zod";
import { disableUser, endSessions, findUser, listSessions, listUsers, removeUser } from "../../../auth";
import { ApiError, database, logFailure, now, type Route, route } from "../../../platform";
import { beginErasure, roomsOwnedAlone } from "../../chores/begin-erasure";
import { choreId, findChore } from "../../chores/chore-table";
import { wakeChore } from "../../chores/chores";
import { addAudit } from "../../directory/audit-table";
import { leasedRooms } from "../../directory/lease-table";
import { closeAllSockets, closeSockets } from "../close-sockets";
import { userShape } from "../shapes";
import { next, searchQuery, toNext } from "./list";
import { noted } from "./noted";

const time = z.int().nonnegative();
const shape = userShape
  .extend({
    email: z.string().nullable(),
    admin: z.boolean(),
    createdAt: time,
    disabledAt: time.nullable().meta({ description: "Since when the user may not sign in." }),
  })
  .meta({ id: "UserRecord" });

const userPath = z.object({ id: z.string().min(1).max(64) });
const noUser = () => new ApiError("not_found", "there is no such user");

const list = route(
  {
    method: "GET",
    path: "/api/admin/users",
    summary: "Users, the newest first; `q` looks in names and e-mail addresses, and knows a whole id.",
    access: "admin",
    query: searchQuery,
    answers: { 200: z.object({ users: z.array(shape), next }) },
  },
  async ({ env, query: { q, cursor: after, limit } }) => {
    const page = await listUsers(env, { q, after, limit });
    return { status: 200, body: { users: page.users, next: toNext(page.next) } };
  },
);

const change = route(
  {
    method: "PATCH",
    path: "/api/admin/users/:id",
    summary: "Disables a user, or lets one in again. A disabled user has no session and no socket, and gets none.",
    access: "admin",
    params: userPath,
    body: z.strictObject({ disabled: z.boolean() }),
    answers: { 200: shape },
    errors: ["not_found"],
  },
  async ({ env, caller, params, body: { disabled } }) => {
    if (disabled && caller?.userId === params.id) throw new ApiError("forbidden", "you would shut yourself out");
    const action = disabled ? "disable_user" : "enable_user";
    const entry = { ...noted(caller), action, subject: params.id, detail: {} } as const;
    const user = await disableUser(env, params.id, disabled, {
      note: (guard, values) => addAudit(env.DB, entry, guard, values),
      close: (sessionIds) => closeSockets(env, params.id, sessionIds),
    });
    if (user === undefined) throw noUser();
    return { status: 200, body: user };
  },
);

const one = route(
  {
    method: "GET",
    path: "/api/admin/users/:id",
    summary: "One user, with the sessions that are open and the rooms that they may have sockets in.",
    access: "admin",
    params: userPath,
    answers: {
      200: z
        .object({
          user: shape,
          sessions: z.array(
            z.object({ id: z.string(), createdAt: time, expiresAt: time, userAgent: z.string().nullable() }),
          ),
          rooms: z.array(z.string()),
        })
        .meta({ id: "WatchedUser" }),
    },
    errors: ["not_found"],
  },
  async ({ env, params: { id } }) => {
    const user = await findUser(env, id);
    if (user === undefined) throw noUser();
    const sessions = await listSessions(env, id);
    const rooms = await leasedRooms(
      database(env),
      sessions.map((session) => session.id),
    );
    return { status: 200, body: { user, sessions, rooms } };
  },
);

const signOut = route(
  {
    method: "DELETE",
    path: "/api/admin/users/:id/sessions",
    summary: "Signs a user out everywhere: no session and no socket is left. They may sign in again.",
    access: "admin",
    params: userPath,
    answers: { 200: z.object({ ended: z.int().nonnegative() }) },
    errors: ["not_found"],
  },
  async ({ env, caller, params: { id } }) => {
    const entry = { ...noted(caller), action: "sign_out_user", subject: id, detail: {} } as const;
    const note = (guard: string, values: readonly unknown[]) => addAudit(env.DB, entry, guard, values);
    const ended = await endSessions(env, id, note, () => closeAllSockets(env, id));
    if (ended === undefined) throw noUser();
    return { status: 200, body: { ended } };
  },
);

const remove = route(
  {
    method: "DELETE",
    path: "/api/admin/users/:id",
    summary:
      "Deletes a user's account, as they could themselves. `messages=erase` also erases what they wrote. Asked again while it is under way, it is the same work.",
    access: "admin",
    params: userPath,
    query: z.object({ messages: z.enum(["keep", "erase"]).default("keep") }),
    answers: { 202: null },
    errors: ["not_found", "last_owner"],
  },
  async ({ env, caller, params: { id }, query, waitUntil }) => {
    if (caller?.userId === id) throw new ApiError("forbidden", "your own account you delete yourself, in the chat");
    const chore = { kind: "erase-user", subject: id } as const;
    if ((await findUser(env, id)) === undefined) {
      if ((await findChore(env.DB, choreId(chore))) === undefined) throw noUser();
      return { status: 202, body: null };
    }
    const messages = query.messages === "erase";
    const entry = { ...noted(caller), action: "delete_user", subject: id, detail: { messages } } as const;
    const note = (guard: string, values: readonly unknown[]) => addAudit(env.DB, entry, guard, values);
    if (!(await beginErasure(env.DB, id, messages, now(), note))) {
      const rooms = await roomsOwnedAlone(env.DB, id);
      throw new ApiError("last_owner", `nobody else owns: ${rooms.join(", ")}`);
    }
    waitUntil(wakeChore(env, chore));
    const sessions = await removeUser(env, id);
    // the chore closes what this does not reach
    waitUntil(
      closeSockets(env, id, sessions).catch((thrown) => logFailure("close the sockets of a deleted user", thrown)),
    );
    return { status: 202, body: null };
  },
);

/** The routes of this file. */
export const adminUsersRoutes: readonly Route[] = [list, one, change, signOut, remove];
