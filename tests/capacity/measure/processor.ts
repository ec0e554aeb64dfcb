// What the processor takes, and what stays on disk: by the slope between two amounts of the same work, so that starting costs cancel out.
import { setTimeout as pause } from "node:timers/promises";
import { processorMs, tellsUsage } from "../../harness/server/usage.ts";
import type { Kept, Processor } from "../units.ts";
import { Kernel } from "./machines.ts";
import { Room } from "./room.ts";
import type { Counting } from "./server.ts";

/** Archiving and what follows it goes on behind the work. */
const REST_MS = 2_000;
const RUN_POLL_MS = 25;

/** ms of workerd for one of `work`'s units. */
async function slopeMs(
  server: Counting,
  few: number,
  many: number,
  work: (units: number) => Promise<void>,
): Promise<number> {
  const { pid } = server;
  if (!tellsUsage(pid)) throw new Error("this system does not tell what a process has used");
  const used = async (units: number) => {
    const before = processorMs(pid);
    await work(units);
    await pause(REST_MS);
    return processorMs(pid) - before;
  };
  await work(few);
  const [less, more] = [await used(few), await used(many)];
  return Math.max(0, (more - less) / (many - few));
}

async function runToEnd(server: Counting, workflow: string, args: readonly unknown[]): Promise<void> {
  const runId = await server.ask<string>("start", { workflow, args });
  while ((await server.ask<string>("status", { runId })) !== "completed") await pause(RUN_POLL_MS);
}

/** All figures of the processor. The Worker must not be counting. */
export async function processor(server: Counting, sockets: readonly number[]): Promise<Processor> {
  const message: Record<string, number> = {};
  const burst: Record<string, number> = {};
  for (const count of sockets) {
    const room = await Room.make(server, `Processor ${count}`);
    await room.fill(count);
    const scale = count > 100 ? 0.2 : 1;
    message[count] = await slopeMs(server, 200 * scale, 600 * scale, (units) => room.talk(units));
    burst[count] = await slopeMs(server, 500 * scale, 2_000 * scale, (units) => room.say(units));
    room.cut();
  }
  const crankOf = async (store: "object" | "d1") => {
    const kernel = await Kernel.start(server, store);
    const before = await kernel.cranks();
    await kernel.send(10);
    const each = ((await kernel.cranks()) - before) / 10;
    return (await slopeMs(server, 100, 400, (units) => kernel.send(units))) / each;
  };
  return {
    message,
    burst,
    crankObject: await crankOf("object"),
    crankD1: await crankOf("d1"),
    run: await slopeMs(server, 5, 20, async (units) => {
      for (let at = 0; at < units; at++) await runToEnd(server, "nothing", []);
    }),
    step: await slopeMs(server, 50, 150, (units) => runToEnd(server, "sequential", [units])),
  };
}

/** Messages and steps after which the bytes are looked at. */
const KEPT_MESSAGES = 2_000;
const KEPT_RUNS = 5;
const KEPT_STEPS = 20;
const QUIET_MS = 6_500;

/** Bytes that stay. The Worker must be counting. */
export async function kept(server: Counting): Promise<Kept> {
  const room = await Room.make(server, "Kept");
  await room.fill(1);
  await room.say(10);
  const look = async () => {
    const { objectBytes } = await server.settled(QUIET_MS);
    return { object: objectBytes[room.id] ?? 0, d1: await server.ask<number>("databaseBytes") };
  };
  const before = await look();
  for (let said = 0; said < KEPT_MESSAGES; said += 100) await room.say(100);
  const after = await look();
  room.cut();
  for (let at = 0; at < KEPT_RUNS; at++) await runToEnd(server, "sequential", [KEPT_STEPS]);
  const last = await server.ask<number>("databaseBytes");
  return {
    messageObject: Math.round((after.object - before.object) / KEPT_MESSAGES),
    messageD1: Math.round((after.d1 - before.d1) / KEPT_MESSAGES),
    stepD1: Math.round((last - after.d1) / (KEPT_RUNS * (KEPT_STEPS + 1))),
  };
}
