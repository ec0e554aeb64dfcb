// A room that is put to sleep at random against a model that never sleeps: 200 seeded steps, and the transcripts are equal.
import { describe, expect, it } from "vitest";
import { dice } from "../support/random.ts";
import { type Client, until, World } from "./support/client.ts";

const STEPS = 200;
const TOPICS = ["tea", "news", "chess"];
const USERS_MAX = 6;

/** What the test knows of one client: plain values, nothing of sockets. */
interface Modelled {
  readonly client: Client;
  readonly user: string;
  readonly topics: Set<string>;
  readonly data: Record<string, unknown>;
  /** What it must have heard since it was last asked. */
  heard: string[];
}

/** A world and its model, step by step. Every step ends with the answer of the object, so that the order of things is sure. */
class Story {
  readonly world = new World();
  readonly here: Modelled[] = [];
  readonly closes: unknown[] = [];
  readonly log: string[] = [];
  #users = 0;

  constructor(readonly roll: (below: number) => number) {}

  #pick = (): Modelled | undefined => this.here[this.roll(Math.max(1, this.here.length))];
  #topic = (): string => TOPICS[this.roll(TOPICS.length)]!;

  async step(): Promise<void> {
    const one = this.#pick();
    const kind = this.roll(100);
    if (!one || (kind < 10 && this.here.length < USERS_MAX)) return this.#arrive();
    if (kind < 25) return this.#join(one);
    if (kind < 32) return this.#leave(one);
    if (kind < 55) return this.#say(one);
    if (kind < 62) return this.#announce();
    if (kind < 75) return this.#mutate(one);
    if (kind < 82) return this.#end(one);
    if (kind < 86) return this.#ask(one);
    return this.#evict();
  }

  async #arrive() {
    const user = `user ${++this.#users}`;
    this.log.push(`${user} comes`);
    this.here.push({ client: await this.world.join(user), user, topics: new Set(), data: { user }, heard: [] });
  }
  async #join(one: Modelled) {
    const topic = this.#topic();
    this.log.push(`${one.user} joins ${topic}`);
    await one.client.call("JOIN", { topic });
    one.topics.add(topic);
  }
  async #leave(one: Modelled) {
    const topic = this.#topic();
    this.log.push(`${one.user} leaves ${topic}`);
    await one.client.call("LEAVE", { topic });
    one.topics.delete(topic);
  }
  async #say(one: Modelled) {
    const [topic, excludeSelf, text] = [this.#topic(), this.roll(3) === 0, `${one.user} ${this.log.length}`];
    this.log.push(`${one.user} says in ${topic}${excludeSelf ? " to the others" : ""}`);
    const { result } = await one.client.call("SAY", { topic, text, excludeSelf });
    expect(result).toEqual({
      ok: true,
      capability: "exact",
      matched: this.#deliver(topic, text, excludeSelf ? one : undefined),
    });
  }
  async #announce() {
    const [topic, text] = [this.#topic(), `rpc ${this.log.length}`];
    this.log.push(`an RPC says in ${topic}`);
    expect(await this.world.stub.announce(topic, text)).toMatchObject({ matched: this.#deliver(topic, text) });
  }
  #deliver(topic: string, text: string, without?: Modelled): number {
    const to = this.here.filter((one) => one !== without && one.topics.has(topic));
    for (const one of to) one.heard.push(text);
    return to.length;
  }
  async #mutate(one: Modelled) {
    // Now and then so much that it must go to storage, and back to little.
    const value = this.roll(4) === 0 ? "y".repeat(900 * (1 + this.roll(30))) : this.roll(1_000);
    const [key, how] = [`key ${this.roll(3)}`, (["direct", "assign", "late"] as const)[this.roll(3)]!];
    this.log.push(`${one.user} puts ${typeof value} (${how})`);
    const values = typeof value === "string" ? Array.from({ length: 20 }, () => value) : value;
    await one.client.call("PUT", { key, value: values, how });
    one.data[key] = values;
  }
  async #end(one: Modelled) {
    const [code, reason] = [3000 + this.roll(2_000), `reason ${this.log.length}`];
    const byObject = this.roll(3) === 0;
    this.log.push(`${one.user} goes${byObject ? ", sent away" : ""}`);
    await this.#ask(one);
    if (byObject) await this.world.inside(({ handler }) => handler.closeClient(one.client.id, code, reason));
    else one.client.ws.close(code, reason);
    await one.client.gone();
    expect(one.client.closed).toEqual([code, reason]);
    this.closes.push([one.client.id, one.user, code, reason]);
    this.here.splice(this.here.indexOf(one), 1);
    await until(() => this.world.plan.closes.length === this.closes.length, "onClose");
  }
  /** Compares all that can be seen of one client. */
  async #ask(one: Modelled) {
    const heard = await one.client.heard();
    expect(heard).toEqual(one.heard);
    one.heard = [];
    expect(await one.client.call("WHO")).toEqual({ id: one.client.id, data: one.data });
    expect(one.client.got).toEqual([]);
  }
  async #evict() {
    this.log.push("the object is evicted");
    await this.world.sleep(1 + this.roll(2));
  }

  async check(): Promise<void> {
    for (const one of this.here) await this.#ask(one);
    const present = await this.world.inside(({ handler }) =>
      handler.presence().map(({ clientId, topics }) => `${clientId} ${topics.toSorted()}`),
    );
    const expected = this.here.map(({ client, topics }) => `${client.id} ${[...topics].toSorted()}`);
    expect(present.toSorted()).toEqual(expected.toSorted());
    expect(this.world.plan.closes).toEqual(this.closes);
    expect(this.world.plan.opens).toHaveLength(this.#users);
    expect([this.world.plan.errors, this.world.plan.routerErrors]).toEqual([[], []]);
    const left = await this.world.spills();
    expect(left.filter((id) => !this.here.some(({ client }) => client.id === id))).toEqual([]);
  }
}

describe("model", () => {
  it.each([1, 2, 3, 4])(
    "A09 two hundred random steps with evictions are those of a room that never sleeps (seed %i)",
    async (seed) => {
      const story = new Story(dice(seed));
      try {
        for (let step = 0; step < STEPS; step++) await story.step();
        await story.check();
      } catch (error) {
        throw new Error(`seed ${seed}, after: ${story.log.slice(-12).join("; ")}`, { cause: error });
      }
      expect(story.log.filter((line) => line.includes("evicted")).length).toBeGreaterThan(10);
    },
  );
});
