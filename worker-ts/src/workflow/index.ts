// The face of the workflow subsystem: durable programs on D1, Queues, R2 and Durable Objects.
export { handleDeadLetterBatch, handleQueueBatch, handleQueueMessage } from "./queue";
export { RunObject } from "./run-object";
export type { CloudflareEnv } from "./runtime/bindings";
export { getScope, type Scope } from "./runtime/scope";
export {
  type CompiledWorkflows,
  configureWorkflows,
  type StaleAges,
  type WorkflowSettings,
} from "./runtime/settings";
export { adoptRuns, countOpenRuns, ownerOfRun } from "./store/survey/open-runs";
export { StreamObject } from "./stream-object";
export { forgetOwners, handleScheduled, type WatchdogOptions } from "./watchdog";
export {
  createCloudflareWorld,
  createCloudflareWorld as createWorld,
  deploymentId,
  reserveRun,
  type StartOptions,
  type Workflows,
  withWorkflows,
} from "./world";
