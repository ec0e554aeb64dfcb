// One size of the big room from start to figures: a fresh server, its sockets in a few processes, messages one at a time, at a steady
// rate and all at once; each client has to get each entry once and in order, or the run throws.
import { join } from "node:path";
import { devArguments } from "../../scripts/local.mjs";
import { quantile } from "../bench/harness/statistics.ts";
import { VARIABLES } from "../bench/harness/variables.ts";
import { query } from "../harness/archive.ts";
import { root } from "../harness/environment.ts";
import { freePort } from "../harness/server/free-port.ts";
import { Inspector } from "../harness/server/inspector.ts";
import { memoryMb, processorMs, tellsUsage } from "../harness/server/usage.ts";
import { type RunningServer, startWorker } from "../harness/server/workerd.ts";
import type { Stored } from "./client.ts";
import { Crew } from "./crew.ts";
import type { Heard } from "./driver.ts";
import type { Figures } from "./judge.ts";
import { addPeople } from "./people.ts";

const ROOM = "lobby";
const WIDE = "1000000/1000000";
/** Limits of writing wide, as in the other benchmarks: each is still checked. */
const VARS = { ...VARIABLES, RATE_WRITE: WIDE, RATE_CONTROL: WIDE, RATE_BYTES: "1000000000/1000000000" };
/**
 * Each collection of garbage is a whole one: only that gives back the runtime's own objects (a request, a cursor), so memory is what is
 * held and not what lies about. It costs processor time, which is counted.
 */
const V8_FLAGS = ["--gc-global"];

/** Sockets that are open, and messages that are through, when the server counts as warm and the growth of its memory begins. */
const WARM = { sockets: 20, messages: 300 };

/** Between two messages one at a time: far more than COALESCE_MS, in which a second one would have to wait. */
const APART_MS = 100;

/** How a room is loaded. */
export interface Load {
  /** Processes that hold the sockets. */
  readonly drivers: number;
  /** Messages one at a time, at the steady rate, and at once. */
  readonly messages: { readonly alone: number; readonly steady: number; readonly burst: number };
  readonly perSecond: number;
  /** Sockets of one relay; all are behind relays then. Without it the room's one object holds them all. */
  readonly relaySockets?: number;
}

/** The load of `npm run load`. */
export const LOAD: Load = { drivers: 4, messages: { alone: 40, steady: 100, burst: 400 }, perSecond: 5 };

/** What the Worker is told of how its rooms share their sockets. */
const placesOf = (sockets: number, relaySockets: number | undefined): Record<string, string> =>
  relaySockets === undefined
    ? { SOCKETS_PER_ROOM_MAX: String(sockets), RELAYS_MAX: "0" }
    : { SOCKETS_DIRECT_MAX: "0", RELAY_SOCKETS_MAX: String(relaySockets) };

/** Starts the local Worker, to which `count` people belong. `folder` is told where its state lies. */
async function start(
  count: number,
  { relaySockets }: Load,
  inspectorPort: number,
  folder: (state: string) => void,
): Promise<RunningServer> {
  const words = devArguments();
  const entry = { main: words[1]!, flags: words.slice(words.indexOf("--compatibility-flags") + 1) };
  return startWorker({
    ...{ config: `${root}wrangler.jsonc`, entry, inspectorPort, v8Flags: V8_FLAGS },
    vars: { ...VARS, ...placesOf(count, relaySockets) },
    prepare: (state) => {
      addPeople(state, ROOM, count);
      folder(state);
    },
  });
}

/** Times from sending to the last client, sorted; throws when not every client has heard every one of them once. */
function toTheLast(stored: readonly Stored[], heard: ReadonlyMap<number, Heard>, sockets: number): Float64Array {
  const times = stored.map(({ seq, sentAt }) => {
    const [, count, , lastAt] = heard.get(seq) ?? [seq, 0, 0, 0];
    if (count !== sockets) throw new Error(`entry ${seq} was heard ${count} times by ${sockets} clients`);
    return lastAt - sentAt;
  });
  return Float64Array.from(times).sort();
}

const newest = (stored: readonly Stored[]): number => Math.max(...stored.map(({ seq }) => seq));
const percentiles = (times: Float64Array) => ({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) });

/** Messages of a sort, and when everybody has them. */
async function said(crew: Crew, sockets: number, count: number, perSecond: number) {
  const stored = await crew.say(count, perSecond, 5);
  const heard = await crew.hear(newest(stored));
  const lastAt = Math.max(...[...heard.values()].map((entry) => entry[3]));
  return { stored, lastAt, times: toTheLast(stored, heard, sockets) };
}

/** Memory of the server without its garbage, and of it the heap of our isolate, in bytes. */
async function memory(pid: number, inspector: Inspector): Promise<{ resident: number; heap: number }> {
  const heap = await inspector.heapBytes();
  return { resident: memoryMb(pid) * 1e6, heap };
}

/** Opens a room of so many sockets and measures it. */
export async function measure(sockets: number, load: Load, note: (text: string) => void): Promise<Figures> {
  const inspectorPort = await freePort();
  let state = "";
  const server = await start(sockets, load, inspectorPort, (folder) => {
    state = folder;
  });
  const crew = new Crew(load.drivers);
  try {
    const inspector = await Inspector.of(inspectorPort);
    const figures = await figuresOf({ server, crew, inspector }, sockets, load, note);
    return { ...figures, relays: query(join(state, "v3/do"), "relay", "SELECT n FROM relay").length };
  } finally {
    crew.end();
    await server[Symbol.asyncDispose]();
  }
}

/** What a measurement stands on. */
interface Stand {
  readonly server: RunningServer;
  readonly crew: Crew;
  readonly inspector: Inspector;
}

async function figuresOf(
  { server: { pid, port }, crew, inspector }: Stand,
  sockets: number,
  { messages, perSecond }: Load,
  note: (text: string) => void,
): Promise<Omit<Figures, "relays">> {
  if (!tellsUsage(pid)) throw new Error("this system does not tell what a process uses (/proc)");
  const room = { port, room: ROOM, secret: VARIABLES.BETTER_AUTH_SECRET };

  await crew.open(room, 0, WARM.sockets);
  await said(crew, WARM.sockets, WARM.messages, 0);
  const base = await memory(pid, inspector);
  const perSocket = async (of: "resident" | "heap") =>
    ((await memory(pid, inspector))[of] - base[of]) / (sockets - WARM.sockets);
  await crew.open(room, WARM.sockets, sockets);
  const memoryPerSocketOpened = await perSocket("resident");
  note(`${sockets} sockets are open, ${(memoryPerSocketOpened / 1000).toFixed(1)} kB each`);

  const alone: number[] = [];
  for (let n = 0; n < messages.alone; n++) {
    alone.push((await said(crew, sockets, 1, 0)).times[0]!);
    await new Promise((resolve) => setTimeout(resolve, APART_MS));
  }
  const before = processorMs(pid);
  const steady = await said(crew, sockets, messages.steady, perSecond);
  const processorPerMessage = (processorMs(pid) - before) / messages.steady;
  const driverBusy = crew.busy;
  const burst = await said(crew, sockets, messages.burst, 0);
  const burstMs = burst.lastAt - Math.min(...burst.stored.map(({ sentAt }) => sentAt));
  note(`${messages.alone + messages.steady + messages.burst} messages heard by all, once and in order`);
  return {
    ...{ sockets, alone: percentiles(Float64Array.from(alone).sort()) },
    steady: { ...percentiles(steady.times), perSecond },
    burstPerMessage: burstMs / messages.burst,
    ...{ processorPerMessage, processorPerDeliveryUs: (processorPerMessage * 1000) / sockets },
    ...{ memoryPerSocketOpened, memoryPerSocket: await perSocket("resident"), driverBusy },
    heapPerSocket: await perSocket("heap"),
  };
}
