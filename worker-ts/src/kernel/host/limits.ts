// The named limits of the host's loop. Those of stores are in ../limits.ts, those of the machine in the Rust core.

/** Cranks of one turn; then the event loop gets its chance. */
export const TURN_CRANKS_MAX = 1_000;
/** Cranks after which a batch is closed though more could run. */
export const BATCH_CRANKS = 64;
/** Bytes of rows after which a batch is closed though more could run. */
export const BATCH_BYTES = 256 * 1024;
/** How long an answer waits for others that could go down with it. */
export const REPLY_WAIT_MS = 5;
/** Batches' worth of cranks that may gather behind the one in flight; then deliveries pause and commands are refused. */
export const BATCHES_WAITING_MAX = 2;
/** Within which a vat answers one delivery, one start and one piece of a replay. */
export const DELIVERY_DEADLINE_MS = 30_000;
/** Within which a service answers one call. */
export const SERVICE_DEADLINE_MS = 30_000;
/** Deliveries in one piece of a replay. */
export const REPLAY_DELIVERIES_MAX = 500;
/** Characters in one piece of a replay that holds more than one delivery. */
export const REPLAY_LENGTH_MAX = 4 * 1024 * 1024;
/** Incidents that the status tells, the newest. */
export const INCIDENTS_MAX = 50;
/** After which a kernel that died with work left is opened again. */
export const WAKE_MS = 10_000;
/** The same, when the last attempt to open it failed. */
export const WAKE_FAILED_MS = 60_000;
/** How long the host waits before it opens a store again that failed; doubled with every failure, up to WAKE_MS. */
export const REOPEN_MS = 100;
