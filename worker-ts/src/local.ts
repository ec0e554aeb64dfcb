// The Worker of `npm start` and of the tests that need a real process: the Worker itself, and beside it the ways to break it on
// purpose (docs/inspect.md, "Try to break it"). Production starts at index.ts and never sees this file; a test looks.
import { makeApp, pages, routes } from "./app";
import worker from "./index";
import { deliver } from "./local/index";
import { localRoutes } from "./local/routes";

export * from "./index";

const app = makeApp([...routes, ...pages, ...localRoutes]);

export default {
  ...worker,
  fetch: app.fetch,
  queue: (batch: MessageBatch, env: Env) => deliver(batch, env, worker.queue),
} satisfies ExportedHandler<Env>;
