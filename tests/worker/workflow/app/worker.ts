// The Worker that @workflow/world-testing drives, and the chaos suite: the World and workflows of its own, nothing else of the house.
import { env } from "cloudflare:workers";
import {
  configureWorkflows,
  handleDeadLetterBatch,
  handleQueueBatch,
  handleScheduled,
} from "../../../../worker-ts/src/workflow";
import { CHAOS_STALE, deliverBadly, type TestEnv } from "./chaos";
import { countDeliveries, serveWorkflows } from "./routes";
import { workflows } from "./workflows/generated/index.mjs";

export { RunObject, StreamObject } from "../../../../worker-ts/src/workflow";
export { Deliveries } from "./chaos";

const isChaos = (env as TestEnv).CHAOS !== undefined;
configureWorkflows({ workflows, ...(isChaos ? { stale: CHAOS_STALE } : {}) });

export default {
  fetch: (request, env, ctx) => serveWorkflows(request, new URL(request.url).pathname, env, ctx),
  async queue(batch, env, ctx) {
    if (batch.queue.endsWith("-dead")) return handleDeadLetterBatch(batch, env, ctx);
    countDeliveries(batch);
    if (env.CHAOS !== undefined) return deliverBadly(batch, env, ctx);
    await handleQueueBatch(batch, env, ctx);
  },
  scheduled: async (_controller, env, ctx) => void (await handleScheduled(env, ctx)),
} satisfies ExportedHandler<TestEnv>;
