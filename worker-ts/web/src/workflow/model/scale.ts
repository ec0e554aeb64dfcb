// Time on a line: where a time stands, and which marks are written under it. Pure.

/** A line of `width` px from one time to another. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

/** Times nearer than that are drawn as if they were that far apart (ms): a line needs a length. */
const LENGTH_MIN = 100;

/** The line for these times. */
export function scaleOf(from: number, to: number, width: number): Scale {
  return { from, to: Math.max(to, from + LENGTH_MIN), width };
}

/** What goes on has at least so much room (ms), and then a fifth more at a time. */
const ROOM_MIN = 2_000;
const ROOM_GROWTH = 1.2;

/** A length of time that is as long as this one or somewhat longer, and the same for lengths that are alike. */
export function roomy(ms: number): number {
  const steps = Math.ceil(Math.log(Math.max(ms, 1) / ROOM_MIN) / Math.log(ROOM_GROWTH));
  return ROOM_MIN * ROOM_GROWTH ** Math.max(steps, 0);
}

/** Where a time stands, in px; never outside of the line. */
export function place({ from, to, width }: Scale, at: number): number {
  return Math.min(Math.max((at - from) / (to - from), 0), 1) * width;
}

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const STEPS: readonly number[] = [
  ...[10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
];
/** Between two marks, in px. */
const APART_MIN = 72;

/** A mark of a line: how far (px), and how long since its beginning. */
export interface Mark {
  readonly x: number;
  readonly label: string;
}

/** Marks of a line. */
export function marksOf({ from, to, width }: Scale): readonly Mark[] {
  const length = to - from;
  const least = (length * APART_MIN) / Math.max(width, 1);
  const step = STEPS.find((one) => one >= least) ?? Math.ceil(least / DAY) * DAY;
  const marks: Mark[] = [];
  for (let at = 0; at <= length; at += step) marks.push({ x: (at / length) * width, label: sayLength(at) });
  return marks;
}

/** A length of time in words: `340 ms`, `2.5 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function sayLength(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${Number((ms / SECOND).toFixed(ms < 10 * SECOND ? 2 : 1))} s`;
  const pairs = [
    [DAY, "d", HOUR, "h"],
    [HOUR, "h", MINUTE, "min"],
    [MINUTE, "min", SECOND, "s"],
  ] as const;
  const [large, name, small, other] = pairs.find(([unit]) => ms >= unit)!;
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms - whole * large) / small);
  return rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${other}`;
}
