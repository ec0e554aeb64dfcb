// The twelve cases of @workflow/world-testing 5.0.0-beta.35, bodies unmodified, against our World in a running workerd with real (local)
// D1, R2, Queues and Durable Objects. tests/harness/workflow/world-testing.ts says how they are loaded.
import { afterAll, beforeAll, describe } from "vitest";
import { startWorkflowServer, type WorkflowServer } from "../harness/workflow/server.ts";
import { missingWorldTesting } from "../harness/workflow/world-testing.ts";
import { shareServer } from "../harness/workflow/world-testing-util.ts";

const missing = missingWorldTesting();
const createTestSuite =
  missing === undefined ? (await import("virtual:world-testing")).createTestSuite : () => undefined;

describe.skipIf(missing !== undefined)(missing ?? "WW1 @workflow/world-testing", () => {
  let server: WorkflowServer;

  beforeAll(async () => {
    server = await startWorkflowServer();
    shareServer(server);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  createTestSuite("@ferrule/worker/workflow");
});
