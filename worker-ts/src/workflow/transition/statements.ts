// The SQL of transitions: constant strings on the raw D1 binding. The first statement of a transition is its guard; each later one runs
// only if the one before changed a row (`changes()` sees the statement before it in the same transaction). ?1 is always the run and,
// where there is one, ?2 the time. Which statements make up a transition is in rules.ts.
import { ATTRIBUTE_MAX_PER_RUN } from "@workflow/world/attributes-validation";
import { SPEC_READ_MAX } from "../limits";
import { HOOK_RETURNING } from "../store/hooks";
import { STEP_RETURNING } from "../store/steps";
import { WAIT_RETURNING } from "../store/waits";

/** A run that may go on, and whose spec we read. */
const OPEN = `status IN ('pending', 'running') AND spec_version <= ${SPEC_READ_MAX}`;
const RUN_IS_OPEN = `EXISTS (SELECT 1 FROM workflow_runs WHERE id = ?1 AND ${OPEN})`;
const RUN_IS_READ = `EXISTS (SELECT 1 FROM workflow_runs WHERE id = ?1 AND spec_version <= ${SPEC_READ_MAX})`;

/** What a transition does to the counter. */
const NEXT = "last_slot = last_slot + 1, last_event_at = max(last_event_at, ?2)";
/** Slot and time that the event of this transition will have, seen from another table. */
const SLOT = "(SELECT last_slot + 1 FROM workflow_runs WHERE id = ?1)";
const TIME = "(SELECT max(last_event_at, ?2) FROM workflow_runs WHERE id = ?1)";

/** S: gives slots. ?3 how many */
export const ADVANCE =
  "UPDATE workflow_runs SET last_slot = last_slot + ?3, last_event_at = max(last_event_at, ?2) WHERE id = ?1 AND changes() = 1";

const append = (slot: string) =>
  `INSERT INTO workflow_events (run_id, slot, type, correlation_id, resume_id, resume_digest, spec_version, created_at, payload_bytes, payload_ref, meta, payload) SELECT id, ${slot}, ?2, ?3, ?4, ?5, ?6, last_event_at, ?7, ?8, ?9, ?10 FROM workflow_runs WHERE id = ?1 AND changes() = 1 RETURNING slot, created_at`;
/** E: appends at the slot just given. ?2 type · ?3 correlation · ?4 resume · ?5 digest · ?6 spec · ?7 bytes · ?8 ref · ?9 meta · ?10 payload */
export const APPEND = append("last_slot");
/** The same, one slot before: the first of two. */
export const APPEND_BEFORE = append("last_slot - 1");

/** ?3 name · ?4 deployment · ?5 spec · ?6 owner · ?7 execution context · ?8 attributes · ?9 public key */
export const ADD_RUN =
  "INSERT INTO workflow_runs (id, name, status, deployment_id, spec_version, owner_id, execution_context, attributes, public_key, last_slot, last_event_at, created_at) VALUES (?1, ?3, 'pending', ?4, ?5, ?6, ?7, ?8, ?9, 1, ?2, ?2) ON CONFLICT DO NOTHING";
export const START_RUN = `UPDATE workflow_runs SET status = 'running', started_at = max(last_event_at, ?2), ${NEXT} WHERE id = ?1 AND status = 'pending' AND spec_version <= ${SPEC_READ_MAX}`;
/** ?3 status · ?4 error code */
export const END_RUN = `UPDATE workflow_runs SET status = ?3, error_code = ?4, completed_at = max(last_event_at, ?2), terminal_slot = last_slot + 1, ${NEXT} WHERE id = ?1 AND ${OPEN}`;
/** A run that is over holds no token. */
export const DROP_HOOKS = "DELETE FROM workflow_hooks WHERE run_id = ?1 AND changes() = 1";
/** ?3 changes as a merge patch · ?4 correlation id that counts once */
export const SET_ATTRIBUTES = `UPDATE workflow_runs SET attributes = json_patch(attributes, ?3), ${NEXT} WHERE id = ?1 AND ${OPEN} AND (?4 IS NULL OR NOT EXISTS (SELECT 1 FROM workflow_events e WHERE e.run_id = ?1 AND e.correlation_id = ?4 AND e.type = 'attr_set')) AND (SELECT count(*) FROM json_each(json_patch(attributes, ?3))) <= ${ATTRIBUTE_MAX_PER_RUN}`;

/** ?3 step · ?4 name · ?5 status · ?6 attempt. One that is born running started now. */
export const ADD_STEP = `INSERT INTO workflow_steps (run_id, id, name, status, attempt, created_slot, started_at) SELECT id, ?3, ?4, ?5, ?6, last_slot + 1, CASE ?5 WHEN 'running' THEN max(last_event_at, ?2) END FROM workflow_runs WHERE id = ?1 AND ${OPEN} ON CONFLICT DO NOTHING`;
/** ?3 step · ?4 id of the sending, which counts once */
export const START_STEP = `UPDATE workflow_steps SET status = 'running', attempt = attempt + 1, retry_after = NULL, started_at = coalesce(started_at, ${TIME}) WHERE run_id = ?1 AND id = ?3 AND status IN ('pending', 'running') AND (retry_after IS NULL OR retry_after <= ?2) AND ${RUN_IS_OPEN} AND NOT EXISTS (SELECT 1 FROM workflow_events e WHERE e.run_id = ?1 AND e.resume_id = ?4)`;
/** A step may still end when its run is over, if it was at work. */
const STEP_MAY_END = `status IN ('pending', 'running') AND ${RUN_IS_READ} AND (status = 'running' OR ${RUN_IS_OPEN})`;
/** ?3 step · ?4 status */
export const END_STEP = `UPDATE workflow_steps SET status = ?4, terminal_slot = ${SLOT}, completed_at = ${TIME}, retry_after = NULL WHERE run_id = ?1 AND id = ?3 AND ${STEP_MAY_END} RETURNING ${STEP_RETURNING}`;
/** ?3 step · ?4 not before */
export const RETRY_STEP = `UPDATE workflow_steps SET status = 'pending', error_slot = ${SLOT}, retry_after = ?4 WHERE run_id = ?1 AND id = ?3 AND ${STEP_MAY_END} RETURNING ${STEP_RETURNING}`;

/** A hook id counts once in the log of its run. */
const HOOK_IS_NEW =
  "NOT EXISTS (SELECT 1 FROM workflow_events e WHERE e.run_id = ?1 AND e.correlation_id = ?3 AND e.type IN ('hook_created', 'hook_conflict'))";
/** What a resume must know of the run; json_patch drops what is null. */
const RESUME_CONTEXT =
  "json_patch('{}', json_object('deploymentId', deployment_id, 'workflowName', name, 'runSpecVersion', spec_version, 'workflowCoreVersion', execution_context ->> '$.workflowCoreVersion', 'traceCarrier', json(execution_context -> '$.traceCarrier'), 'encryptionPublicKey', public_key, 'hookResumeInputVersion', execution_context ->> '$.hookResumeInputVersion'))";
/** ?3 hook · ?4 token · ?5 spec · ?6 webhook · ?7 system. Refused too where another live hook holds the token. */
export const ADD_HOOK = `INSERT INTO workflow_hooks (id, run_id, token, created_slot, spec_version, is_webhook, is_system, resume_context, created_at) SELECT ?3, id, ?4, last_slot + 1, ?5, ?6, ?7, ${RESUME_CONTEXT}, max(last_event_at, ?2) FROM workflow_runs WHERE id = ?1 AND ${OPEN} AND ${HOOK_IS_NEW} ON CONFLICT DO NOTHING RETURNING ${HOOK_RETURNING}`;
/** S': the hook was not made because its token is held. ?3 hook · ?4 token */
export const ADVANCE_CONFLICT = `UPDATE workflow_runs SET ${NEXT} WHERE id = ?1 AND changes() = 0 AND ${OPEN} AND EXISTS (SELECT 1 FROM workflow_hooks h WHERE h.token = ?4) AND NOT EXISTS (SELECT 1 FROM workflow_hooks h WHERE h.id = ?3) AND ${HOOK_IS_NEW}`;
/** ?2 hook · ?3 token · ?4 spec */
export const APPEND_CONFLICT =
  "INSERT INTO workflow_events (run_id, slot, type, correlation_id, spec_version, created_at, payload_bytes, meta) SELECT id, last_slot, 'hook_conflict', ?2, ?4, last_event_at, 0, json_object('d', json_object('token', ?3, 'conflictingRunId', (SELECT h.run_id FROM workflow_hooks h WHERE h.token = ?3))) FROM workflow_runs WHERE id = ?1 AND changes() = 1 RETURNING slot, created_at, meta";
/** ?3 hook · ?4 id of the resume or of the sending, which counts once */
export const RECEIVE = `UPDATE workflow_runs SET ${NEXT} WHERE id = ?1 AND ${OPEN} AND EXISTS (SELECT 1 FROM workflow_hooks h WHERE h.id = ?3 AND h.run_id = ?1) AND NOT EXISTS (SELECT 1 FROM workflow_events e WHERE e.run_id = ?1 AND e.resume_id = ?4)`;
/** ?2 hook */
export const DISPOSE = `DELETE FROM workflow_hooks WHERE id = ?2 AND run_id = ?1 AND ${RUN_IS_READ}`;

/** ?3 wait · ?4 until */
export const ADD_WAIT = `INSERT INTO workflow_waits (run_id, id, status, resume_at, created_at) SELECT id, ?3, 'waiting', ?4, max(last_event_at, ?2) FROM workflow_runs WHERE id = ?1 AND ${OPEN} ON CONFLICT DO NOTHING RETURNING ${WAIT_RETURNING}`;
/** ?3 wait */
export const COMPLETE_WAIT = `UPDATE workflow_waits SET status = 'completed', completed_at = ${TIME} WHERE run_id = ?1 AND id = ?3 AND status = 'waiting' AND ${RUN_IS_READ} RETURNING ${WAIT_RETURNING}`;

/** All that may speak against a transition. ?2 correlation id · ?3 resume id · ?4 attribute changes */
export const LOOK = `SELECT r.status AS run_status, r.spec_version AS run_spec, s.status AS step_status, s.retry_after, h.id AS hook_id, h.run_id AS hook_run, w.status AS wait_status, e.correlation_id AS resume_hook, e.resume_digest, e.slot AS resume_slot, e.created_at AS resume_at, EXISTS (SELECT 1 FROM workflow_events e2 WHERE e2.run_id = ?1 AND e2.correlation_id = ?2 AND e2.type IN ('hook_created', 'hook_conflict')) AS hook_logged, EXISTS (SELECT 1 FROM workflow_events e3 WHERE e3.run_id = ?1 AND e3.correlation_id = ?2 AND e3.type = 'attr_set') AS attribute_logged, (SELECT count(*) FROM json_each(json_patch(r.attributes, ?4))) AS attributes FROM (SELECT 1) LEFT JOIN workflow_runs r ON r.id = ?1 LEFT JOIN workflow_steps s ON s.run_id = ?1 AND s.id = ?2 LEFT JOIN workflow_hooks h ON h.id = ?2 LEFT JOIN workflow_waits w ON w.run_id = ?1 AND w.id = ?2 LEFT JOIN workflow_events e ON e.run_id = ?1 AND e.resume_id = ?3`;
