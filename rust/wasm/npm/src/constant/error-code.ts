// The codes of ERROR frames (PROTOCOL.md section 12). A fatal one closes the socket with 4000 + code.

/** Every ERROR code by name; close code = 4000 + code. */
export const ERROR_CODE = {
  NONE: 0,
  BAD_FRAME: 1,
  BAD_CRC: 2,
  UNSUPPORTED: 3,
  TOO_LARGE: 4,
  UNAUTHENTICATED: 5,
  FORBIDDEN: 6,
  RATE_LIMITED: 7,
  NOT_FOUND: 8,
  CONFLICT: 9,
  EXPIRED: 10,
  LAGGING: 11,
  ROOM_FULL: 12,
  INTERNAL: 13,
  BAD_STATE: 14,
  GONE: 15,
  IDLE: 16,
  REPLACED: 17,
} as const;

/** Name of an ERROR code. */
export type ErrorName = keyof typeof ERROR_CODE;
