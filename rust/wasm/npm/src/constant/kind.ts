// The kinds of frames by name and number (PROTOCOL.md section 6). Numbers only: no layout, no rule about direction.

/** Every kind of frame of `ferrule.v1`, by name. */
export const KIND = {
  HELLO: 1,
  WELCOME: 2,
  RESET: 3,
  MSG: 4,
  EDIT: 5,
  DELETE: 6,
  REACT: 7,
  UNREACT: 8,
  TYPING: 9,
  PRESENCE: 10,
  RECEIPT: 11,
  ACK: 12,
  ERROR: 13,
  HISTORY_REQ: 14,
  HISTORY_PAGE: 15,
  CREDIT: 16,
  AUTH_REFRESH: 17,
  SYSTEM: 18,
  PEOPLE: 19,
  PEOPLE_REQ: 20,
  BATCH: 21,
  TALLY: 22,
} as const;

/** Name of a kind. */
export type KindName = keyof typeof KIND;

/** Which way a frame travels: "up" is client to server. */
export type Side = "up" | "down";
