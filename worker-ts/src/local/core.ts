// What the core of this process holds, for tests that run it for long. HTTP may not know the core, so it is asked for here.
import { liveHandles, memoryBytes } from "@ferrule/core";

/** Bytes of the core's memory, and handles that nobody has given back. */
export const coreFigures = (): { readonly memoryBytes: number; readonly liveHandles: number } => ({
  memoryBytes: memoryBytes(),
  liveHandles: liveHandles(),
});
