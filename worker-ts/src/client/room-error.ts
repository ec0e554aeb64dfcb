// The one error class of the client. What a code means for the connection stands in line/reconnect.ts.

/**
 * A refusal, by the room (wire codes in lower case: `rate_limited`, `forbidden`, `too_large` …), by HTTP (the `code` of
 * its error envelope: `unauthenticated`, `banned`, `not_found` …), or by the client itself: `closed` (the room was
 * closed by `close()`), `network` (nothing was reached), `bad_answer` (what came is not this protocol), `not_kept` (the outbox
 * failed), `outbox_full`, `reset` (what was to be changed was of another log), `tap_failed`, `no_core` (the WebAssembly core
 * could not be loaded: the page or the program has to start anew).
 */
export class RoomError extends Error {
  override readonly name = "RoomError";
  /** Stable, lower case; compare this and never the message. */
  readonly code: string;
  /** Wait this long (ms) before trying the same again; absent when waiting does not help. */
  readonly retryAfterMs?: number;
  /** True when it ends the connection, or would end every later one. */
  readonly fatal: boolean;

  constructor(
    code: string,
    message: string,
    options: { retryAfterMs?: number; fatal?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fatal = options.fatal ?? false;
    if (options.retryAfterMs !== undefined && options.retryAfterMs > 0) this.retryAfterMs = options.retryAfterMs;
  }
}
