// Whether two logs are the same one. Refs, seqs and numbers of connections mean nothing in another log than their own.

/** Whether these are the bytes of the same epoch. */
export const isSameEpoch = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((byte, at) => byte === b[at]);
