//! Every limit of the protocol (PROTOCOL.md, section 13), by its name there. Numbers only: no checks, no types.
//!
//! Units stand in the names: bytes, milliseconds, or plain counts.

/// Fewest bytes a frame can have: header, empty body and CRC.
pub const FRAME_BYTES_MIN: usize = 13;
/// Most bytes of a frame from client to server.
pub const FRAME_UP_BYTES_MAX: usize = 65_536;
/// Most bytes of a frame from server to client.
pub const FRAME_DOWN_BYTES_MAX: usize = 1_048_576;
/// Most bytes of a decompressed body from client to server, and of any body inside a BATCH or HISTORY_PAGE.
pub const BODY_UP_BYTES_MAX: usize = 32_768;
/// Most bytes of a decompressed body from server to client.
pub const BODY_DOWN_BYTES_MAX: usize = 1_048_576;
/// Most bytes of one varint.
pub const VARINT_BYTES_MAX: usize = 8;
/// Largest value of a varint: the largest integer every JavaScript number holds exactly, 2^53-1.
pub const VARINT_MAX: u64 = (1 << 53) - 1;
/// Bytes of a client message id.
pub const ID_BYTES: usize = 16;
/// Most bytes of the ext section of one frame.
pub const EXT_BYTES_MAX: usize = 1_024;
/// Most entries in the ext section of one frame.
pub const EXT_ENTRIES_MAX: usize = 16;
/// Most bytes of the text of a MSG or EDIT.
pub const TEXT_BYTES_MAX: usize = 16_384;
/// Most bytes of an emoji; the longest family emoji takes 41.
pub const EMOJI_BYTES_MAX: usize = 64;
/// Most bytes of a display name.
pub const NAME_BYTES_MAX: usize = 96;
/// Most bytes of a user id.
pub const USER_ID_BYTES_MAX: usize = 64;
/// Most bytes of the client's name and version in HELLO.
pub const CLIENT_BYTES_MAX: usize = 64;
/// Most bytes of a room id.
pub const ROOM_ID_BYTES_MAX: usize = 64;
/// Most bytes of a room title, and of the text of a SYSTEM entry.
pub const TITLE_BYTES_MAX: usize = 256;
/// Most bytes of the text of an ERROR.
pub const ERROR_TEXT_BYTES_MAX: usize = 256;
/// Most bytes of a ticket in AUTH_REFRESH.
pub const TICKET_BYTES_MAX: usize = 1_024;
/// Most entries of any counted list.
pub const LIST_ENTRIES_MAX: usize = 1_024;
/// Most refs of one PEOPLE_REQ.
pub const PEOPLE_REQ_MAX: usize = 64;
/// Most MSG and SYSTEM entries of one HISTORY_PAGE.
pub const PAGE_ENTRIES_MAX: usize = 256;
/// Most raw body bytes a server puts into one HISTORY_PAGE.
pub const PAGE_BYTES_MAX: usize = 65_000;
/// Most log entries replayed to one client; a wider gap is answered with RESET TOO_FAR.
pub const REPLAY_ENTRIES_MAX: usize = 5_000;
/// Most connections a server lists in PRESENCE; above it sends totals.
pub const PRESENCE_LIST_MAX: usize = 500;
/// Most readers a server lists in one RECEIPT.
pub const RECEIPT_LIST_MAX: usize = 200;
/// Most refs of one TALLY, over all its emojis.
pub const TALLY_REFS_MAX: usize = 100;
/// Most different emojis on one message.
pub const REACTION_EMOJIS_PER_MESSAGE_MAX: usize = 32;
/// Fewest raw body bytes the encoder tries to compress.
pub const LZ4_RAW_BYTES_MIN: usize = 256;
/// Bytes a compressed body must save, more than, to be sent compressed.
pub const LZ4_GAIN_BYTES_MIN: usize = 8;
/// How long frames gather for one BATCH behind a busy line, in milliseconds.
pub const COALESCE_MS: u64 = 20;
/// Unreported bytes above which a server holds replay and pages back.
pub const WINDOW_SOFT_BYTES: usize = 262_144;
/// Unreported bytes above which a server closes the connection.
pub const WINDOW_HARD_BYTES: usize = 1_048_576;
/// Most handled bytes a client may leave unreported.
pub const CREDIT_STEP_BYTES: usize = 65_536;
/// How long a server waits for HELLO, in milliseconds.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;
/// How long a room knows a handled id again, in milliseconds.
pub const DEDUPE_MS: u64 = 86_400_000;
/// How long a TYPING state holds without repeat, in milliseconds.
pub const TYPING_TTL_MS: u64 = 6_000;
/// How often an idle client sends `ping`, in milliseconds.
pub const PING_INTERVAL_MS: u64 = 25_000;
/// How long a client waits for any message after its `ping`, in milliseconds.
pub const PONG_TIMEOUT_MS: u64 = 10_000;
/// How long a server waits for a `ping`, in milliseconds; tabs in the background ping once a minute.
pub const DEAD_AFTER_MS: u64 = 150_000;
/// How long an admission holds, in milliseconds.
pub const ADMISSION_MS: u64 = 900_000;
/// How long a server waits after an admission ended, in milliseconds.
pub const ADMISSION_GRACE_MS: u64 = 30_000;
/// Most connections of one user to one room.
pub const CONNECTIONS_PER_USER_MAX: usize = 10;
/// Most strikes (refusals inside the wait of an earlier one) of a connection within a minute.
pub const RATE_STRIKES_MAX: usize = 50;
/// Longest first wait before a reconnect, in milliseconds.
pub const RECONNECT_FIRST_MS: u64 = 2_000;
/// Longest wait before any later reconnect, in milliseconds.
pub const RECONNECT_CAP_MS: u64 = 30_000;
/// Most sockets of one room.
pub const SOCKETS_PER_ROOM_MAX: usize = 5_000;
/// Most files of one message.
pub const FILES_PER_MESSAGE_MAX: usize = 4;
/// Most bytes of a file's name.
pub const FILE_NAME_BYTES_MAX: usize = 120;
/// Most bytes of a file's MIME type.
pub const FILE_MIME_BYTES_MAX: usize = 64;
