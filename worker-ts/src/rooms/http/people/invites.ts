// /api/rooms/:id/invites and /api/invites/:token: the way into private rooms. Only the token's hash is kept; whoever has the token and
// is signed in comes in by it, while who made it could still let them in.
import * as z from "zod";
import {
  ApiError,
  type Bindings,
  type Caller,
  database,
  digest,
  now,
  originOf,
  type Route,
  randomBytes,
  route,
  toBase64url,
} from "../../../platform";
import { findRoom, type RoomFound } from "../../directory/room-table";
import { acceptInvite, addInvite, findInvitation, INVITES_PER_ROOM_MAX } from "../../membership/invite-table";
import { countManaging } from "../../membership/rates";
import { identityOf, moderatedRoom, roomStub } from "../access";
import { roomPath, roomShape, toRoom } from "../shapes";

const TOKEN_BYTES = 32;
/** Those bytes as base64url. */
const TOKEN = /^[\w-]{43}$/;
const DAY_MS = 86_400_000;
const LIFE_MS = 7 * DAY_MS;
/** Longer than this nobody remembers whom it was meant for. */
const LIFE_MS_MAX = 30 * DAY_MS;
const USES_MAX = 1_000;

const made = z
  .object({ token: z.string(), url: z.url(), expiresAt: z.int() })
  .meta({ id: "Invite", description: "The token is shown here, once." });

const make = route(
  {
    method: "POST",
    path: "/api/rooms/:id/invites",
    summary:
      "Makes an invitation; for moderators. One that makes moderators is for owners. By default for one member, for 7 days.",
    access: "user",
    params: roomPath,
    body: z.strictObject({
      role: z.enum(["member", "moderator"]).default("member"),
      expiresAt: z.int().optional().meta({ description: "ms since 1970; 30 days from now at the latest." }),
      uses: z.int().min(1).max(USES_MAX).default(1),
    }),
    answers: { 201: made },
    errors: ["forbidden", "banned", "not_found", "conflict", "rate_limited"],
  },
  async ({ env, caller, params, body, request }) => {
    const { role } = await moderatedRoom(env, params.id, caller);
    if (body.role === "moderator" && role !== "owner")
      throw new ApiError("forbidden", "only an owner may invite moderators");
    await countManaging(env, "invite", caller.userId);
    const createdAt = now();
    const expiresAt = body.expiresAt ?? createdAt + LIFE_MS;
    if (expiresAt <= createdAt || expiresAt > createdAt + LIFE_MS_MAX)
      throw new ApiError("bad_request", "an invitation ends within 30 days from now", { field: "expiresAt" });
    const token = toBase64url(randomBytes(TOKEN_BYTES));
    const terms = {
      roomId: params.id,
      role: body.role,
      createdBy: caller.userId,
      createdAt,
      expiresAt,
      uses: body.uses,
    };
    if (!(await addInvite(env.DB, { ...terms, tokenHash: await digest(token) })))
      throw new ApiError("conflict", `a room may have ${INVITES_PER_ROOM_MAX} open invitations`);
    return { status: 201, body: { token, url: `${originOf(request)}/invite/${token}`, expiresAt } };
  },
);

const accept = route(
  {
    method: "POST",
    path: "/api/invites/:token",
    summary: "Comes into a room by an invitation; a member stays what it is, and takes no use of it.",
    access: "user",
    params: z.object({ token: z.string().regex(TOKEN) }),
    answers: { 200: roomShape },
    errors: ["banned", "not_found"],
  },
  async ({ env, caller, params }) => {
    const tokenHash = await digest(params.token);
    const invitation = await findInvitation(env.DB, tokenHash, caller.userId);
    if (invitation === null) throw noInvitation();
    const { roomId } = invitation;
    const entered =
      invitation.role === null ? await acceptInvite(env.DB, tokenHash, roomId, caller.userId, now()) : null;
    // also for who had come before: the call that let them in may have been cut short
    const { room, role, roleAt } = await memberOf(env, roomId, caller);
    if (entered !== null || (room.visibility === "private" && role !== "owner"))
      await roomStub(env, roomId).setRole({
        ...{ subject: identityOf(caller), role, roleAt, by: identityOf(caller) },
        joined: true,
      });
    return { status: 200, body: toRoom(room, role) };
  },
);

/** The routes of this file. */
export const invitesRoutes: readonly Route[] = [make, accept];

const noInvitation = () => new ApiError("not_found", "there is no such invitation, or it has ended");

/** The room as a member of it sees it; whoever is none now has not come in. */
async function memberOf(env: Bindings, roomId: string, caller: Caller) {
  const found: RoomFound | undefined = await findRoom(database(env), roomId, caller.userId);
  if (found?.role === "banned") throw new ApiError("banned", "you are banned from this room");
  if (found === undefined || found.role === null || found.roleAt === null) throw noInvitation();
  const { room, role, roleAt } = found;
  return { room, role, roleAt };
}
