// What the core says of itself, for people and for tests.
import { liveHandles as rawLiveHandles, version } from "../../generated/ferrule.js";

/** How many handles of this package (Crc32) have not been disposed of. */
export function liveHandles(): number {
  return rawLiveHandles();
}

/** The core's version. */
export function status(): { version: string } {
  return { version: version() };
}
