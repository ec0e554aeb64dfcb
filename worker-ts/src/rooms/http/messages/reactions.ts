// /api/rooms/:id/messages/:seq/reactions/:emoji and …/pin: marks on messages. Setting what is set already changes nothing.
import * as z from "zod";
import { ApiError, type Bindings, type Caller, type Route, route } from "../../../platform";
import { emoji, messagePath } from "../shapes";
import { applyIn, KEY_HEADER, keyOf, WRITE_ERRORS } from "./write";

const REACTION = "/api/rooms/:id/messages/:seq/reactions/:emoji";
const PIN = "/api/rooms/:id/messages/:seq/pin";

const reactionPath = messagePath.extend({
  emoji: z.string().meta({ description: "Percent-encoded: any emoji, or a `:name:`, of at most 64 bytes." }),
});
const reactionErrors = ["bad_request", "too_large", ...WRITE_ERRORS] as const;

const reaction = {
  path: REACTION,
  access: "user",
  params: reactionPath,
  headers: KEY_HEADER,
  answers: { 204: null },
  errors: reactionErrors,
} as const;
const pin = {
  path: PIN,
  access: "user",
  params: messagePath,
  answers: { 204: null },
  errors: ["forbidden", "banned", "room_closed", "not_found", "rate_limited"],
} as const;

/** The routes of this file. */
export const reactionsRoutes: readonly Route[] = [
  route({ ...reaction, method: "PUT", summary: "Adds the caller's reaction to a message." }, (call) =>
    react(call, true),
  ),
  route({ ...reaction, method: "DELETE", summary: "Takes the caller's reaction away." }, (call) => react(call, false)),
  route(
    {
      ...pin,
      method: "PUT",
      summary: "Pins a message; for moderators.",
      errors: [...pin.errors, "too_many_pins"],
    },
    (call) => setPin(call, true),
  ),
  route({ ...pin, method: "DELETE", summary: "Takes a message from the pinned ones; for moderators." }, (call) =>
    setPin(call, false),
  ),
];

interface Call<P> {
  readonly env: Bindings;
  readonly caller: Caller;
  readonly params: P;
  readonly request: Request;
}

const NOTHING = { status: 204, body: null } as const;

async function react({ env, caller, params, request }: Call<z.output<typeof reactionPath>>, on: boolean) {
  const { id, seq: target } = params;
  const found = emojiOf(request);
  await applyIn(env, caller, id, { type: "react", id: keyOf(request).id, target, emoji: found, on });
  return NOTHING;
}

async function setPin({ env, caller, params }: Call<z.output<typeof messagePath>>, on: boolean) {
  const { id, seq: target } = params;
  await applyIn(env, caller, id, { type: "pin", target, on });
  return NOTHING;
}

/** The emoji at the end of the address. Read here, because an address that is no UTF-8 is refused and not guessed at. */
function emojiOf(request: Request): string {
  const { pathname } = new URL(request.url);
  const found = emoji.safeParse(decoded(pathname.slice(pathname.lastIndexOf("/") + 1)));
  if (found.success) return found.data;
  throw new ApiError("bad_request", found.error.issues[0]?.message ?? "not valid", { field: "emoji" });
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
