// Pictures of people: /api/users/me/avatar sets one, /api/users/:id/avatar shows it, or initials for who has none.
import * as z from "zod";
import { findProfile, setAvatarUrl } from "../../../auth";
import { ApiError, type Bindings, now, type Route, randomBytes, route, toBase64url } from "../../../platform";
import { moveAvatar } from "../../files/avatars";
import { AVATAR_BYTES_MAX, avatarKey, ID_BYTES } from "../../files/fact";
import { NO_ROOM, reserveFile } from "../../files/file-table";
import { drawInitials } from "../../files/initials";
import { toUser, userShape } from "../shapes";
import { putBody, sentLength } from "./bytes";
import { namesTag } from "./conditions";

const PICTURE = "image/*";

/** A page shows many and asks for each: minutes old is good enough, and a new one has a new address. */
const CACHE = "private, max-age=300";

const userPath = z.object({ id: z.string().min(1).max(64) });

const set = route(
  {
    method: "PUT",
    path: "/api/users/me/avatar",
    summary: `Sets the caller's picture: PNG, JPEG, GIF, WebP or AVIF of at most ${AVATAR_BYTES_MAX} bytes.`,
    access: "user",
    bodyType: PICTURE,
    headers: { "content-length": "How many bytes will come; exactly as many must." },
    answers: { 200: userShape },
    errors: ["bad_request", "length_required", "rate_limited"],
  },
  async ({ env, caller, request }) => {
    const size = sentLength(request, AVATAR_BYTES_MAX);
    const upload = { id: toBase64url(randomBytes(ID_BYTES)), name: "", size: 0 };
    const retryAfterMs = await reserveFile(env.DB, { room: NO_ROOM, userId: caller.userId }, upload, now());
    if (retryAfterMs > 0) throw new ApiError("rate_limited", "that was one upload too many", { retryAfterMs });
    await putBody(env.FILES, avatarKey(caller.userId), request, size, (picture) => {
      if (picture === null)
        throw new ApiError("bad_request", "this is no picture of a kind that is known", { field: "body" });
    });
    const avatarUrl = addressOf(env, request, caller.userId);
    if (!(await setAvatarUrl(env, caller.userId, avatarUrl))) {
      // the account went while the bytes came; nothing else would ever find them
      await env.FILES.delete(avatarKey(caller.userId));
      throw new ApiError("unauthenticated", "this account is gone");
    }
    return { status: 200, body: { ...toUser(caller), avatarUrl } };
  },
);

const remove = route(
  {
    method: "DELETE",
    path: "/api/users/me/avatar",
    summary: "Removes the caller's picture; initials stand in its place.",
    access: "user",
    answers: { 204: null },
  },
  async ({ env, caller }) => {
    await setAvatarUrl(env, caller.userId, null);
    await env.FILES.delete(avatarKey(caller.userId));
    return { status: 204, body: null };
  },
);

const show = route(
  {
    method: "GET",
    path: "/api/users/:id/avatar",
    summary: "The picture of a user, or drawn initials.",
    access: "user",
    params: userPath,
    headers: { "if-none-match": "The `etag` of an answer before." },
    contentType: PICTURE,
    answers: { 200: z.string(), 304: null },
    errors: ["not_found"],
  },
  async ({ env, caller, params, request }) => {
    const profile = await findProfile(env, params.id === "me" ? caller.userId : params.id);
    if (profile === null) throw new ApiError("not_found", "there is no such user");
    const headers = new Headers({ "content-security-policy": "sandbox", "cache-control": CACHE });
    const object = await env.FILES.get(avatarKey(profile.id));
    if (object === null) {
      headers.set("content-type", "image/svg+xml");
      return new Response(drawInitials(profile.id, profile.name), { headers });
    }
    headers.set("etag", object.httpEtag);
    if (namesTag(request.headers.get("if-none-match"), object.httpEtag)) {
      await object.body.cancel();
      return new Response(null, { status: 304, headers });
    }
    headers.set("content-type", object.httpMetadata?.contentType ?? "application/octet-stream");
    return new Response(object.body, { headers });
  },
);

/** The routes of this file. */
export const avatarsRoutes: readonly Route[] = [set, remove, show];

/** A guest became a user, who keeps the guest's picture unless there was one of their own. */
export async function adoptAvatar(env: Bindings, guestId: string, userId: string): Promise<void> {
  const guest = await findProfile(env, guestId);
  const moved = await moveAvatar(env.FILES, guestId, userId);
  if (!moved || guest?.avatarUrl == null) return;
  await setAvatarUrl(env, userId, guest.avatarUrl.replace(encodeURIComponent(guestId), encodeURIComponent(userId)));
}

/** Where people find the picture that was set just now. */
function addressOf(env: Bindings, request: Request, userId: string): string {
  const { origin } = new URL(env.BETTER_AUTH_URL || request.url);
  return `${origin}/api/users/${encodeURIComponent(userId)}/avatar?v=${now()}`;
}
