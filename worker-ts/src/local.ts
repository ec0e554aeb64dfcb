// The Worker of `npm start` and of the tests that need a real process: the Worker itself, and beside it the ways to break it on
// purpose (docs/inspect.md, "Try to break it"). Production starts at index.ts and never sees this file; a test looks.
import { makeApp, pages, routes } from "./app";
import worker from "./index";
import { deliver } from "./local/index";
import { localRoutes } from "./local/routes";
import { configureWorkflows, handleScheduled } from "./workflow";

export * from "./index";

const app = makeApp([...routes, ...pages, ...localRoutes]);

// workerd makes up a version at every start: here runs are labelled by what was compiled
configureWorkflows({ versionId: () => undefined });

/** The cron string of the watchdog. */
const EACH_MINUTE = "* * * * *";
let woken = false;

/** The first round of the watchdog wakes every open run: the local queue has forgotten what it held when the last process ended. */
async function scheduled(controller: ScheduledController, env: Env, ctx: ExecutionContext): Promise<void> {
  if (controller.cron !== EACH_MINUTE || woken) return worker.scheduled(controller, env, ctx);
  await handleScheduled(env, ctx, { all: true });
  woken = true;
}

export default {
  ...worker,
  scheduled,
  fetch: app.fetch,
  queue: (batch: MessageBatch, env: Env, ctx: ExecutionContext) =>
    deliver(batch, env, (some, bindings) => worker.queue(some, bindings, ctx)),
} satisfies ExportedHandler<Env>;
