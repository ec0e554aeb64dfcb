// /api/rooms/:id/ticket and /socket: who may open a socket, and the request that the room gets to see.
import * as z from "zod";
import { findSession, identify, issueTicket, requireUser } from "../../auth";
import {
  ApiError,
  type Bindings,
  type Caller,
  checkOrigin,
  logFailure,
  originOf,
  type Route,
  route,
} from "../../platform";
import { ADMISSION_HEADER, encodeAdmission } from "../admission";
import { enter } from "../relay/enter";
import { SUBPROTOCOL } from "../wire/protocol";
import { joinedRoom, roomStub } from "./access";
import { admit, ticketCaller } from "./admit";
import { roomPath } from "./shapes";

const TICKET_PREFIX = "ferrule.ticket.";

const refused = z.object({
  error: z.object({
    code: z.enum(["banned", "forbidden", "internal", "not_found", "room_full", "unauthenticated"]),
    message: z.string(),
  }),
});

const ticket = route(
  {
    method: "POST",
    path: "/api/rooms/:id/ticket",
    summary:
      "A ticket that opens one socket to this room within a minute, as the subprotocol `ferrule.ticket.<ticket>`.",
    access: "user",
    params: roomPath,
    answers: { 201: z.object({ ticket: z.string(), expiresAt: z.int(), url: z.url() }).meta({ id: "Ticket" }) },
    errors: ["forbidden", "banned", "not_found"],
  },
  async ({ env, caller, params, request }) => {
    const { room } = await joinedRoom(env, params.id, caller);
    const issued = await issueTicket(env, { room: room.id, user: caller.userId, session: caller.sessionId });
    const url = `${originOf(request).replace(/^http/, "ws")}/api/rooms/${room.id}/socket`;
    return { status: 201, body: { ...issued, url } };
  },
);

const socket = route(
  {
    method: "GET",
    path: "/api/rooms/:id/socket",
    summary: "Opens a WebSocket that speaks `ferrule.v1`; for members.",
    // looked up here: a ticket comes before bearer and cookie
    access: "public",
    params: roomPath,
    headers: {
      upgrade: "`websocket`",
      "sec-websocket-protocol": "`ferrule.v1`, and `ferrule.ticket.<ticket>` for those who have one.",
    },
    answers: { 101: null },
    errors: [
      "bad_subprotocol",
      "unauthenticated",
      "origin_refused",
      "forbidden",
      "banned",
      "not_found",
      "upgrade_required",
      "room_full",
    ],
  },
  async ({ env, request, params, identified, waitUntil }) => {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
      throw new ApiError("upgrade_required", "this address is for WebSockets");
    const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((entry) => entry.trim());
    if (!offered.includes(SUBPROTOCOL)) throw new ApiError("bad_subprotocol", `offer the subprotocol ${SUBPROTOCOL}`);
    checkOrigin(env, request);
    const shown = offered.find((entry) => entry.startsWith(TICKET_PREFIX))?.slice(TICKET_PREFIX.length);
    const { caller, ticket } =
      shown === undefined
        ? { caller: requireUser(await identify(env, request)) }
        : await ticketCaller(env, shown, params.id);
    identified(caller);
    const joined = await joinedRoom(env, params.id, caller);
    const admission = encodeAdmission(await admit(env, joined, caller, ticket));
    // A new request: nothing that the client sent goes on to the room, least of all an admission of its own making.
    const headers = { upgrade: "websocket", "sec-websocket-protocol": SUBPROTOCOL, [ADMISSION_HEADER]: admission };
    const relayOf = (n: number) => env.RELAY.getByName(`${params.id}/${n}`);
    const opened = await refusalOr(await enter(joined.stub, relayOf, `http://room/${params.id}`, headers));
    waitUntil(
      closeIfEnded(env, params.id, caller).catch((thrown) => logFailure("look whether a session has ended", thrown)),
    );
    return opened;
  },
);

/** The routes of this file. */
export const socketRoutes: readonly Route[] = [ticket, socket];

/** Closes what was opened while its session ended: that end may have come too late for the look-up, too early for the socket. */
async function closeIfEnded(env: Bindings, roomId: string, { sessionId, userId }: Caller): Promise<void> {
  if ((await findSession(env, sessionId, userId)) !== null) return;
  await roomStub(env, roomId).revoke({ userId, sessionId, error: "UNAUTHENTICATED" });
}

/** The opened socket as it came; a room's refusal as an ApiError, so that it gets the envelope of all refusals. */
async function refusalOr(response: Response): Promise<Response> {
  if (response.status === 101) return response;
  const refusal = refused.safeParse(await response.json().catch(() => undefined));
  if (refusal.success) throw new ApiError(refusal.data.error.code, refusal.data.error.message);
  throw new ApiError("internal", "the room failed", { cause: `the room answered ${response.status}` });
}
