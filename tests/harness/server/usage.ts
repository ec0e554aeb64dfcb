// What a process has used, where the system tells it in /proc (Linux).
import { existsSync, readdirSync, readFileSync } from "node:fs";

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

/** A line of /proc/PID/status, in MB. */
function statusMb(pid: number, name: string): number {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} tells no memory`);
  return (Number(kib) * 1024) / 1e6;
}

/** Memory that it has at hand, in MB. */
export const memoryMb = (pid: number): number => statusMb(pid, "VmRSS");

/** Of that, what it has allocated, in MB: without the pages of programs and files that it has looked at, which the system takes back. */
export const allocatedMb = (pid: number): number => statusMb(pid, "RssAnon");

/** A process of a group, by the name of its program. */
export interface Member {
  readonly pid: number;
  readonly name: string;
}

/** The processes of a process group, by rising number. */
export function membersOf(group: number): Member[] {
  const found: Member[] = [];
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const [, program, of] = /^\d+ \((.*)\) \w \d+ (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
      if (program !== undefined && Number(of) === group) found.push({ pid: Number(name), name: program });
    } catch {
      // it has ended meanwhile
    }
  }
  return found.sort((a, b) => a.pid - b.pid);
}
