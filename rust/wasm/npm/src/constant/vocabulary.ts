// The enumerations and bit sets inside frames (PROTOCOL.md sections 2 and 7). Numbers only.

/** Bits of a frame's `flags`. */
export const FLAG = { LZ4: 0x01, EXT: 0x10 } as const;

/** ACK `status`. */
export const ACK_STATUS = { STORED: 0, DUPLICATE: 1, NO_CHANGE: 2 } as const;

/** WELCOME `outcome`. */
export const WELCOME_OUTCOME = { FRESH: 0, RECOVERED: 1, RESET: 2 } as const;

/** RESET `reason`. */
export const RESET_REASON = { EPOCH_CHANGED: 1, TRIMMED: 2, TOO_FAR: 3, AHEAD: 4 } as const;

/** `role` of WELCOME and AUTH_REFRESH. */
export const ROLE = { MEMBER: 1, MODERATOR: 2, OWNER: 3 } as const;

/** Bits of `features` in HELLO and WELCOME. */
export const FEATURE = { DICT: 1, PRESENCE: 2, TYPING: 4, RECEIPTS: 8 } as const;

/** SYSTEM `event`; open: any other value is accepted. */
export const SYSTEM_EVENT = {
  TITLE: 1,
  JOINED: 2,
  LEFT: 3,
  ROLE: 4,
  BANNED: 5,
  UNBANNED: 6,
  CLOSED: 7,
  REOPENED: 8,
  NOTICE: 9,
  SLOW_MODE: 10,
  PINNED: 11,
  UNPINNED: 12,
} as const;

/** Bits of a PEOPLE entry's `flags`. */
export const PERSON_FLAG = { GUEST: 1, BOT: 2, GONE: 4 } as const;

/** Bits of a HISTORY_PAGE's `flags`. */
export const PAGE_FLAG = { MORE: 1, ARCHIVE: 2 } as const;

/** HISTORY_REQ `direction`. */
export const HISTORY_DIRECTION = { BEFORE: 0, AFTER: 1 } as const;

/** Known extension types, all down on MSG. */
export const EXT = { EDITED: 2, ERASED: 4, FILES: 6 } as const;

/** PRESENCE `op`: SELF travels up, the others down. */
export const PRESENCE_OP = { SNAPSHOT: 0, DELTA: 1, SELF: 2, TOTALS: 3 } as const;

/** PRESENCE `state`. */
export const PRESENCE_STATE = { GONE: 0, HERE: 1, AWAY: 2 } as const;

/** TYPING `state`. */
export const TYPING_STATE = { STOPPED: 0, TYPING: 1 } as const;
