// The named limits of the kernel's host: what its stores and its database take. Those of the machine stand in the Rust core.

/** Names of kernels: they stand in paths, in rows and in names of Durable Objects. */
export const KERNEL_ID = /^[a-z0-9-]{1,63}$/;

/** Rows of one read while a store is paged in. */
export const LOAD_ROWS_MAX = 1000;

/** UTF-8 bytes of one value, in a row and in a database. */
export const VALUE_BYTES_MAX = 1024 * 1024;
/** UTF-8 bytes of one key of a database. */
export const KEY_BYTES_MAX = 512;

/** Where a batch of a database is full, in characters; one sealed change is never split, so a batch of a single one may be larger. */
export const BATCH_LENGTH_MAX = 1024 * 1024;
export const BATCH_ROWS_MAX = 2000;
/** Characters that a database holds and that are not durable yet, open change included. More is refused until `flush` has caught up. */
export const UNWRITTEN_LENGTH_MAX = 32 * 1024 * 1024;
/** Savepoints within savepoints. */
export const SAVEPOINTS_MAX = 100;

/** Bytes of one parameter of a statement: D1 takes strings of 2,000,000, and a batch above this goes in several statements. */
export const PARAMETER_BYTES_MAX = 1_900_000;
/** How often a batch is sent that provably did not land. */
export const SENDS_MAX = 3;
/** How often the fence is read after an error before its outcome counts as unknown. */
export const READINGS_MAX = 3;

/** Rows of one query of a person. */
export const QUERY_ROWS_MAX = 1000;
/** Characters of such a query's answer, as JSON, that a Durable Object gives. */
export const QUERY_ANSWER_LENGTH_MAX = 4 * 1024 * 1024;
/** Characters of such a query. */
export const QUERY_LENGTH_MAX = 10_000;
