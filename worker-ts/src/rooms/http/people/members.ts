// /api/rooms/:id/members: who is in a room, joining and leaving it, roles and bans. Who may make whom what is in membership/rules.ts.
import * as z from "zod";
import { findProfile, findProfiles, type Profile } from "../../../auth";
import { ApiError, type Bindings, type Caller, database, now, type Route, route } from "../../../platform";
import { type Changed, type ChangeRefusal, changeMember } from "../../membership/change";
import { countManaging } from "../../membership/rates";
import { listMembers, provideMember } from "../../membership/roster-table";
import type { Standing } from "../../membership/rules";
import type { Identity } from "../../operation";
import { identityOf, joinedRoom, type Readable, readableRoom, roomStub } from "../access";
import { memberShape, role, roomPath, toUser } from "../shapes";
import { fromCursor, pageQuery, toCursor } from "./list";

const SELF = "self";
const memberPath = roomPath.extend({ userId: z.string().min(1).max(64) });
const cursorParts = z.tuple([role, z.int(), z.string()]);

const list = route(
  {
    method: "GET",
    path: "/api/rooms/:id/members",
    summary:
      "Who is in a room: owners, moderators, members, each the newest first; moderators also see, at the end, who is banned.",
    access: "user",
    params: roomPath,
    query: pageQuery,
    answers: { 200: z.object({ members: z.array(memberShape), next: z.string().nullable() }) },
    errors: ["forbidden", "banned", "not_found"],
  },
  async ({ env, caller, params, query: { cursor, limit } }) => {
    const joined = await joinedRoom(env, params.id, caller);
    const place = fromCursor(cursor, cursorParts);
    const after = place && { role: place[0], joinedAt: place[1], userId: place[2] };
    const asked = { roomId: params.id, banned: joined.role !== "member", after, limit };
    const rows = await listMembers(database(env), asked);
    const shown = rows.slice(0, limit);
    const profiles = await findProfiles(
      env,
      shown.map(({ userId }) => userId),
    );
    const last = shown.at(-1);
    return {
      status: 200,
      body: {
        members: shown.map((row) => ({ user: profiles.get(row.userId) ?? goneUser(row.userId), ...roleOf(row) })),
        next: rows.length > limit && last ? toCursor(last.role, last.joinedAt, last.userId) : null,
      },
    };
  },
);

const change = route(
  {
    method: "PUT",
    path: "/api/rooms/:id/members/:userId",
    summary:
      "Joins a public room (`self`, or the caller's own id, as `member`; a member stays what it is), or gives a role: owners any, moderators ban members and unban.",
    access: "user",
    params: memberPath,
    body: z.object({ role }),
    answers: { 200: memberShape },
    errors: ["forbidden", "banned", "not_found", "last_owner", "conflict", "rate_limited"],
  },
  async ({ env, caller, params, body }) => {
    const readable = await readableRoom(env, params.id, caller);
    const own = isSelf(params.userId, caller);
    if (own && body.role === "member") return { status: 200, body: await join(env, readable, caller) };
    if (readable.role === null) throw new ApiError("forbidden", "join the room first");
    const profile = own ? toUser(caller) : await findProfile(env, params.userId);
    if (profile === null) throw new ApiError("not_found", "there is no such user");
    const changed = await makeIt(env, readable, caller, profile, body.role);
    return { status: 200, body: { user: profile, role: body.role, joinedAt: changed.joinedAt ?? 0 } };
  },
);

const remove = route(
  {
    method: "DELETE",
    path: "/api/rooms/:id/members/:userId",
    summary: "Leaves a room (`self`), sends somebody away, or ends a ban. Nobody becomes a member by it.",
    access: "user",
    params: memberPath,
    answers: { 204: null },
    errors: ["forbidden", "banned", "not_found", "last_owner", "conflict", "rate_limited"],
  },
  async ({ env, caller, params }) => {
    if (isSelf(params.userId, caller)) {
      // whoever has left a private room is a stranger to it, and may still say so twice
      const left = await changeMember(env.DB, wanted(params.id, caller, caller.userId, null));
      if (left === "not_found") await readableRoom(env, params.id, caller);
      else if (left === "forbidden") throw new ApiError("banned", "you are banned from this room");
      else await tell(env, params.id, caller, identityOf(caller), allowed(left));
      return { status: 204, body: null };
    }
    const readable = await readableRoom(env, params.id, caller);
    const profile = (await findProfile(env, params.userId)) ?? goneUser(params.userId);
    await makeIt(env, readable, caller, profile, null);
    return { status: 204, body: null };
  },
);

/** The routes of this file. */
export const membersRoutes: readonly Route[] = [list, change, remove];

const isSelf = (userId: string, caller: Caller) => userId === SELF || userId === caller.userId;

/** Somebody whose account went while a list was made, or before a room heard of it. */
const goneUser = (id: string): Profile => ({ id, name: "Deleted user", guest: false, avatarUrl: null });

const roleOf = ({ role, joinedAt }: Pick<z.infer<typeof memberShape>, "role" | "joinedAt">) => ({ role, joinedAt });

/** Makes the caller a member, who may come by themselves only where anybody may. */
async function join(env: Bindings, { room, role }: Readable, caller: Caller) {
  if (room.visibility === "private" && role === null) throw new ApiError("not_found", "there is no such room");
  const row = await provideMember(env.DB, room.id, caller.userId, now());
  if (row === undefined) throw new ApiError("not_found", "there is no such room");
  if (row.role === "banned") throw new ApiError("banned", "you are banned from this room");
  return { user: toUser(caller), ...roleOf(row) };
}

function wanted(roomId: string, caller: Caller, subjectId: string, to: Standing) {
  return { roomId, actorId: caller.userId, subjectId, to, now: now() };
}

/** Makes somebody something else. The room hears of it also where it was so already: the call before may have been cut short. */
async function makeIt(
  env: Bindings,
  { room }: Readable,
  caller: Caller,
  subject: Profile,
  to: Standing,
): Promise<Changed> {
  await countManaging(env, "change", caller.userId);
  const changed = allowed(await changeMember(env.DB, wanted(room.id, caller, subject.id, to)));
  const { id: userId, name, guest } = subject;
  await tell(env, room.id, caller, { userId, name, guest }, changed);
  return changed;
}

async function tell(
  env: Bindings,
  roomId: string,
  caller: Caller,
  subject: Identity,
  { to, roleAt }: Changed,
): Promise<void> {
  await roomStub(env, roomId).setRole({ subject, role: to, roleAt, by: identityOf(caller), joined: false });
}

const REFUSED: Readonly<Record<ChangeRefusal, string>> = {
  forbidden: "your role does not allow this",
  last_owner: "a room keeps an owner: make somebody else one first",
  not_found: "they are not in this room",
  conflict: "others change the same: try again",
};

function allowed(changed: Changed | ChangeRefusal): Changed {
  if (typeof changed === "string") throw new ApiError(changed, REFUSED[changed]);
  return changed;
}
