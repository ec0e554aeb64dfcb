// `npm run capacity -- --measure [PART…]`: measures unit costs, part by part; parts that were not asked for stay as they were. A case that fails
// ends it: half of them are worth nothing.
import { describeMachine } from "../../bench/harness/machine.ts";
import { COUNT_NAMES, type Counts } from "../counts.ts";
import type { Results } from "../units.ts";
import type { Part } from "../use.ts";
import { chat, RELAY_VARS, relayed, SWEEP_MS, upkeep } from "./chat.ts";
import { machines } from "./machines.ts";
import { kept, processor } from "./processor.ts";
import { TEXT_LENGTH } from "./room.ts";
import { type Counting, startCounting } from "./server.ts";

/** Sockets of the rooms that are measured. */
const SIZES = [1, 20, 1_000] as const;

const rounded = (value: number) => Number(value.toPrecision(4));
/** Counts as they are kept: in the order of the tables, four digits; what a difference leaves below 0 is nothing. */
export const neat = (counts: Counts): Counts =>
  Object.fromEntries(COUNT_NAMES.flatMap((name) => ((counts[name] ?? 0) > 0 ? [[name, rounded(counts[name]!)]] : [])));

async function on<T>(vars: Readonly<Record<string, string>>, work: (server: Counting) => Promise<T>): Promise<T> {
  const server = await startCounting(vars);
  try {
    return await work(server);
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

/** What each part finds out. */
const PARTS: Readonly<Record<Part, () => Promise<Partial<Results>>>> = {
  chat: () => on({}, async (server) => ({ cases: await chat(server, SIZES) })),
  upkeep: () => on({ SWEEP_MS: String(SWEEP_MS) }, async (server) => ({ cases: [await upkeep(server)] })),
  relays: () => on(RELAY_VARS, async (server) => ({ cases: await relayed(server) })),
  machines: () => on({}, async (server) => ({ cases: await machines(server) })),
  kept: () => on({}, async (server) => ({ keptBytes: await kept(server) })),
  async processor() {
    const used = await on({ CAPACITY_COUNT: "off" }, (server) => processor(server, SIZES));
    return {
      processorMs: JSON.parse(JSON.stringify(used), (_, value) => (typeof value === "number" ? rounded(value) : value)),
    };
  },
};

/** Measures a part. */
export const measure = (part: Part): Promise<Partial<Results>> => PARTS[part]();

/** What was there before with what was found now; the chat's cases stand first. */
export function merge(before: Partial<Results>, part: Part, { cases = [], ...found }: Partial<Results>): Results {
  const kept = (before.cases ?? []).filter((old) => !cases.some((one) => one.case === old.case));
  return {
    ...(before as Results),
    machine: describeMachine(),
    date: new Date().toISOString().slice(0, 10),
    text: TEXT_LENGTH,
    ...found,
    cases: (part === "chat" ? [...cases, ...kept] : [...kept, ...cases]).map((one) => ({
      ...one,
      counts: neat(one.counts),
    })),
  };
}
