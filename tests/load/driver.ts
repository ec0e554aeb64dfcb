// A process that holds a share of the room's sockets, because one process may not open as many files as the room has people. Its parent
// (crew.ts) tells it what to do by messages, one at a time, and each is answered once.

import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { LightClient, type Stored, steadyMs } from "./client.ts";
import { ticketFor } from "./people.ts";

/** What a driver may be told. */
export type Order =
  | {
      readonly do: "open";
      /** Numbers of the people whose sockets are opened, `until` excluded. */
      readonly from: number;
      readonly until: number;
      readonly port: number;
      readonly room: string;
      readonly secret: string;
    }
  /** Messages at fixed times, from so many of its clients in turn; answered when all are acknowledged. 0 a second: all at once. */
  | {
      readonly do: "say";
      readonly count: number;
      readonly perSecond: number;
      readonly delayMs: number;
      readonly writers: number;
    }
  /** Answered when every client of it has the entry `until`. */
  | { readonly do: "hear"; readonly until: number }
  | { readonly do: "close" };

/** What the clients of a driver have heard of an entry: how many have it, and when the first and the last got it. */
export type Heard = [seq: number, count: number, firstAt: number, lastAt: number];

/** Its answer; the fields that the order does not ask for are empty. `problems` are all since the start. */
export interface Answer {
  readonly stored: readonly Stored[];
  readonly heard: readonly Heard[];
  readonly problems: readonly string[];
  /** Connections in the room as each client was told last: the smallest and the largest number. */
  readonly crowd: readonly [number, number];
  /** Share of the time since the last answer in which this process was busy. */
  readonly busy: number;
}

/** Sockets that are opened at the same time. */
const AT_ONCE = 12;
const PROBLEMS_MAX = 20;
/** What has not come by then is lost. */
const PATIENCE_MS = 60_000;
const TEXT = "a message of usual length, such as people write to a room: forty to eighty letters";

const clients: LightClient[] = [];
const problems: string[] = [];
const stored: Stored[] = [];
const entries = new Map<number, Heard>();

const problem = (what: string): void => {
  if (problems.length < PROBLEMS_MAX) problems.push(what);
};

const listener = {
  entry(seq: number): void {
    const now = steadyMs();
    const known = entries.get(seq);
    if (known === undefined) entries.set(seq, [seq, 1, now, now]);
    else {
      known[1] += 1;
      known[3] = now;
    }
  },
  stored: (message: Stored): void => void stored.push(message),
  problem,
};

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !holds(); await pause(2))
    if (performance.now() > end) return problem(`not in time: ${what}`);
}

async function open({ from, until: end, port, room, secret }: Extract<Order, { do: "open" }>): Promise<void> {
  let next = from;
  const some = async (): Promise<void> => {
    while (next < end) {
      const person = next++;
      const ticket = ticketFor(secret, room, person);
      const headers = { "sec-websocket-protocol": `ferrule.v1, ferrule.ticket.${ticket}` };
      clients.push(await LightClient.open({ port, path: `/api/rooms/${room}/socket`, headers }, listener));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
}

async function say({ count, perSecond, delayMs, writers }: Extract<Order, { do: "say" }>): Promise<void> {
  const before = stored.length;
  const startAt = performance.now() + delayMs;
  const some = Math.min(writers, clients.length);
  for (let n = 0; n < count; ) {
    const due = perSecond === 0 ? startAt : startAt + (n * 1000) / perSecond;
    if (due > performance.now()) await pause(1);
    else clients[Math.floor(((n++ % some) * clients.length) / some)]!.say(randomBytes(16), TEXT);
  }
  await until("every message is acknowledged", () => stored.length - before >= count);
}

async function obey(order: Order): Promise<void> {
  if (order.do === "open") await open(order);
  else if (order.do === "say") await say(order);
  else if (order.do === "hear") await until(`entry ${order.until}`, () => clients.every(({ at }) => at >= order.until));
  else for (const client of clients) client.cut();
}

let busyFrom = performance.eventLoopUtilization();

process.on("message", async (order: Order) => {
  await obey(order).catch((error: Error) => problem(error.message));
  const ended = order.do === "close" ? 0 : clients.filter((client) => client.ended).length;
  if (ended > 0) problem(`${ended} lines have ended`);
  const crowd = clients.map(({ connections }) => connections);
  const answer: Answer = {
    stored: stored.splice(0),
    heard: order.do === "hear" ? [...entries.values()] : [],
    problems,
    crowd: [Math.min(...crowd), Math.max(...crowd)],
    busy: performance.eventLoopUtilization(busyFrom).utilization,
  };
  if (order.do === "hear") entries.clear();
  busyFrom = performance.eventLoopUtilization();
  process.send?.(answer, () => {
    if (order.do === "close") process.disconnect();
  });
});
