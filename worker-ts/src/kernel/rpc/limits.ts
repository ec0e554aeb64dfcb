// Named limits of what comes through the kernel's door. Those that the Rust core knows too have its values; a test compares them.

/** Bytes of one request's text, batch or not. */
export const REQUEST_BYTES_MAX = 1_048_576;
/** Requests of one batch. */
export const BATCH_MAX = 50;
/** How deep arrays and objects may nest, in a request and in the body of CapData. */
export const DEPTH_MAX = 64;
/** Characters of an idempotency key. */
export const KEY_LENGTH_MAX = 200;
/** Cranks that one `step` may allow. */
export const STEP_CRANKS_MAX = 1_000;
/** Bytes of a bundle's code. */
export const BUNDLE_BYTES_MAX = 1_048_576;

/** Bytes of a CapData body. */
export const BODY_BYTES_MAX = 262_144;
/** Slots of one CapData. */
export const SLOTS_MAX = 256;
/** Bytes of a method's name. */
export const METHOD_BYTES_MAX = 128;
/** Bytes of a name in a configuration: vats, services, bundles. */
export const NAME_BYTES_MAX = 128;
/** Vats of a subcluster. */
export const SUBCLUSTER_VATS_MAX = 32;
/** Bytes of a configuration as JSON. */
export const CONFIG_BYTES_MAX = 65_536;
