// /api/rooms/:id/read: how far the caller has read.
import * as z from "zod";
import { type Route, route } from "../../platform";
import { joinedRoom } from "./access";
import { roomPath, seq } from "./shapes";

const read = route(
  {
    method: "PUT",
    path: "/api/rooms/:id/read",
    summary:
      "Moves the caller's read mark up to a seq; one above the newest counts as the newest, and a mark never falls.",
    access: "user",
    params: roomPath,
    body: z.object({ seq }),
    answers: { 204: null },
    errors: ["forbidden", "banned", "not_found"],
  },
  async ({ env, caller, params, body }) => {
    const { stub, actor } = await joinedRoom(env, params.id, caller);
    await stub.read(actor, body.seq);
    return { status: 204, body: null };
  },
);

/** The routes of this file. */
export const readRoutes: readonly Route[] = [read];
