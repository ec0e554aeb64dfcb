// The one error class of the kernel's host.

/** Stable codes; the texts may change. */
export type KernelErrorCode =
  | "BAD_REF"
  | "BAD_COMMAND"
  | "BAD_OUTCOME"
  | "BAD_ROW"
  | "BAD_CAPDATA"
  | "UNKNOWN_KREF"
  | "UNKNOWN_VAT"
  | "UNKNOWN_SUBCLUSTER"
  | "UNKNOWN_SERVICE"
  | "UNKNOWN_URL"
  | "UNKNOWN_BUNDLE"
  | "UNKNOWN_CALL"
  | "QUEUE_FULL"
  | "LIMIT_EXCEEDED"
  | "NOT_AN_OBJECT"
  | "WRONG_CRANK"
  | "WRONG_BATCH"
  | "KEY_MISMATCH"
  | "KEY_ANSWERED"
  | "BAD_CONFIG"
  | "OBJECT_REVOKED"
  | "REJECTED"
  | "LAUNCH_FAILED"
  | "OUTCOME_UNKNOWN"
  | "FENCED"
  | "CLOSED"
  | "UNSUPPORTED"
  | "REPLAY_DIVERGED"
  | "STORE_FAILED"
  | "VAT_TERMINATED";

/** Whatever the kernel refuses or could not do. */
export class KernelError extends Error {
  override readonly name = "KernelError";
  readonly code: KernelErrorCode;
  /** CapData of a rejection, or what else explains it. */
  readonly data: unknown;

  constructor(
    code: KernelErrorCode,
    message: string,
    options: { readonly data?: unknown; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.data = options.data;
  }
}
