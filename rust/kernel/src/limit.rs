//! Every limit by its name. Each has a test that crosses it.

/// Syscalls in one outcome.
pub const SYSCALLS_MAX: usize = 1_000;
/// Bytes of one outcome's text.
pub const OUTCOME_BYTES_MAX: usize = 1 << 20;
/// Bytes of one CapData body.
pub const BODY_BYTES_MAX: usize = 256 << 10;
/// Bytes of a body as it stands in the widest row, where it is JSON within JSON (an answer that is kept): such a row ends below
/// `ROW_BYTES_MAX`, whatever characters the body is made of.
pub const BODY_WRITTEN_MAX: usize = ROW_BYTES_MAX - (64 << 10);
/// Slots of one CapData.
pub const SLOTS_MAX: usize = 256;
/// Items of the run queue.
pub const RUN_QUEUE_MAX: usize = 10_000;
/// Messages waiting on one promise.
pub const WAITING_MAX: usize = 1_000;
/// Commands accepted and not begun.
pub const COMMANDS_MAX: usize = 1_000;
/// Entries of one vat's c-list.
pub const CLIST_MAX: usize = 20_000;
/// Vats of a kernel.
pub const VATS_MAX: usize = 256;
/// Vats of a subcluster.
pub const SUBCLUSTER_VATS_MAX: usize = 32;
/// Bytes of a key of a vat's store.
pub const VATSTORE_KEY_BYTES_MAX: usize = 512;
/// Bytes of a value of a vat's store.
pub const VATSTORE_VALUE_BYTES_MAX: usize = 256 << 10;
/// Bytes of a vat's store, keys and values.
pub const VATSTORE_BYTES_MAX: u64 = 8 << 20;
/// Bytes of one row.
pub const ROW_BYTES_MAX: usize = 1 << 20;
/// Bytes of one notify's text; a settled promise that would pass it is told as rejected. It ends in a transcript's row.
pub const NOTIFY_BYTES_MAX: usize = ROW_BYTES_MAX - (64 << 10);
/// Bytes of a method's name.
pub const METHOD_BYTES_MAX: usize = 128;
/// Deliveries of a transcript after which the vat is restarted at a quiet point.
pub const TRANSCRIPT_SOFT_DELIVERIES: u64 = 5_000;
/// Bytes of a transcript after which the vat is restarted at a quiet point.
pub const TRANSCRIPT_SOFT_BYTES: u64 = 4 << 20;
/// Deliveries of a transcript at which the vat is restarted at once.
pub const TRANSCRIPT_HARD_DELIVERIES: u64 = 40_000;
/// Bytes of a transcript at which the vat is restarted at once.
pub const TRANSCRIPT_HARD_BYTES: u64 = 32 << 20;
/// Krefs held for the outside; the oldest falls out.
pub const EXTERNAL_MAX: usize = 10_000;
/// Idempotency keys kept; the oldest answered one falls out.
pub const KEYS_MAX: usize = 10_000;
/// Commands taken up before a delivery must come.
pub const COMMANDS_PER_DELIVERY: usize = 64;
/// References in one GC delivery.
pub const GC_REFS_MAX: usize = 500;
/// C-list entries that one clean-up step lets go.
pub const CLEANUP_ROWS: usize = 500;
/// Bytes of names in a configuration: vats, services, bundles.
pub const NAME_BYTES_MAX: usize = 128;
/// Bytes of a configuration's text.
pub const CONFIG_BYTES_MAX: usize = 64 << 10;
/// Service calls not yet answered.
pub const CALLS_MAX: usize = 1_000;
/// Ocap URLs that stand.
pub const URLS_MAX: usize = 100_000;
/// Characters of a vat's reason for its fault that are told to others.
pub const WHY_CHARACTERS_MAX: usize = 200;
/// Steps that the trace keeps.
pub const TRACE_STEPS_MAX: usize = 500;
