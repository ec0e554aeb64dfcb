// What the server's processes hold, sample by sample, and how it grows: the slope of a straight line through the samples.
import { allocatedMb, type Member, membersOf } from "../harness/server/usage.ts";

/** One look at the processes. */
export interface Sample {
  /** Seconds since the soak began. */
  readonly seconds: number;
  /** MB that each process has allocated, by program and number. */
  readonly each: Readonly<Record<string, number>>;
  /** MB of the workerd in which the Worker runs, the larger one: wrangler has a second one, its proxy. */
  readonly workerdMb: number;
}

const labelOf = ({ name, pid }: Member) => `${name} ${pid}`;

/** A sample of the processes of a group now. */
export function sample(group: number, seconds: number): Sample {
  const figures = membersOf(group).flatMap((member) => {
    try {
      return [[member, allocatedMb(member.pid)] as const];
    } catch {
      return []; // it has ended meanwhile
    }
  });
  const largest = Math.max(0, ...figures.filter(([{ name }]) => name === "workerd").map(([, mb]) => mb));
  return {
    seconds,
    workerdMb: largest,
    each: Object.fromEntries(figures.map(([member, mb]) => [labelOf(member), mb])),
  };
}

/** MB a minute (least squares) of a figure of these samples; 0 for fewer than two. */
export function mbAMinute(samples: readonly Sample[], of: (sample: Sample) => number): number {
  if (samples.length < 2) return 0;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(({ seconds }) => seconds / 60)), mean(samples.map(of))];
  const over = samples.reduce((sum, each) => sum + (each.seconds / 60 - x) * (of(each) - y), 0);
  return over / samples.reduce((sum, { seconds }) => sum + (seconds / 60 - x) ** 2, 0);
}

/** The slope of each process that is in all of these samples. */
export function slopes(samples: readonly Sample[]): Record<string, number> {
  const names = Object.keys(samples[0]?.each ?? {}).filter((name) => samples.every(({ each }) => name in each));
  return Object.fromEntries(names.map((name) => [name, mbAMinute(samples, ({ each }) => each[name]!)]));
}
