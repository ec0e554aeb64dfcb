// Routes for admins: runs that lie where somebody should work on them, and waking one. What is stuck is the watchdog's to say.
import * as z from "zod";
import { ApiError, now, type Route, route } from "../../platform";
import { QUEUE_PREFIX } from "../runtime/envelope";
import { getScope, runInScope } from "../runtime/scope";
import { STALE, workflowSettings } from "../runtime/settings";
import { findStaleRuns } from "../store/survey/stale";
import { findRunSummary, listSummariesOf } from "../store/survey/summary";
import { noSuch, portsOf, scopeOf } from "./access";
import { refusing } from "./errors";
import { runBody, runParams, runShape } from "./shapes";

/** Runs that are told at once: those that have lain longest. */
const STUCK_MAX = 50;
/** One who wakes a run twice within this time (ms), or two who do, wake it once. */
const AGAIN_MS = 10_000;

const stuck = route(
  {
    method: "GET",
    path: "/api/admin/runs/stuck",
    summary: `Open runs that nobody works on although somebody should, by the watchdog's rules; ${STUCK_MAX} at most, those that have lain longest first.`,
    access: "admin",
    answers: {
      200: z
        .object({ runs: z.array(runShape), more: z.boolean().meta({ description: "There are more than are told." }) })
        .meta({ id: "StuckRuns" }),
    },
  },
  async (asked) => {
    const ports = portsOf(scopeOf(asked));
    const ages = { ...STALE, ...workflowSettings().stale };
    const body = await refusing(async () => {
      const found = await findStaleRuns(ports, { now: now(), ages, all: false, limit: STUCK_MAX + 1 });
      const told = found.slice(0, STUCK_MAX).map(({ runId }) => runId);
      const rows = await listSummariesOf(ports, told);
      return { runs: rows.map((row) => runBody(row, asked.env, true)), more: found.length > STUCK_MAX };
    });
    return { status: 200, body };
  },
);

const wake = route(
  {
    method: "POST",
    path: "/api/admin/runs/:id/wake",
    summary: "Wakes an open run: it looks at its log and goes on. One that has nothing to do goes on waiting.",
    access: "admin",
    params: runParams,
    answers: { 202: z.object({ woken: z.boolean().meta({ description: "False: it was woken a moment ago." }) }) },
    errors: ["not_found", "conflict"],
  },
  async (asked) => {
    const { env, caller, params } = asked;
    const scope = scopeOf(asked);
    const run = await findRunSummary(portsOf(scope), params.id);
    if (run === undefined) throw noSuch("run");
    if (run.status !== "pending" && run.status !== "running") throw new ApiError("conflict", "the run has ended");
    const first = await workflowSettings().note?.(env, caller?.userId ?? null, run.id);
    if (first === false) return { status: 202, body: { woken: false } };
    // a key of its own for each while: one that a lost message holds must not hold this one up
    const idempotencyKey = `admin:${run.last_slot}:${Math.floor(now() / AGAIN_MS)}`;
    await refusing(() =>
      runInScope(scope, async () => {
        const queue = `${QUEUE_PREFIX}${run.name}`;
        return getScope().sender.send(queue as never, { runId: run.id }, { idempotencyKey }, {});
      }),
    );
    return { status: 202, body: { woken: true } };
  },
);

/** Routes of stuck runs. */
export const stuckRoutes: readonly Route[] = [stuck, wake];
