// The error of a core that stopped. Nothing else: both modules of the package throw it.

/** The core stopped in the middle of a call and was replaced: that input and all handles are lost, the next call works. */
export class CoreError extends Error {
  override readonly name = "CoreError";
  /** Stable code. */
  readonly code = "core_trapped";
}
