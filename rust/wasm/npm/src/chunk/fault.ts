// Why bytes or a call are refused: the numbers of `chunk::Error` in Rust, by name. Nothing else.

/** Numbers of faults; stable. */
export const CHUNK_FAULT = {
  Truncated: 1,
  BadMagic: 2,
  BadVersion: 3,
  BadCrc: 4,
  BadKind: 5,
  ReservedNotZero: 6,
  TooLarge: 7,
  LengthMismatch: 8,
  NotContiguous: 9,
  OutOfRange: 10,
  BadLz4: 11,
  AfterEnd: 12,
  TooMany: 13,
} as const;

/** Name of a fault. */
export type ChunkFaultName = keyof typeof CHUNK_FAULT;

const names = Object.keys(CHUNK_FAULT) as readonly ChunkFaultName[];

/** Name of a fault's number (1..13). Throws RangeError for any other number. */
export function faultName(code: number): ChunkFaultName {
  const name = names[code - 1];
  if (name === undefined) throw new RangeError(`no fault of streams has the number ${code}`);
  return name;
}

/** Bytes or a call were refused. */
export class ChunkFault extends Error {
  override readonly name = "ChunkFault";
  /** Stable number. */
  readonly code: number;
  /** Stable name. */
  readonly fault: ChunkFaultName;

  constructor(code: number) {
    const fault = faultName(code);
    super(`refused: ${fault}`);
    this.code = code;
    this.fault = fault;
  }
}
