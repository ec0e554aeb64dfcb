// GET /api/admin/kernels: every kernel that was ever begun. The list is kept for backups, because an object is found by nothing but its
// name; asking for it wakes no kernel, and begins none.
import * as z from "zod";
import { pageLimit, route } from "../../platform";

/** Most names of a page. */
const LIST_MAX = 100;
const LIST_DEFAULT = 25;
/** Most characters of a kernel's name. */
const NAME_MAX = 63;

const NAMES = "SELECT name AS id FROM backup_kernel WHERE name > ?1 ORDER BY name LIMIT ?2";

/** The route of this file. */
export const kernelsRoute = route(
  {
    method: "GET",
    path: "/api/admin/kernels",
    summary: "The kernels that were ever begun, by name.",
    access: "admin",
    query: z.object({
      cursor: z.string().max(NAME_MAX).default("").meta({ description: "`next` of the page before." }),
      limit: pageLimit(LIST_MAX, LIST_DEFAULT),
    }),
    answers: {
      200: z
        .object({ kernels: z.array(z.object({ id: z.string() })), next: z.string().nullable() })
        .meta({ id: "Kernels" }),
    },
  },
  async ({ env, query: { cursor, limit } }) => {
    const { results } = await env.DB.prepare(NAMES)
      .bind(cursor, limit + 1)
      .all<{ id: string }>();
    const kernels = results.slice(0, limit);
    return { status: 200, body: { kernels, next: results.length > limit ? kernels.at(-1)!.id : null } };
  },
);
