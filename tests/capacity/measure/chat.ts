// The chat's unit costs: a message alone in a quiet room, two in a row, a hundred at once, with few and with many who listen; a socket
// that joins; a read mark; a message by HTTP. Counts only.
import { setTimeout as pause } from "node:timers/promises";
import { call } from "../../harness/people.ts";
import { type Counts, slope } from "../counts.ts";
import { Room } from "./room.ts";
import type { Counting } from "./server.ts";

/** Longer than anything a room does by itself within the first minutes: it saves its totals five seconds after they moved. */
const QUIET_MS = 6_500;
/** Apart so far that each is flushed by itself (ARCHIVE_FLUSH_MS), and both are one of the totals (TOTALS_MS). */
const APART_MS = 1_600;
/** As many as a flush takes at most (ARCHIVE_FLUSH_ENTRIES). */
export const BURST = 100;

/** What was counted of one case. */
export interface Measured {
  readonly case: string;
  readonly about: string;
  readonly counts: Counts;
}

/** Counts what `work` comes to, with all that follows it. Nothing else may be under way: what was counted before has settled. */
export async function counted(server: Counting, quietMs: number, work: () => Promise<unknown>): Promise<Counts> {
  const before = await server.told();
  await work();
  const after = await server.settled(quietMs);
  return slope(before.counts, after.counts);
}

/** A message alone, to `sockets` sockets, stored, delivered, archived and told of. */
export async function messageAlone(server: Counting, sockets: number): Promise<{ room: Room; measured: Measured }> {
  const room = await Room.make(server, `Capacity ${sockets}`);
  await room.fill(sockets);
  // the first one also makes rows that later ones find
  await room.say(1);
  await server.settled(QUIET_MS);
  const counts = await counted(server, QUIET_MS, () => room.say(1));
  const measured = { case: `message-${sockets}`, about: `a message alone in a quiet room of ${sockets}`, counts };
  return { room, measured };
}

/** All cases of rooms with `sockets` sockets. */
export async function chat(server: Counting, sockets: readonly number[]): Promise<Measured[]> {
  const all: Measured[] = [];
  for (const count of sockets) {
    const { room, measured } = await messageAlone(server, count);
    all.push(measured);
    const burst = await counted(server, QUIET_MS, () => room.say(BURST));
    all.push({ case: `burst-${count}`, about: `${BURST} messages at once in a room of ${count}`, counts: burst });
    if (count === 1) {
      const pair = await counted(server, QUIET_MS, () => room.say(2, APART_MS));
      all.push({ case: "pair-1", about: "two messages that are archived one after the other", counts: pair });
    }
    if (count === 20) all.push(...(await people(server, room)));
    room.cut();
    await server.settled(QUIET_MS);
  }
  return all;
}

/** What people do beside talking. */
async function people(server: Counting, room: Room): Promise<Measured[]> {
  const measure = async (name: string, about: string, work: () => Promise<unknown>): Promise<Measured> => ({
    case: name,
    about,
    counts: await counted(server, QUIET_MS, work),
  });
  const head = await room.head();
  let newcomer = room.owner;
  let file = "";
  await server.settled(QUIET_MS);
  return [
    await measure("read-marks-1", "somebody marks a message as read", () => room.read(1, head - 1)),
    await measure("read-marks-2", "two people mark a message as read at once", () => room.read(2, head)),
    await measure("post-1", "a message by HTTP", () =>
      call(server.url, `/api/rooms/${room.id}/messages`, room.owner, { text: "said by HTTP" }),
    ),
    await measure("page-1", "a page of history by HTTP", () =>
      call(server.url, `/api/rooms/${room.id}/messages?limit=50`, room.owner),
    ),
    await measure("upload-1", "a file is uploaded", async () => {
      file = await room.upload(10_000);
    }),
    await measure("download-1", "a file is fetched", () => room.download(file)),
    await measure("guest-1", "a guest signs in and becomes a member", async () => {
      newcomer = await room.meet();
    }),
    await measure("join-1", "a socket opens in a room of 20 and gets what it must know", () => room.open(newcomer)),
  ];
}

/** How often the room of the case `upkeep` looks for dead sockets, and how often it is watched doing so. */
export const SWEEP_MS = 1_000;
const SWEEPS = 6;

/** An alarm of a room with sockets in which nothing is said, on a Worker whose SWEEP_MS is the one above. */
export async function upkeep(server: Counting): Promise<Measured> {
  const room = await Room.make(server, "Upkeep");
  await room.fill(10);
  // those who came are counted, told, and what was told is counted
  await pause(3 * QUIET_MS);
  const before = await server.told();
  await pause(SWEEPS * SWEEP_MS);
  const after = await server.told();
  room.cut();
  const all = slope(before.counts, after.counts);
  return {
    case: "upkeep",
    about: "an alarm of a quiet room that looks for dead sockets",
    counts: slope({}, all, all.alarms ?? 0),
  };
}

/** Sockets of an object in the room with relays: one person's. */
const RELAYED = 10;
/** Variables of the Worker on which relays are measured. */
export const RELAY_VARS = { SOCKETS_DIRECT_MAX: String(RELAYED), RELAY_SOCKETS_MAX: String(RELAYED) };

/** A message alone in a room with two relays and with four, written on one of them. */
export async function relayed(server: Counting): Promise<Measured[]> {
  const all: Measured[] = [];
  for (const relays of [2, 4]) {
    const room = await Room.make(server, `Relays ${relays}`);
    await room.fill(RELAYED * (1 + relays));
    await room.say(1, 0, RELAYED);
    await server.settled(QUIET_MS);
    const counts = await counted(server, QUIET_MS, () => room.say(1, 0, RELAYED));
    all.push({
      case: `relays-${relays}`,
      about: `a message alone in a room with ${relays} relays, by way of one`,
      counts,
    });
    room.cut();
    await server.settled(QUIET_MS);
  }
  return all;
}
