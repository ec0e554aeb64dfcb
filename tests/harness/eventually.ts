// Waiting for what has to come, however slow the machine: asked again and again, and after long enough an error that says what was missing.
import { setTimeout as pause } from "node:timers/promises";

/** How long and how often. */
interface Patience {
  readonly msMax?: number;
  readonly everyMs?: number;
}

/** What `look` finds once it finds something; undefined and false are nothing. Throws when it has not come in `msMax` (a minute). */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  { msMax = 60_000, everyMs = 50 }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + msMax;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await pause(everyMs);
  }
}
