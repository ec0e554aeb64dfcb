// The Worker that is measured: our World, or with BENCH_WORLD=memory the oracle of the tests in its place, whose time is what core and workerd
// cost alone. Beside them the two streams that ours are compared with.
import {
  type CloudflareEnv,
  configureWorkflows,
  createCloudflareWorld,
  handleDeadLetterBatch,
  handleQueueBatch,
  withWorkflows,
} from "../../../../worker-ts/src/workflow";
import { workflows } from "../workflow-app/generated/index.mjs";
import { type Exercise, type Exercised, exercise, timeStreams } from "./exercise";
import { inMemory } from "./memory";
import { bareStreams, type StreamPeerEnv, strawman } from "./streams";

export { RunObject, StreamObject } from "../../../../worker-ts/src/workflow";
export { BareStream } from "./streams";

/** The Worker's bindings. */
type BenchEnv = CloudflareEnv & StreamPeerEnv & { readonly BENCH_WORLD?: string };

const world = createCloudflareWorld();
let configured = false;

function configure({ BENCH_WORLD }: BenchEnv): void {
  if (configured) return;
  configured = true;
  configureWorkflows({ workflows, ...(BENCH_WORLD === "memory" ? inMemory() : {}) });
}

async function run(what: Exercise & { readonly peer?: string }, env: BenchEnv, ctx: ExecutionContext) {
  if (what.peer !== undefined)
    return timeStreams(what.peer === "strawman" ? strawman(env) : bareStreams(env, what.peer === "stored"), what);
  return withWorkflows(env, ctx, (runtime) =>
    exercise(
      {
        ...runtime,
        ids: workflows.ids,
        world: world as unknown as Exercised["world"],
      },
      what,
    ),
  );
}

export default {
  async fetch(request, env, ctx) {
    configure(env);
    try {
      return Response.json(await run(await request.json(), env, ctx));
    } catch (error) {
      return new Response((error as Error).stack, { status: 500 });
    }
  },
  async queue(batch, env, ctx) {
    configure(env);
    if (batch.queue.endsWith("-dead")) await handleDeadLetterBatch(batch, env, ctx);
    else await handleQueueBatch(batch, env, ctx);
  },
} satisfies ExportedHandler<BenchEnv>;
