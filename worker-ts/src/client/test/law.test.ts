// R64: whatever breaks, nothing is lost, nothing is doubled, everything comes in order, and all see what the log says.
import { ROLE, SYSTEM_EVENT } from "@ferrule/core";
import { expect, test } from "vitest";
import { Clock, seeded } from "../testing/clock";
import { NO_FAULTS, SimServer } from "../testing/server";
import { Writer } from "../testing/writer";

const SEEDS = 200;
const ROUNDS = 12;
const NAMES = ["ada", "bob", "cyd"];

/** What one world came to. */
interface Figures {
  readonly cuts: number;
  readonly refusals: number;
  readonly changes: number;
}

/** A talk over lines that break, in a room that limits rates and now and then is slow. */
async function talk(seed: number): Promise<Figures> {
  const random = seeded(seed);
  const clock = new Clock();
  const server = new SimServer(clock, random);
  server.roles.set("ada", ROLE.MODERATOR);
  const writers = NAMES.map((name) => new Writer(name, server, random));
  let refusals = 0;
  const refuse = server.refuse.bind(server);
  server.refuse = (peer, name, ...rest) => {
    if (name === "RATE_LIMITED") refusals++;
    refuse(peer, name, ...rest);
  };
  await clock.pass(1_000);
  server.faults = { cutBefore: 0.05, cutAfter: 0.05, repeat: 0.1, noTicket: 0.2 };
  for (let n = 0; n < ROUNDS; n++) {
    if (random() < 0.1) server.announce(SYSTEM_EVENT.SLOW_MODE, random() < 0.5 ? "700" : "0");
    for (const writer of writers) {
      writer.act();
      if (random() < 0.5) writer.act();
      if (random() < 0.05) writer.kill();
      if (random() < 0.1) for (const peer of server.open) peer.socket.cut();
    }
    await clock.pass(random() * 3_000);
  }
  const cuts = server.peers.length - writers.length;
  server.faults = { ...NO_FAULTS, repeat: 0.1 };
  for (const { room } of writers) room.typing(false);
  await clock.pass(90_000);
  for (const writer of writers) check(writer, server, `seed ${seed}, ${writer.name}`);
  expect(server.faultsOfClients, `seed ${seed}: nobody sent into a wait`).toBe(0);
  return { cuts, refusals, changes: server.log.filter(({ target }) => target > 0).length };
}

function check(writer: Writer, server: SimServer, who: string): void {
  const { log, room, crowd } = server;
  const { ref } = server.peers.find(({ user }) => user === writer.name)!;
  const own = log.filter((entry) => entry.ref === ref).map(({ id }) => id);
  expect(new Set(own).size, `${who}: nothing is stored twice`).toBe(own.length);
  for (const ids of Object.values(writer.written)) {
    const kept = ids.filter((id) => own.includes(id));
    const stored = own.filter((id) => ids.includes(id));
    expect(stored, `${who}: stored in the order written`).toEqual(kept);
    const lost = ids.filter((id) => !room.knows(ref, id) && typeof writer.answered.get(id) !== "string");
    expect(lost, `${who}: what was not refused is stored`).toEqual([]);
  }
  for (const [id, answer] of writer.answered) {
    if (typeof answer === "string") expect(["not_found", "forbidden"], `${who}: ${answer}`).toContain(answer);
    else if (answer > 0) expect(log[answer - 1]?.id, `${who}: confirmed`).toBe(id);
  }
  expect(writer.seen, `${who}: handled each entry once, in order`).toEqual(log.map(({ seq }) => seq));
  expect(writer.shown(), `${who}: sees what the log says`).toEqual(room.projection(ref));
  expect(writer.room.unsent, `${who}: nothing waits`).toBe(0);
  expect([...writer.room.here().keys()].sort(), `${who}: sees who is here`).toEqual(NAMES);
  expect(new Map([...writer.room.readers().values()].map(({ person, seq }) => [person.ref, seq]))).toEqual(crowd.marks);
}

test("R64: 200 talks over cut connections: no loss, no double, in order, one view for all", async () => {
  const sum = { cuts: 0, refusals: 0, changes: 0 };
  for (let seed = 0; seed < SEEDS; seed++) {
    const { cuts, refusals, changes } = await talk(seed);
    sum.cuts += cuts;
    sum.refusals += refusals;
    sum.changes += changes;
  }
  // Worth its name: lines did break, limits did bite, messages did change.
  expect(sum.cuts).toBeGreaterThan(10 * SEEDS);
  expect(sum.refusals).toBeGreaterThan(SEEDS);
  expect(sum.changes).toBeGreaterThan(5 * SEEDS);
});
