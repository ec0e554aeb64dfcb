// The HTTP side of workflows: their API, the webhook's address, and the page of one run. What each does is in http/.
import { type Mounted, page, type Route } from "../platform";
import { eventsRoutes } from "./http/events";
import { hooksRoutes, webhook } from "./http/hooks";
import { runsRoutes } from "./http/runs";
import { streamsRoutes } from "./http/streams";
import { stuckRoutes } from "./http/stuck";

/** The routes of workflows; those of runs and hooks stand before the one that takes any name. */
export const workflowRoutes: readonly Route[] = [
  ...stuckRoutes,
  ...hooksRoutes,
  ...eventsRoutes,
  ...streamsRoutes,
  ...runsRoutes,
];

/** The page of one run, which is one file whatever the run; `/workflows` is a file of its own. */
const runPage = page("GET", "/runs/:id", async ({ env, request }) =>
  env.ASSETS.fetch(new Request(new URL("/run", request.url), { headers: request.headers })),
);

/** What is mounted beside the API. */
export const workflowPages: readonly Mounted[] = [webhook, runPage];
