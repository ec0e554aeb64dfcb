// The World's storage on D1 and R2: reads from the tables' files, writes from `transition/`. One per invocation, so that its writes can
// leave together; it keeps nothing else in memory.
import type { Storage } from "@workflow/world";
import { createBatch } from "../transition/batch";
import type { EventRequest } from "../transition/command";
import { GroupCommit } from "../transition/commit";
import { createEvent } from "../transition/create";
import { makeEventReads } from "./events";
import { makeHookReads } from "./hooks";
import type { StoragePorts } from "./reader";
import { makeRunReads } from "./runs";
import { makeStepReads } from "./steps";

/** The storage of one invocation. */
export function createStorage(ports: StoragePorts): Storage {
  const group = new GroupCommit(ports);
  const { get, list, listByCorrelationId } = makeEventReads(ports);
  return {
    runs: makeRunReads(ports),
    steps: makeStepReads(ports),
    hooks: makeHookReads(ports),
    events: {
      create: ((runId: string | null, request: EventRequest, params?: Parameters<Storage["events"]["create"]>[2]) =>
        createEvent(ports, group, runId, request, params)) as Storage["events"]["create"],
      createBatch: (runId, events, params) => createBatch(ports, group, runId, events, params),
      get,
      list,
      listByCorrelationId,
    },
  };
}
