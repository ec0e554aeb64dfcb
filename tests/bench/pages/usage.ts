// What a process has used, where the system tells it in /proc (Linux).
import { existsSync, readFileSync } from "node:fs";

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const MS_PER_TICK = 10;
/** Behind the name, in proc(5)'s counting from 1: state is field 3, utime 14, stime 15. */
const UTIME = 14 - 3;
const STIME = 15 - 3;

/** Whether a process can be looked at. */
export const tellsUsage = (pid: number | undefined): pid is number =>
  pid !== undefined && existsSync(`/proc/${pid}/stat`);

/** Processor time so far, all threads, in ms. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[UTIME]) + Number(fields[STIME])) * MS_PER_TICK;
}

/** Memory that it has at hand, in MB. */
export function memoryMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} tells no memory`);
  return (Number(kib) * 1024) / 1e6;
}
