// Small strings kept in this browser. A browser that refuses storage (private mode, full disk) loses them, never the page.

/** What was kept under a name; undefined when nothing was, or storage is off. */
export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(`ferrule:${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a string; an empty one forgets the name. */
export function remember(name: string, value: string): void {
  try {
    if (value === "") localStorage.removeItem(`ferrule:${name}`);
    else localStorage.setItem(`ferrule:${name}`, value);
  } catch {
    // Nothing can be kept: the page works on without.
  }
}

/** Forgets every name that begins so. */
export function forgetAll(beginning: string): void {
  try {
    const keys = Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at) ?? "");
    for (const key of keys) if (key.startsWith(`ferrule:${beginning}`)) localStorage.removeItem(key);
  } catch {
    // Storage is off: nothing was kept.
  }
}
