// The one error class of the wire, and what a server answers to each reason (PROTOCOL.md sections 4 and 12).
import { ERROR_CODE } from "../constant/error-code.js";
import { REASON, type ReasonName } from "../constant/reason.js";

const names = Object.keys(REASON) as readonly ReasonName[];

/** Codes that are not BAD_FRAME, by reason. */
const codes: Partial<Record<number, number>> = {
  [REASON.too_large]: ERROR_CODE.TOO_LARGE,
  [REASON.bad_version]: ERROR_CODE.UNSUPPORTED,
  [REASON.bad_crc]: ERROR_CODE.BAD_CRC,
  [REASON.reserved_flag]: ERROR_CODE.UNSUPPORTED,
  [REASON.unknown_kind]: ERROR_CODE.UNSUPPORTED,
  [REASON.unknown_ext]: ERROR_CODE.UNSUPPORTED,
  [REASON.body_too_large]: ERROR_CODE.TOO_LARGE,
  [REASON.over_limit]: ERROR_CODE.TOO_LARGE,
};

const mild: readonly number[] = [REASON.unknown_kind, REASON.unknown_ext, REASON.over_limit];

/** Name of a reason's number (1..20). Throws RangeError for any other number. */
export function reasonName(reason: number): ReasonName {
  const name = names[reason - 1];
  if (name === undefined) throw new RangeError(`no reason has the number ${reason}`);
  return name;
}

/** The ERROR code to answer a refused frame with, and whether the socket is closed after it. */
export function answerOf(reason: number): { code: number; fatal: boolean } {
  return { code: codes[reason] ?? ERROR_CODE.BAD_FRAME, fatal: !mild.includes(reason) };
}

/** A frame was refused, on reading or on writing. `code` is stable; the message is for people. */
export class WireError extends Error {
  override readonly name = "WireError";
  /** Stable name of the reason. */
  readonly code: ReasonName;
  /** Number of the reason, 1..20. */
  readonly reason: number;
  /** ERROR code to answer with. */
  readonly answer: number;
  /** Whether the socket is to be closed after the answer. */
  readonly fatal: boolean;

  constructor(reason: number, detail?: string) {
    const code = reasonName(reason);
    super(detail === undefined ? code : `${code}: ${detail}`);
    const answer = answerOf(reason);
    this.code = code;
    this.reason = reason;
    this.answer = answer.code;
    this.fatal = answer.fatal;
  }
}
