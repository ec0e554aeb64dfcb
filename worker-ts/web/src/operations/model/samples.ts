// Figures over time: what was seen at each look, and by how much each counter grew in between. Pure.

/** What was seen at a time. */
export interface Sample {
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
}

/** So many samples are kept: three minutes of looks, one every three seconds. */
export const SAMPLES_MAX = 60;

/** The samples with one more; what is no later than the last one is left out, and the oldest go. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && sample.at <= last.at) return samples;
  return [...samples, sample].slice(-SAMPLES_MAX);
}

/** By how much a counter grew from sample to sample. One that falls (the figures were restored) has grown by nothing. */
export function growth(samples: readonly Sample[], name: string): readonly number[] {
  return samples.slice(1).map(({ values }, at) => Math.max(0, (values[name] ?? 0) - (samples[at]!.values[name] ?? 0)));
}

/** What a gauge showed at each sample. */
export const levels = (samples: readonly Sample[], name: string): readonly number[] =>
  samples.map(({ values }) => values[name] ?? 0);

/** A bar of a graph, in its own units. */
export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The bars of a graph that is `width` by `height`, the newest at the right; of nothing there is none. A one is still seen. */
export function barsOf(numbers: readonly number[], width: number, height: number): readonly Bar[] {
  const most = Math.max(1, ...numbers);
  const step = width / (SAMPLES_MAX - 1);
  return numbers
    .map((number, at) => ({ number, x: width - (numbers.length - at) * step }))
    .filter(({ number }) => number > 0)
    .map(({ number, x }) => {
      const tall = Math.max(1, (number / most) * height);
      return { x, y: height - tall, width: step * 0.8, height: tall };
    });
}

/** The sum of numbers. */
export const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
