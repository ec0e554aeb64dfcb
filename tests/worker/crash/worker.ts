// The Worker of the crash suite: that of `npm start` (worker-ts/src/local.ts), with bindings, disk and clock that can be made to fail, with
// kernels on both stores, and with the workflows of the crash programs (tests/worker/workflow/app). Nothing in it is in production.

// the clock must be the jumped one before anybody looks at it
import "./clock";
import local, * as objects from "../../../worker-ts/src/local";
import { configureWorkflows } from "../../../worker-ts/src/workflow";
import { serveWorkflows } from "../workflow/app/routes";
import { workflows } from "../workflow/app/workflows/generated/index.mjs";
import { jumpedAlarms, setClock } from "./clock";
import { badBindings, badDisk, countedFaults, type Faults, setFaults } from "./faults";

/** Everything of the suite's own lies below it. */
const PREFIX = "/api/crash";
/** Kernels whose names begin so lie in D1. */
const ON_D1 = "d1-";

configureWorkflows({ workflows });

/** What the conductor asks for. */
interface Wanted extends Faults {
  /** How far (ms) the clock is ahead of the machine's. */
  readonly clockMs: number;
}

function set({ clockMs, ...faults }: Wanted): void {
  setClock(clockMs);
  setFaults(faults);
}

let begun = false;

/** The bindings as they are given to everything; with the first of them come the faults that a process starts with. */
function bindings<T extends object>(env: T): T {
  const { CRASH_FAULTS: first } = env as { readonly CRASH_FAULTS?: string };
  if (!begun && first !== undefined) set(JSON.parse(first));
  begun = true;
  return badBindings(env);
}

function prepared<T extends object>(state: DurableObjectState, env: T): T {
  jumpedAlarms(state);
  badDisk(state);
  return bindings(env);
}

export class RoomObject extends objects.RoomObject {
  constructor(state: DurableObjectState, env: Env) {
    super(state, prepared(state, env));
  }
}
export class RelayObject extends objects.RelayObject {
  constructor(state: DurableObjectState, env: Env) {
    super(state, prepared(state, env));
  }
}
export class KernelObject extends objects.KernelObject {
  constructor(state: DurableObjectState, env: Env) {
    const KERNEL_STORE = state.id.name?.startsWith(ON_D1) ? "d1" : "durable-object";
    super(state, { ...prepared(state, env), KERNEL_STORE });
  }
}
export class StreamObject extends objects.StreamObject {
  constructor(state: DurableObjectState, env: Env) {
    super(state, prepared(state, env));
  }
}
export class RunObject extends objects.RunObject {
  constructor(state: DurableObjectState, env: Env) {
    super(state, prepared(state, env));
  }
}

/** `POST /api/crash/faults` sets them; the answer says how often each has happened so far. */
async function serveFaults(request: Request): Promise<Response> {
  if (request.method === "POST") set(await request.json());
  return Response.json(countedFaults());
}

export default {
  async fetch(request, env, ctx) {
    const all = bindings(env);
    const { pathname } = new URL(request.url);
    if (pathname === `${PREFIX}/faults`) return serveFaults(request);
    if (pathname.startsWith(`${PREFIX}/`)) return serveWorkflows(request, pathname.slice(PREFIX.length), all, ctx);
    return local.fetch(request, all, ctx);
  },
  queue: (batch, env, ctx) => local.queue(batch, bindings(env), ctx),
  scheduled: (controller, env, ctx) => local.scheduled(controller, bindings(env), ctx),
} satisfies ExportedHandler<Env>;
