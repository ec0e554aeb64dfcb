// The bindings a World stands on. Types only.
import type { StreamBindings } from "../streamer/answer";

/** What workflows need of a Worker's environment. */
export interface CloudflareEnv {
  /** The tables of `migrations/workflow`. */
  readonly WORKFLOW_DB: D1Database;
  readonly WORKFLOW_QUEUE: Queue;
  /** Where messages go that nobody understands. */
  readonly WORKFLOW_DEAD_QUEUE: Queue;
  /** Large payloads, large messages, sealed streams. */
  readonly WORKFLOW_BUCKET: R2Bucket;
  /** `StreamObject`, an object per stream. */
  readonly WORKFLOW_STREAM: StreamBindings["WORKFLOW_STREAM"];
  /** `RunObject`, an object per run. */
  readonly WORKFLOW_RUN?: {
    getByName(runId: string): {
      wait(timeoutMs: number): Promise<string | null>;
      notify(status: string): Promise<void>;
    };
  };
  /** At least 32 characters; with it payloads are encrypted, a key for each run. Changing it makes old runs unreadable. */
  readonly WORKFLOW_ENCRYPTION_SECRET?: string;
  /** How long (ms) the consumer holds a message before it acknowledges and goes on behind it. 0 or nothing: to the end. */
  readonly WORKFLOW_QUEUE_HOLD_MS?: string;
}
