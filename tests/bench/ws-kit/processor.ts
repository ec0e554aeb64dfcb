// Processor time of a process to the nanosecond, all its threads, where the system tells it (Linux). On a machine that others use too it
// says more than the clock does.
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Whether {@link processorUs} can be asked. */
export const tellsProcessor = (pid: number | undefined): pid is number =>
  pid !== undefined && existsSync(`/proc/${pid}/schedstat`);

/** µs on a processor so far. A thread that has ended takes its share with it, so ask while the same threads live. */
export function processorUs(pid: number): number {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      // it has ended since it was listed
    }
  }
  return ns / 1000;
}
