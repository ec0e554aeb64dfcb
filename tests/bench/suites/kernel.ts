// The kernel against MetaMask's ocap-kernel in memory and its write pattern on a file, and against Cap'n Web, which keeps nothing.
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calibrationLoop } from "../harness/measure.ts";
import type { LoadSuite, Row } from "../harness/suite.ts";
import { compareRounds } from "../harness/suite.ts";
import { nativeCranks, rowsPerMessage, wasmCranks } from "../kernel/cranks.ts";
import { Kernels, type Shape } from "../kernel/ours.ts";
import { capnweb } from "../kernel/peers/capnweb.ts";
import { ocapFile } from "../kernel/peers/ocap-file.ts";
import { ocapLoss, ocapMemory } from "../kernel/peers/ocap-memory.ts";
import type { Peer } from "../kernel/peers/peer.ts";

type Note = (text: string) => void;

/** A sync that takes less is no disk to compare on: the ratio to the file is then shown and has no goal. */
const SYNC_MS_MIN = 1;
const OWN_GOALS = { "core-cranks-native": 100_000, "core-cranks-wasm": 50_000 } as const;
const ROWS_MAX = 8;
const ROUNDS = { quick: 3, whole: 7 };
/** Messages of one turn, by how many are asked for at once. */
const MESSAGES: Readonly<Record<number, number>> = { 1: 100, 10: 500, 100: 2_000 };
/** The same for whoever writes a file for every message. */
const FILE_MESSAGES: Readonly<Record<number, number>> = { 1: 20, 10: 40, 100: 100 };
const COLD_ROWS = [100, 10_000, 100_000];
const REPLAYED = 1_000;

const folder = tmpdir();
let kernels: Promise<Kernels> | undefined;
const provide = () => (kernels ??= Kernels.start(folder));

/** Milliseconds of one write that reaches the disk, the median of fifty. */
function syncMs(): number {
  const home = mkdtempSync(join(folder, "ferrule-sync-"));
  const file = openSync(join(home, "file"), "w");
  const times = Array.from({ length: 50 }, () => {
    const since = performance.now();
    writeSync(file, "x".repeat(4096));
    fsyncSync(file);
    return performance.now() - since;
  });
  closeSync(file);
  rmSync(home, { recursive: true, force: true });
  return times.sort((a, b) => a - b)[25]!;
}

/** A figure of ours against a number that it is to reach. */
function against(
  name: string,
  unit: string,
  figures: readonly number[],
  goal: number,
  better: "higher" | "lower",
): Row {
  const what = {
    case: name,
    metric: "figure",
    unit,
    better,
    peerName: `goal of ${goal.toLocaleString("en")}`,
    goal: 1,
  };
  return compareRounds(
    what,
    figures,
    figures.map(() => goal),
  );
}

/** A figure that is told and has no goal. */
function told(name: string, unit: string, figures: readonly number[]): Row {
  return compareRounds({ case: name, metric: "figure", unit, better: "lower", peerName: "itself" }, figures, figures);
}

interface Contestant {
  readonly name: string;
  readonly peer: Peer;
  readonly messages: number;
  /** What our ratio to it is to reach. */
  readonly goal?: number | undefined;
}

/** Messages a second of ours and of each contestant, in turns. */
async function race(
  name: string,
  shape: Shape,
  concurrency: number,
  others: readonly Contestant[],
  rounds: number,
  note: Note,
): Promise<Row[]> {
  const ours: Contestant = {
    name: "ours",
    peer: (await provide()).contender(shape),
    messages: MESSAGES[concurrency]!,
  };
  const all = [ours, ...others];
  const rates = new Map(all.map(({ name: one }) => [one, [] as number[]]));
  for (const { peer } of all) await peer.start();
  try {
    for (const { peer, messages } of all) await peer.send(messages, concurrency);
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < all.length; turn++) {
        const { name: one, peer, messages } = all[(round + turn) % all.length]!;
        rates.get(one)!.push((messages / (await peer.send(messages, concurrency))) * 1000);
      }
      note(`${name} ${round + 1} of ${rounds}`);
    }
  } finally {
    for (const { peer } of all) await peer.stop();
  }
  return others.map(({ name: peerName, goal }) =>
    compareRounds(
      { case: name, metric: "throughput", unit: "messages/s", better: "higher", peerName, goal },
      rates.get("ours")!,
      rates.get(peerName)!,
    ),
  );
}

/** The contestants at a number of messages at once. `goals`: against the file and against memory. */
function contestants(concurrency: number, goals: { readonly file?: number; readonly memory?: number }): Contestant[] {
  const messages = MESSAGES[concurrency]!;
  const file = syncMs() < SYNC_MS_MIN ? undefined : goals.file;
  return [
    { name: "ocap-kernel-memory", peer: ocapMemory("process"), messages: Math.min(messages, 500), goal: goals.memory },
    { name: "ocap-kernel-file", peer: ocapFile(folder), messages: FILE_MESSAGES[concurrency]!, goal: file },
    { name: "capnweb-memory", peer: capnweb(), messages: messages * 5 },
  ];
}

const durable = (where: Shape["where"], concurrency: number, goals: { file?: number; memory?: number }) => ({
  measure: (name: string, rounds: number, note: Note) =>
    race(name, { where }, concurrency, contestants(concurrency, goals), rounds, note),
});

const inMemory = (shape: Omit<Shape, "where">, goal: number | undefined) => ({
  measure: (name: string, rounds: number, note: Note) =>
    race(
      name,
      { where: "memory", ...shape },
      100,
      [{ name: "ocap-kernel-memory", peer: ocapMemory("process"), messages: 500, goal }],
      rounds,
      note,
    ),
});

/** Milliseconds until a kernel of so many rows gives its first answer. */
async function coldStart(where: "durable-object" | "d1", rows: number, rounds: number, note: Note): Promise<number[]> {
  const server = await provide();
  const name = await server.launch({ where });
  await server.call(name, "fill", rows);
  note(`${rows} rows in ${where}`);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await server.call(name, "close");
    times.push((await server.call(name, "open", where)).ms);
  }
  await server.call(name, "close");
  return times;
}

/** Milliseconds per delivery of a replay in a vat's isolate: a kernel opened anew with a long transcript, less one with none. */
async function replay(rounds: number): Promise<number[]> {
  const server = await provide();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const name = await server.launch({ where: "durable-object", facets: true });
    const first = async () => {
      await server.call(name, "close");
      await server.call(name, "open", "durable-object");
      return (await server.call(name, "send", 1, 1)).ms;
    };
    const without = await first();
    await server.call(name, "send", REPLAYED, 100);
    times.push(((await first()) - without) / REPLAYED);
    await server.call(name, "close");
  }
  return times;
}

const times = (rounds: number, figure: () => number) => Array.from({ length: rounds }, figure);

interface Case {
  readonly name: string;
  readonly quick: boolean;
  readonly measure: (name: string, rounds: number, note: Note) => Promise<Row[]>;
}

const CASES: readonly Case[] = [
  {
    name: "core-cranks-native",
    quick: true,
    measure: async (name, rounds) => [
      against(
        name,
        "cranks/s",
        times(rounds, () => nativeCranks(20_000)),
        OWN_GOALS["core-cranks-native"],
        "higher",
      ),
    ],
  },
  {
    name: "core-cranks-wasm",
    quick: true,
    async measure(name, rounds) {
      wasmCranks(4_000);
      return [
        against(
          name,
          "cranks/s",
          times(rounds, () => wasmCranks(20_000)),
          OWN_GOALS["core-cranks-wasm"],
          "higher",
        ),
      ];
    },
  },
  {
    name: "rows-per-message",
    quick: true,
    async measure(name) {
      const peer = ocapMemory("process");
      await peer.start();
      const { sets, deletes } = await peer.rows(100);
      await peer.stop();
      const rows = [rowsPerMessage(100)];
      const what = {
        case: name,
        metric: "rows",
        unit: "rows",
        better: "lower",
        peerName: "ocap-kernel-memory",
      } as const;
      return [against(name, "rows", rows, ROWS_MAX, "lower"), compareRounds(what, rows, [sets + deletes])];
    },
  },
  { name: "memory-100", quick: false, ...inMemory({}, 2) },
  { name: "memory-hop-100", quick: false, ...inMemory({ hops: true }, undefined) },
  { name: "facets-100", quick: false, ...inMemory({ facets: true }, 2) },
  { name: "facets-hop-100", quick: false, ...inMemory({ facets: true, hops: true }, undefined) },
  { name: "durable-1", quick: false, ...durable("durable-object", 1, { file: 20 }) },
  { name: "durable-10", quick: false, ...durable("durable-object", 10, { file: 20 }) },
  { name: "durable-100", quick: true, ...durable("durable-object", 100, { file: 20, memory: 2 }) },
  { name: "durable-1-d1", quick: false, ...durable("d1", 1, {}) },
  { name: "durable-10-d1", quick: false, ...durable("d1", 10, {}) },
  { name: "durable-100-d1", quick: true, ...durable("d1", 100, { file: 20, memory: 2 }) },
  {
    name: "lost-by-a-kill",
    quick: false,
    async measure(name, _rounds, note) {
      const { answered, kept } = await ocapLoss(2_000);
      note(`ocap-kernel with a file answered ${answered} and kept ${kept}`);
      // theirs alone: that ours is none is shown by tests/crash/suite
      return [told(name, "answers of ocap-kernel with a file", [answered - kept])];
    },
  },
  {
    // a fixed loop of a million steps: what the machine does when nothing of ours runs
    name: "calibration",
    quick: true,
    async measure(name, rounds) {
      const loop = () => {
        const since = performance.now();
        calibrationLoop();
        return performance.now() - since;
      };
      return [told(name, "ms", times(rounds * 10, loop))];
    },
  },
  {
    name: "sync",
    quick: true,
    measure: async (name, rounds) => [told(name, "ms", times(rounds, syncMs))],
  },
  {
    name: "replay",
    quick: false,
    measure: async (name, rounds) => [against(name, "ms/delivery", await replay(rounds), 0.3, "lower")],
  },
  ...(["durable-object", "d1"] as const).flatMap((where) =>
    COLD_ROWS.map((rows) => ({
      name: `cold-${rows}${where === "d1" ? "-d1" : ""}`,
      quick: false,
      async measure(name: string, rounds: number, note: Note) {
        const figures = await coldStart(where, rows, rounds, note);
        if (rows !== 10_000) return [told(name, "ms", figures)];
        return [against(name, "ms", figures, where === "d1" ? 200 : 60, "lower")];
      },
    })),
  ),
];

/** The suite `kernel`. */
export const suite: LoadSuite = {
  name: "kernel",
  cases: CASES,
  caption: "each in a process of its own, in turns; medians of the rounds' ratios; one sync is the row `sync`",
  async measure(name, quick, note) {
    const found = CASES.find((some) => some.name === name);
    if (found === undefined) throw new Error(`there is no case ${name}`);
    return found.measure(name, quick ? ROUNDS.quick : ROUNDS.whole, note);
  },
  async close() {
    await (await kernels)?.stop();
  },
};
