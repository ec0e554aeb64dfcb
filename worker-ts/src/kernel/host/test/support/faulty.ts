// What tests of trouble share: a disk whose commits fail by plan, and patience.
import { vi } from "vitest";
import { type MemoryFault, makeMemoryDisk, makeMemoryKernelStore } from "../../../store/memory";

/** What must come may take so long (ms). */
export const LATE_MS = 10_000;

/** A disk whose next commits fail as told. */
export function faulty() {
  const disk = makeMemoryDisk();
  const plan: (MemoryFault | undefined)[] = [];
  return {
    disk,
    plan,
    open: () => makeMemoryKernelStore({ disk, fault: () => plan.shift() }),
    /** All that was planned has befallen a commit: one that was to hang hangs, and can be released. */
    befallen: () => vi.waitUntil(() => plan.length === 0, { timeout: LATE_MS, interval: 1 }),
  };
}

/** After so many ms. */
export const soon = (ms: number) => new Promise<"late">((done) => setTimeout(done, ms, "late"));
