// What tests of trouble share: a disk whose commits fail by plan, and patience.
import { type MemoryFault, makeMemoryDisk, makeMemoryKernelStore } from "../../../store/memory";

/** A disk whose next commits fail as told. */
export function faulty() {
  const disk = makeMemoryDisk();
  const plan: (MemoryFault | undefined)[] = [];
  return { disk, plan, open: () => makeMemoryKernelStore({ disk, fault: () => plan.shift() }) };
}

/** What must come may take so long (ms). */
export const LATE_MS = 10_000;

/** After so many ms. */
export const soon = (ms: number) => new Promise<"late">((done) => setTimeout(done, ms, "late"));
