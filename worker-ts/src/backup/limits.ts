// The named limits of backups on the server's side; those of the file stand in BACKUP.md and in bin/backup/format.mjs.

/**
 * Bytes of rows that one answer has: the row that crosses it is the last, so one answer has at least one row. With a row of 2 MiB on top,
 * and every character six as JSON, it is below BODY_BYTES_MAX of a record.
 */
export const PART_BYTES = 512 * 1024;
/** Rows that one answer has. */
export const PART_ROWS_MAX = 1_000;
/** Names of stores, and objects of a bucket, that one answer lists. */
export const LISTED_MAX = 500;
/** Bytes of one request that brings rows: a part as JSON, where a character may take six, with a row of 2 MB on top. */
export const PASTE_BYTES_MAX = 16 * 1024 * 1024;
/** Rows of one statement batch in D1. */
export const PASTE_ROWS_AT_ONCE = 100;
/** Rows that one step takes out of D1 before a restore. */
export const WIPE_ROWS = 2_000;
/** Stores that one step of a restore locks, opens or prunes. */
export const STEP_STORES = 10;
/** Accounts that one step of a restore erases again. */
export const STEP_ERASED = 5;
/** A backup that nobody has asked anything of for so long is over. */
export const LEASE_MS = 5 * 60_000;
/** Letters of the name of a store: a kind, a colon, and the name of an object. */
export const STORE_NAME_MAX = 600;
/** Bytes of a key in R2. */
export const OBJECT_KEY_BYTES_MAX = 1_024;
