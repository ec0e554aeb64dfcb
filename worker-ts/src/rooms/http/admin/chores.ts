// /api/admin/chores: work that was begun and is not finished, and beginning it again.
import * as z from "zod";
import { ApiError, type Route, route } from "../../../platform";
import { findChore, listOpenChores } from "../../chores/chore-table";
import { wakeChore } from "../../chores/chores";
import { addAuditOnce } from "../../directory/audit-table";
import { next, pageQuery, toNext } from "./list";
import { AGAIN_MS, noted } from "./noted";

/** Most characters of a chore's id: its kind and an id. */
const ID_MAX = 128;

const shape = z
  .object({
    id: z.string(),
    kind: z.string(),
    subject: z.string().meta({ description: "The room, or the user." }),
    at: z.int().nonnegative().meta({ description: "When it was put down." }),
    body: z.record(z.string(), z.unknown()).meta({
      description: "What is to be done; `after` is the room up to which it is done, `missed` one that failed.",
    }),
  })
  .meta({ id: "Chore" });

const list = route(
  {
    method: "GET",
    path: "/api/admin/chores",
    summary: "Work that is not finished: rooms to be removed, accounts to be erased. The oldest first.",
    access: "admin",
    query: pageQuery,
    answers: { 200: z.object({ chores: z.array(shape), next }) },
  },
  async ({ env, query: { cursor, limit } }) => {
    const page = await listOpenChores(env.DB, cursor, limit);
    return { status: 200, body: { chores: page.chores, next: toNext(page.next) } };
  },
);

const begin = route(
  {
    method: "POST",
    path: "/api/admin/chores/:id/begin",
    summary:
      "Begins a piece of work again. What of it is done stays done; asked twice within seconds, it is begun once.",
    access: "admin",
    params: z.object({ id: z.string().min(1).max(ID_MAX) }),
    answers: { 202: z.object({ begun: z.boolean() }) },
    errors: ["not_found"],
  },
  async ({ env, caller, params: { id } }) => {
    const chore = await findChore(env.DB, id);
    if (chore === undefined) throw new ApiError("not_found", "there is no such chore: it is done");
    const entry = { ...noted(caller), action: "begin_chore", subject: null, detail: { chore: id } } as const;
    const begun = await addAuditOnce(env.DB, entry, AGAIN_MS);
    if (begun) await wakeChore(env, chore);
    return { status: 202, body: { begun } };
  },
);

/** The routes of this file. */
export const choresRoutes: readonly Route[] = [list, begin];
