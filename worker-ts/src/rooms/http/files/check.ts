// POST /api/admin/files/check: reads files again and tells which are not what was uploaded. It removes nothing.
import * as z from "zod";
import { type Route, route } from "../../../platform";
import { checkFiles } from "../../files/check";
import { next, pageQuery, toNext } from "../admin/list";

const count = z.int().nonnegative();

const check = route(
  {
    method: "POST",
    path: "/api/admin/files/check",
    summary: "Reads the files of a page again and compares them with their sums; removes nothing.",
    access: "admin",
    query: pageQuery,
    answers: {
      200: z
        .object({
          files: count.meta({ description: "Files looked at." }),
          bytes: count,
          damaged: z.array(
            z.object({
              room: z.string(),
              id: z.string(),
              name: z.string(),
              damage: z.enum(["missing", "length", "sum"]).meta({
                description: "The bytes are not there, not as many, or others than were uploaded.",
              }),
            }),
          ),
          next,
        })
        .meta({ id: "FileCheck" }),
    },
  },
  async ({ env, query: { cursor, limit } }) => {
    const { next: place, ...found } = await checkFiles(env, cursor ?? 0, limit);
    return { status: 200, body: { ...found, next: toNext(place) } };
  },
);

/** The routes of this file. */
export const checkRoutes: readonly Route[] = [check];
