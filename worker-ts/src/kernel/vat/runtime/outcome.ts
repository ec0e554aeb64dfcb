// The text that one delivery leaves behind, and the hash by which a replay is compared with it.

/** `["send", ...]` and the others, as the kernel's core documents them. */
export type Syscall = readonly [name: string, ...fields: unknown[]];

/** All that a delivery caused. Members stand in the order in which they are written. */
export interface Outcome {
  readonly syscalls: readonly Syscall[];
  readonly sets: readonly (readonly [key: string, value: string, base?: string | null])[];
  readonly deletes: readonly (readonly [key: string, base?: string | null])[];
  /** Bytes of the vat's store after it. */
  readonly stored: number;
  readonly restart?: true;
}

/** An outcome's text, and its hash; a fault has none. */
export interface Written {
  readonly text: string;
  readonly hash: string | undefined;
}

/** FNV-1a in two lanes, 16 digits of hex. Shows a difference; it is no signature. */
export function hashText(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9dc5811c;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ (unit + i), 0x01000193);
  }
  return hex(a) + hex(b);
}

const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, "0");

/** The outcome as text, its hash in front. */
export function writeOutcome(outcome: Outcome): Written {
  const text = JSON.stringify(outcome);
  const hash = hashText(text);
  return { text: `{"hash":"${hash}",${text.slice(1)}`, hash };
}

/** What is left of a long reason. */
const WHY_LENGTH = 500;

/** The outcome of a vat that broke a rule: the kernel undoes the crank and ends the vat. */
export function writeFault(why: string): Written {
  return {
    text: JSON.stringify({ fault: why.slice(0, WHY_LENGTH).replace(/\p{Surrogate}/gu, "\ufffd") }),
    hash: undefined,
  };
}
