// Named limits of the workflows' HTTP. Each has a test that crosses it.

/** Bytes of a start's and of a resume's body. */
export const START_BYTES_MAX = 1_048_576;
/** Arguments of a start. */
export const ARGUMENTS_MAX = 32;
/** Runs that one person may have open, however they were started. */
export const OPEN_RUNS_MAX = 50;
/** How long (ms) a result may be waited for. */
export const WAIT_MS_MAX = 25_000;
/** Entries of a page, and where it does not say. */
export const PAGE_MAX = 100;
export const PAGE_DEFAULT = 50;
/** Characters of a cursor. */
export const CURSOR_MAX = 256;
