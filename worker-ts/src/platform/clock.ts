// The clock of the Worker. Objects take theirs from their settings instead.

/** Now, in ms since 1970. In workerd it stands still between two I/O events. */
export function now(): number {
  return Date.now();
}

/** What comes of `work`, or undefined when it takes longer than `ms`; whatever comes of it then is nobody's. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
