// The tables of workflows, as they lie on the disk of a server that is down. An event, the slot it has and the row that it changes are
// one transaction: at every moment the rows are what the events come to, and the events what the rows say.
import { join } from "node:path";
import { filesWith, rowsOf } from "../../../harness/archive.ts";

/** Events of a run `r`, or of one thing `x` of a run. */
const EVENTS = "SELECT count(*) FROM workflow_events e WHERE e.run_id";
const ofRun = (types: string) => `(${EVENTS} = r.id AND e.type IN (${types}))`;
const ofThing = (types: string) => `(${EVENTS} = x.run_id AND e.correlation_id = x.id AND e.type IN (${types}))`;
/** An event of that thing and type stands in this slot. */
const stands = (slot: string, type: string) =>
  `EXISTS (SELECT 1 FROM workflow_events e WHERE e.run_id = x.run_id AND e.slot = ${slot} AND e.correlation_id = x.id AND e.type = ${type})`;
/** Things that have an event of this type, and no row. */
const rowless = (type: string, table: string) =>
  `SELECT e.run_id || ' ' || e.correlation_id AS what FROM workflow_events e WHERE e.type = '${type}' AND NOT EXISTS (SELECT 1 FROM ${table} x WHERE x.run_id = e.run_id AND x.id = e.correlation_id)`;

const ENDED = "status IN ('completed', 'failed', 'cancelled')";
const THING = "x.run_id || ' ' || x.id";

/** Each finds what contradicts itself, and says what that is. */
const TORN: readonly (readonly [what: string, sql: string])[] = [
  [
    "the slots of a run are not those of its events",
    `SELECT r.id || ': the counter says ' || r.last_slot AS what FROM workflow_runs r WHERE r.last_slot <> (${EVENTS} = r.id)
       OR r.last_slot <> (SELECT max(slot) FROM workflow_events e WHERE e.run_id = r.id)`,
  ],
  [
    "events of no run",
    "SELECT e.run_id AS what FROM workflow_events e WHERE NOT EXISTS (SELECT 1 FROM workflow_runs r WHERE r.id = e.run_id)",
  ],
  [
    "a run is not as its events say",
    `SELECT r.id || ' is ' || r.status AS what FROM workflow_runs r
     WHERE (r.status <> 'pending') > ${ofRun("'run_started', 'run_failed', 'run_cancelled'")}
       OR ${ofRun("'run_created'")} <> 1 OR (r.status = 'pending') AND ${ofRun("'run_started'")} > 0
       OR (r.${ENDED}) <> ${ofRun("'run_completed', 'run_failed', 'run_cancelled'")}
       OR r.${ENDED} AND NOT EXISTS (SELECT 1 FROM workflow_events e WHERE e.run_id = r.id AND e.slot = r.terminal_slot AND e.type = 'run_' || r.status)`,
  ],
  [
    "a step is not as its events say",
    `SELECT ${THING} || ' is ' || x.status || ' at attempt ' || x.attempt AS what FROM workflow_steps x
     WHERE NOT ${stands("x.created_slot", "'step_created'")} OR x.attempt <> ${ofThing("'step_started'")}
       OR (x.${ENDED}) <> ${ofThing("'step_completed', 'step_failed'")}
       OR x.${ENDED} AND NOT ${stands("x.terminal_slot", "'step_' || x.status")}
       OR x.error_slot IS NOT NULL AND NOT ${stands("x.error_slot", "'step_retrying'")}`,
  ],
  ["a step has an event and no row", rowless("step_created", "workflow_steps")],
  [
    "a wait is not as its events say",
    `SELECT ${THING} || ' is ' || x.status AS what FROM workflow_waits x
     WHERE ${ofThing("'wait_created'")} <> 1 OR (x.status = 'completed') <> ${ofThing("'wait_completed'")}`,
  ],
  ["a wait has an event and no row", rowless("wait_created", "workflow_waits")],
  [
    "a hook that is alive is not in the log, or should be gone",
    `SELECT ${THING} AS what FROM workflow_hooks x WHERE NOT ${stands("x.created_slot", "'hook_created'")} OR ${ofThing("'hook_disposed'")} > 0
       OR EXISTS (SELECT 1 FROM workflow_runs r WHERE r.id = x.run_id AND r.${ENDED})`,
  ],
  [
    "a hook of an open run has an event and no row",
    `${rowless("hook_created", "workflow_hooks")}
       AND EXISTS (SELECT 1 FROM workflow_runs r WHERE r.id = e.run_id AND NOT r.${ENDED})
       AND NOT EXISTS (SELECT 1 FROM workflow_events d WHERE d.run_id = e.run_id AND d.correlation_id = e.correlation_id AND d.type = 'hook_disposed')`,
  ],
];

/** The database of workflows below a server's state. */
export const workflowFile = (state: string): string => filesWith(join(state, "v3/d1"), "workflow_runs")[0]!;

/** What contradicts itself: each of these is half of a transaction. */
export const tornTables = (file: string): string[] =>
  TORN.flatMap(([about, sql]) => rowsOf<{ what: string }>(file, sql).map(({ what }) => `${about}: ${what}`));

/** How much lies there. */
export function sizes(file: string): { readonly events: number; readonly steps: number; readonly waits: number } {
  const count = (table: string) => rowsOf<{ n: number }>(file, `SELECT count(*) AS n FROM ${table}`)[0]!.n;
  return { events: count("workflow_events"), steps: count("workflow_steps"), waits: count("workflow_waits") };
}
