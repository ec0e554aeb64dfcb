// Routes of a run's log: a page of it, and what comes, live.
import * as z from "zod";
import { pageLimit, type Route, route } from "../../platform";
import { followEvents } from "../runtime/follow";
import { getVisibleRun, scopeOf } from "./access";
import { refusing } from "./errors";
import { CURSOR_MAX, PAGE_DEFAULT, PAGE_MAX } from "./limits";
import { eventBody, eventShape, runParams } from "./shapes";
import { eventResponse, eventText, HEARTBEAT, lastEventId, type Parts } from "./sse";

const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);

const events = route(
  {
    method: "GET",
    path: "/api/workflow/runs/:id/events",
    summary: "A run's log, the oldest first, without payloads.",
    access: "user or admin",
    params: runParams,
    query: z.object({
      cursor: z.string().max(CURSOR_MAX).optional(),
      limit: pageLimit(PAGE_MAX, PAGE_DEFAULT),
    }),
    answers: {
      200: z
        .object({
          events: z.array(eventShape),
          next: z.string().nullable().meta({ description: "Null at the end of what there is now." }),
        })
        .meta({ id: "WorkflowEvents" }),
    },
  },
  async (asked) => {
    const scope = scopeOf(asked);
    const { run, mayAct } = await getVisibleRun(asked, scope, asked.params.id);
    const { cursor, limit } = asked.query;
    const pagination = { limit, ...(cursor === undefined ? {} : { cursor }) };
    const page = await refusing(() => scope.storage.events.list({ runId: run.id, pagination, resolveData: "none" }));
    const events = page.data.map((event) => eventBody(event, mayAct));
    return { status: 200, body: { events, next: page.hasMore ? page.cursor : null } };
  },
);

const live = route(
  {
    method: "GET",
    path: "/api/workflow/runs/:id/live",
    summary: "A run's log as server-sent events, on as it grows; the last one is `end`.",
    access: "user or admin",
    params: runParams,
    headers: { "last-event-id": "The slot behind which it begins." },
    contentType: "text/event-stream",
    answers: { 200: z.string().meta({ description: "Events of the shape WorkflowEvent; a slot is an event's id." }) },
  },
  async (asked) => {
    const scope = scopeOf(asked);
    const { run, mayAct } = await getVisibleRun(asked, scope, asked.params.id);
    const from = { slot: lastEventId(asked.request) ?? 0, ended: ENDED.has(run.status) };
    return eventResponse(liveParts(followEvents(scope.storage.events, run.id, from), mayAct));
  },
);

/** Groups of events as text; `end` when there will be no more, and nothing when the reader is to come again. */
function liveParts(groups: ReturnType<typeof followEvents>, mayAct: boolean): Parts {
  let told = false;
  return {
    async next() {
      if (told) return undefined;
      const { done, value } = await groups.next();
      if (!done) {
        const texts = value
          .map((event) => eventBody(event, mayAct))
          .map((event) => eventText({ id: event.slot, data: event }));
        return texts.length === 0 ? HEARTBEAT : texts.join("");
      }
      told = true;
      return value === "over" ? eventText({ event: "end", data: null }) : undefined;
    },
    stop: () => groups.return("again"),
  };
}

/** Routes of the log. */
export const eventsRoutes: readonly Route[] = [events, live];
