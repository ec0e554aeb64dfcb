// /api/users: who the caller is.
import * as z from "zod";
import { type Route, route } from "../../platform";
import { toUser, userShape } from "./shapes";

const me = route(
  {
    method: "GET",
    path: "/api/users/me",
    summary: "The caller; `email` is null for a guest.",
    access: "user",
    answers: { 200: userShape.extend({ email: z.string().nullable() }).meta({ id: "Me" }) },
  },
  async ({ caller }) => ({ status: 200, body: { ...toUser(caller), email: caller.email } }),
);

/** The routes of this file. */
export const usersRoutes: readonly Route[] = [me];
