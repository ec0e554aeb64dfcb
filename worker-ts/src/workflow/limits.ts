// The named limits of workflows' storage. Local D1 enforces little of what the real one does, so the code does; each has a test that
// crosses it. What a limit refuses is a WorkflowWorldError: 413 where bytes are too many, 400 where a request is wrong.

const KIB = 1024;
const MIB = 1024 * KIB;

/** The highest spec version of a run that this code reads; what is above it is RunNotSupported. */
export const SPEC_READ_MAX = 7;
/** Events of one run. The runtime enforces it, told by every answer about a run. */
export const RUN_EVENTS_MAX = 25_000;

/** Bytes of a payload that stands in its row; what is larger goes to R2. */
export const INLINE_BYTES_MAX = 256 * KIB;
/** Bytes of one payload. */
export const PAYLOAD_BYTES_MAX = 32 * MIB;
/** Bytes of a message with its payload, wherever it travels: one payload and what is said about it. */
export const MESSAGE_PAYLOAD_BYTES_MAX = PAYLOAD_BYTES_MAX + MIB;
/** UTF-8 bytes of an event's other fields as JSON. */
export const META_BYTES_MAX = 64 * KIB;
/** UTF-8 bytes of a hook's token. */
export const TOKEN_BYTES_MAX = KIB;
/** UTF-8 bytes of the name of a workflow, a step or a stream. */
export const NAME_BYTES_MAX = 512;
/** UTF-8 bytes of an id from outside: run, correlation, resume, idempotency key. */
export const ID_BYTES_MAX = 512;

/** Rows of one page, and of a page that asks for no number. */
export const PAGE_ROWS_MAX = 1000;
export const PAGE_ROWS_DEFAULT = 100;
/** Payload and meta bytes of one page, and of runs that are read by their ids; a single row may be larger and comes alone. */
export const PAGE_BYTES_MAX = 4 * MIB;
/** Payloads that one answer reads from R2 at once: a Worker has six connections. */
export const PAYLOAD_READS_MAX = 4;

/** What leaves together in one D1 batch. A single transition may be larger and goes alone. */
export const GROUP_TRANSITIONS_MAX = 24;
export const GROUP_STATEMENTS_MAX = 96;
export const GROUP_BYTES_MAX = 768 * KIB;
/** Events of one `createBatch`. */
export const BATCH_EVENTS_MAX = 32;
/** How often a transition is tried again that nothing speaks against any more. */
export const RETRIES_MAX = 3;

/** D1: parameters and UTF-8 bytes of one statement, bytes of one row. */
export const STATEMENT_PARAMETERS_MAX = 100;
export const STATEMENT_BYTES_MAX = 100_000;
export const ROW_BYTES_MAX = 2_000_000;

/** After this time a key whose message was perhaps never sent may be taken over. */
export const CLAIM_PENDING_MS = 5_000;
