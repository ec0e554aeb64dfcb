// Waits: rows to waits. The World has no reads of them; what changes one is in `transition/`.
import type { Wait } from "@workflow/world";

/** What a wait's row says. */
export interface WaitRow {
  readonly run_id: string;
  readonly id: string;
  readonly status: Wait["status"];
  readonly resume_at: number;
  readonly created_at: number;
  readonly completed_at: number | null;
}

/** What a write of a wait hands back of its row. */
export const WAIT_RETURNING = "run_id, id, status, resume_at, created_at, completed_at";

/** A wait from its row. */
export function waitOf(row: WaitRow, specVersion: number): Wait {
  return {
    waitId: row.id,
    runId: row.run_id,
    status: row.status,
    resumeAt: new Date(row.resume_at),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.completed_at ?? row.created_at),
    ...(row.completed_at === null ? {} : { completedAt: new Date(row.completed_at) }),
    specVersion,
  };
}
