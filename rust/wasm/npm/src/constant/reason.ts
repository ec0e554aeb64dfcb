// Why a frame was refused (PROTOCOL.md section 4). The number is what crosses the WASM border, the name is the stable code.

/** Every reason for which a frame is refused, in the order of the checks. */
export const REASON = {
  too_short: 1,
  too_large: 2,
  bad_magic: 3,
  bad_version: 4,
  bad_crc: 5,
  reserved_flag: 6,
  unknown_kind: 7,
  wrong_direction: 8,
  bad_varint: 9,
  bad_id: 10,
  bad_stamp: 11,
  bad_ext: 12,
  unknown_ext: 13,
  bad_length: 14,
  body_too_large: 15,
  bad_lz4: 16,
  bad_body: 17,
  over_limit: 18,
  bad_utf8: 19,
  bad_inner: 20,
} as const;

/** Name of a reason. */
export type ReasonName = keyof typeof REASON;
