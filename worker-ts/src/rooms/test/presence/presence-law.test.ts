// The law of presence under any mix of joining, leaving, breaking, going away, writing and sleeping: what each client was told
// folds to who is here in truth, and nobody meets a ref that was not introduced. Seeded; a failing seed names itself.
import { runInDurableObject } from "cloudflare:test";
import { PRESENCE_OP, PRESENCE_STATE, TYPING_STATE } from "@ferrule/core";
import { expect, it } from "vitest";
import { dice } from "../../../../../tests/worker/support/random";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  pause,
  quiet,
  RoomClient,
  type RoomStub,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";
import type { RoomObject } from "../../room-object";
import { readAttachment } from "../../socket/attachment";

const USERS = ["ann", "bob", "carl", "dora", "erin"];
const TABS_MAX = 3;

interface Tab {
  readonly user: string;
  readonly ref: number;
  readonly client: RoomClient;
  state: number;
}

/** A room, its open tabs as they are in truth, and everybody who ever was in it. */
class World {
  readonly stub: RoomStub = freshRoom("presence-law");
  readonly tabs: Tab[] = [];
  readonly clients: RoomClient[] = [];
  readonly listMax: number;
  #written = 0;
  readonly #refs = new Map<string, number>();
  readonly #roll: (below: number) => number;

  constructor(roll: (below: number) => number, listMax: number) {
    this.#roll = roll;
    this.listMax = listMax;
  }

  async step(): Promise<void> {
    const act = this.#roll(100);
    const tab = this.tabs[this.#roll(Math.max(1, this.tabs.length))];
    if (act < 30) await this.#join();
    else if (act < 40) await pause(this.#roll(40));
    else if (act < 48) await this.#sleep();
    else if (tab === undefined) return;
    else if (act < 65) this.#turn(tab);
    else if (act < 80) await this.#leave(tab);
    else if (act < 86) await this.#break(tab);
    else if (act < 90) await this.#misbehave(tab);
    else if (act < 94) tab.client.say(++this.#written, "something");
    else if (act < 97) tab.client.send({ kind: "TYPING", body: { state: TYPING_STATE.TYPING } });
    else tab.client.send({ kind: "RECEIPT", body: { list: [{ ref: 0, upTo: this.#written }] } });
  }

  async #join(): Promise<void> {
    const user = USERS[this.#roll(USERS.length)]!;
    if (this.tabs.filter((tab) => tab.user === user).length === TABS_MAX) return;
    const client = await RoomClient.live(this.stub, user);
    if (!this.#refs.has(user)) this.#refs.set(user, this.#refs.size + 1);
    this.clients.push(client);
    this.tabs.push({ user, ref: this.#refs.get(user)!, client, state: PRESENCE_STATE.HERE });
  }

  #turn(tab: Tab): void {
    tab.state = tab.state === PRESENCE_STATE.HERE ? PRESENCE_STATE.AWAY : PRESENCE_STATE.HERE;
    tab.client.send({ kind: "PRESENCE", body: { op: PRESENCE_OP.SELF, state: tab.state } });
  }

  /** Leaves, half the time without waiting for the answer. */
  async #leave(tab: Tab): Promise<void> {
    this.#forget(tab);
    if (this.#roll(2) === 0) tab.client.socket.close(1000, "bye");
    else await tab.client.close();
  }

  /** The line breaks: the runtime tells it twice. */
  async #break(tab: Tab): Promise<void> {
    this.#forget(tab);
    await runInDurableObject(this.stub, (room: RoomObject, state) => {
      for (const socket of state.getWebSockets(`u:u_${tab.user}`)) {
        if (readAttachment(socket)?.conn !== tab.client.conn) continue;
        room.webSocketError(socket);
        room.webSocketClose(socket, 1006);
      }
    });
  }

  async #misbehave(tab: Tab): Promise<void> {
    this.#forget(tab);
    tab.client.send("no ping");
    await until(() => tab.client.closed !== undefined, "the close");
  }

  #forget(tab: Tab): void {
    this.tabs.splice(this.tabs.indexOf(tab), 1);
  }

  /** A pending timer keeps a room awake, so it falls asleep on an idle line only. */
  async #sleep(): Promise<void> {
    await pause(60);
    await this.stub.stats();
    await evict(this.stub);
    await tune(this.stub, { presenceListMax: this.listMax, presenceTotalsMs: 0 });
    // The first to come is a tab that leaves, more often than not.
    const tab = this.tabs[this.#roll(Math.max(1, this.tabs.length))];
    if (tab !== undefined && this.#roll(3) > 0) await this.#leave(tab);
  }

  check(seed: string): void {
    const here = this.tabs.map(({ client, ref, state }) => [client.conn, `${ref}:${state}`] as const);
    const truth = Object.fromEntries(here);
    const crowd = { connections: here.length, people: new Set(this.tabs.map(({ user }) => user)).size };
    for (const { client, user } of this.tabs) {
      const name = `${seed}, ${user} on ${client.conn}`;
      expect(client.closed, name).toBeUndefined();
      expect(client.crowd, name).toEqual(crowd);
      if (client.here !== undefined) expect(Object.fromEntries(client.here), name).toEqual(truth);
      else expect(here.length, name).toBeGreaterThan(this.listMax - Math.floor(this.listMax / 10));
      if (here.length > this.listMax) expect(client.here, name).toBeUndefined();
    }
    for (const client of this.clients) expect(client.strangers, `${seed} on ${client.conn}`).toEqual([]);
  }
}

async function live(seed: number, listMax: number): Promise<void> {
  const roll = dice(seed);
  const world = new World(roll, listMax);
  await tune(world.stub, { presenceListMax: listMax, presenceTotalsMs: 0 });
  const name = `seed ${seed}, at most ${listMax} listed`;
  for (let step = 1; step <= 90; step++) {
    await world.step();
    if (step % 30 !== 0) continue;
    await quiet(world.clients, 100);
    world.check(name);
  }
  await world.stub.apply(actorOf("eve"), { type: "post", id: idOf(1), text: "the end", replyTo: 0 });
  await quiet(world.clients, 100);
  world.check(name);
  expect((await world.stub.stats()).online).toBe(new Set(world.tabs.map(({ user }) => user)).size);
}

it("R21 R22 R23 R27 whatever happens, everybody's presence folds to the truth, as a list and across its limit", async () => {
  const seeds = Array.from({ length: 16 }, (_, n) => 2_000 + n);
  for (let at = 0; at < seeds.length; at += 4)
    await Promise.all(seeds.slice(at, at + 4).map((seed) => live(seed, seed % 2 === 0 ? 500 : 4)));
}, 180_000);
