// What is claimed of a big room, and whether figures keep it: nothing grows faster than the number of sockets. No clock, no printing.

/** What was measured in a room of so many sockets. Times in ms unless their names say otherwise. */
export interface Figures {
  readonly sockets: number;
  /** Relays that stood at the end; 0: the room's one object held all sockets. */
  readonly relays: number;
  /** One message at a time: from sending to the client that has it last. */
  readonly alone: { readonly p50: number; readonly p99: number };
  /** The same under a steady load. */
  readonly steady: { readonly p50: number; readonly p99: number; readonly perSecond: number };
  /** Messages that are sent all at once: time of the whole by their number. */
  readonly burstPerMessage: number;
  /** Processor time of the server under the steady load, all its threads. */
  readonly processorPerMessage: number;
  readonly processorPerDeliveryUs: number;
  /** Resident memory of the server that a socket costs, in bytes: after opening, and after all that was said. */
  readonly memoryPerSocketOpened: number;
  readonly memoryPerSocket: number;
  /** Of that, the heap of our isolate: what the code of this house keeps of a socket, and the runtime's objects for it. */
  readonly heapPerSocket: number;
  /** Busiest process of those that hold the sockets, 0 to 1. */
  readonly driverBusy: number;
}

/** A figure that may grow with the room, no faster than it. */
const CLAIMS: readonly (readonly [name: string, unit: string, of: (figures: Figures) => number])[] = [
  ["time per message, one at a time (p50)", "ms", ({ alone }) => alone.p50],
  ["time per message, steady load (p50)", "ms", ({ steady }) => steady.p50],
  ["time per message, all at once", "ms", ({ burstPerMessage }) => burstPerMessage],
  ["processor time per message", "ms", ({ processorPerMessage }) => processorPerMessage],
  ["memory of all sockets", "MB", ({ memoryPerSocket, sockets }) => (memoryPerSocket * sockets) / 1e6],
];

/**
 * What a slope of 1 is measured with, told by repeating a run: two runs of the same room lie so far apart. A cost with a part that grows
 * as the square has a slope of 2.
 */
export const TOLERANCE = 0.1;

/** How a figure grows: with this power of the number of sockets. */
export interface Growth {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly slope: number;
  readonly linear: boolean;
}

/** Slope of the line through the logarithms (least squares): 0 = constant, 1 = linear, 2 = by the square. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (of: 0 | 1) => logs.reduce((sum, point) => sum + point[of], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const over = logs.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / logs.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** Every claim; figures of two sizes at least. Neither the whole way nor any step of it may climb faster than the number of sockets. */
export function judge(all: readonly Figures[]): Growth[] {
  return CLAIMS.map(([name, unit, of]) => {
    const points = all.map((figures) => [figures.sockets, of(figures)] as const);
    const steps = points.slice(1).map((point, n) => slopeOf([points[n]!, point]));
    const slope = slopeOf(points);
    const linear = [slope, ...steps].every((each) => each <= 1 + TOLERANCE);
    return { name, unit, values: points.map(([, y]) => y), slope, linear };
  });
}
