// The clock of the Worker. Objects take theirs from their settings instead.

/** Now, in ms since 1970. In workerd it stands still between two I/O events. */
export function now(): number {
  return Date.now();
}
