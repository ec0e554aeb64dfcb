// A whole room against partyserver and Socket.IO: fan-out and latency under an open load of 1, 20 and 200 sockets, resume, wake.
import { messages } from "../codec/messages.ts";
import type { LoadSuite } from "../harness/suite.ts";
import { type FanOut, measureFanOut } from "../rooms/fan-out.ts";
import { startOurs } from "../rooms/ours.ts";
import { startPartyserver } from "../rooms/partyserver.ts";
import { measureResume } from "../rooms/resume.ts";
import { startSocketIo } from "../rooms/socket-io.ts";
import { measureWake } from "../rooms/wake.ts";

/** Forty characters each, the texts of the codec's cases. */
const TEXTS = messages(40).map(({ text }) => text);

const FAN_OUTS: readonly FanOut[] = [
  // One message at a time: the next one leaves when the line has long been idle.
  { name: "fanout-1", lines: 1, latencyPerSecond: 20, searchFrom: 0, latencyGoal: 1 },
  { name: "fanout-20", lines: 20, latencyPerSecond: 200, searchFrom: 400, goal: 1.5 },
  { name: "fanout-200", lines: 200, latencyPerSecond: 100, searchFrom: 100, goal: 1.5 },
];
const RESUMES = new Map([
  ["resume-1000", 1_000],
  ["resume-5000", 5_000],
]);
const WAKE = { name: "wake-1000", sockets: 1_000 };
const QUICK = ["fanout-200", "resume-1000"];

const names = [...FAN_OUTS.map(({ name }) => name), ...RESUMES.keys(), WAKE.name];

/** The suite `rooms`. */
export const suite: LoadSuite = {
  name: "rooms",
  cases: names.map((name) => ({ name, quick: QUICK.includes(name) })),
  caption: "open load, contenders in turns; sustained: p99 below 250 ms and no backlog",
  async measure(name, quick, note) {
    if (name === WAKE.name) return measureWake(WAKE.sockets, quick, TEXTS, note);
    const missed = RESUMES.get(name);
    // Socket.IO keeps what was missed in memory for two minutes and for its own sessions alone: nothing to compare with a log.
    if (missed !== undefined) return measureResume(missed, [startOurs, startPartyserver], quick, TEXTS, note);
    const one = FAN_OUTS.find((fanOut) => fanOut.name === name);
    if (one === undefined) throw new Error(`there is no case ${name}`);
    return measureFanOut(one, [startOurs, startPartyserver, startSocketIo], quick, TEXTS, note);
  },
};
