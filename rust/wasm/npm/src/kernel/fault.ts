// Why the kernel refuses an input: the numbers of `kernel::Error` in Rust, by name. Nothing else.

/** Numbers of faults; stable. */
export const KERNEL_FAULT = {
  BadRef: 1,
  BadCommand: 2,
  BadOutcome: 3,
  BadRow: 4,
  BadCapData: 5,
  UnknownKref: 6,
  UnknownVat: 7,
  UnknownSubcluster: 8,
  UnknownService: 9,
  UnknownUrl: 10,
  QueueFull: 11,
  LimitExceeded: 12,
  NotAnObject: 13,
  WrongCrank: 14,
  WrongBatch: 15,
  KeyMismatch: 16,
  KeyAnswered: 17,
  BadConfig: 18,
  UnknownCall: 19,
  Revoked: 20,
} as const;

/** Name of a fault. */
export type KernelFaultName = keyof typeof KERNEL_FAULT;

const names = Object.keys(KERNEL_FAULT) as readonly KernelFaultName[];

/** Name of a fault's number (1..20). Throws RangeError for any other number. */
export function faultName(code: number): KernelFaultName {
  const name = names[code - 1];
  if (name === undefined) throw new RangeError(`no fault of the kernel has the number ${code}`);
  return name;
}

/** An input was refused; nothing of it happened. */
export class KernelFault extends Error {
  override readonly name = "KernelFault";
  /** Stable number. */
  readonly code: number;
  /** Stable name. */
  readonly fault: KernelFaultName;

  constructor(code: number) {
    const fault = faultName(code);
    super(`the kernel refused: ${fault}`);
    this.code = code;
    this.fault = fault;
  }
}
