// /api/admin/now: figures to be looked at every few seconds. What it reads does not grow with rooms or people.
import * as z from "zod";
import { now, type Route, route } from "../../../platform";
import { countDeadLetters } from "../../archive/dead-letters";
import { oldestChore } from "../../chores/chore-table";
import { readSums } from "../../directory/metric-table";
import { REFUSALS } from "../../log/totals";
import { queueShape, queueStandings } from "./queues";

const count = z.int().nonnegative();
const time = z.int().nonnegative();

/** Sums that are told as they stand. */
const TOLD = ["messages", "deliveries", "opened", "resumed", "reset", "lagging", "batches", "retries", "dead"] as const;

const figures = route(
  {
    method: "GET",
    path: "/api/admin/now",
    summary:
      "Figures that are cheap to ask for again and again. What rooms have counted comes from the archive, some seconds late.",
    access: "admin",
    answers: {
      200: z
        .object({
          at: time,
          counts: z.record(z.enum(TOLD), count).meta({ description: "Counted ever, over all rooms." }),
          refused: z.record(z.string(), count).meta({ description: "Frames and writes refused ever, by code." }),
          unarchived: count.meta({ description: "Entries that only the rooms have." }),
          queues: z.array(queueShape),
          deadLetters: z.array(z.object({ queue: z.string(), total: count, waiting: count })),
          chores: z.object({ count, oldestAt: time.nullable() }),
        })
        .meta({ id: "Now" }),
    },
  },
  async ({ env }) => {
    const [sums, queues, deadLetters, chores] = await Promise.all([
      readSums(env.DB),
      queueStandings(env),
      countDeadLetters(env.DB),
      oldestChore(env.DB),
    ]);
    const sum = (name: string) => sums.get(name) ?? 0;
    const counts = Object.fromEntries(TOLD.map((name) => [name, sum(name)])) as Record<(typeof TOLD)[number], number>;
    const refused = Object.fromEntries(REFUSALS.map((name) => [name.slice("refused_".length), sum(name)]));
    const unarchived = Math.max(0, sum("entries") - sum("archived"));
    return { status: 200, body: { at: now(), counts, refused, unarchived, queues, deadLetters, chores } };
  },
);

/** The routes of this file. */
export const nowRoutes: readonly Route[] = [figures];
