// The drivers of a load: starts the processes, tells all of them at once what to do, and puts together what they say.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Stored } from "./client.ts";
import type { Answer, Heard, Order } from "./driver.ts";

const DRIVER = fileURLToPath(new URL("driver.ts", import.meta.url));

/** Processes that hold the sockets of a room. */
export class Crew {
  readonly #drivers: readonly { readonly process: ChildProcess; readonly ended: Promise<never> }[];
  /** The busiest driver of the last order: near 1 it is what was measured. */
  busy = 0;
  /** Connections in the room, as its clients were told last: the smallest and the largest number. */
  crowd: readonly [number, number] = [0, 0];

  constructor(drivers: number) {
    this.#drivers = Array.from({ length: drivers }, () => {
      const driver = fork(DRIVER, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
      const ended = once(driver, "exit").then(() => {
        throw new Error("a driver has ended");
      });
      ended.catch(() => {});
      return { process: driver, ended };
    });
  }

  /** Gives each driver its order and waits for all; throws when anything went wrong since the start. */
  async #tell(orderOf: (driver: number) => Order): Promise<Answer[]> {
    const answers = await Promise.all(
      this.#drivers.map(async ({ process: driver, ended }, n) => {
        const answered = once(driver, "message");
        driver.send(orderOf(n));
        const [answer] = (await Promise.race([answered, ended])) as [Answer];
        return answer;
      }),
    );
    const problems = answers.flatMap((answer) => answer.problems);
    if (problems.length > 0) throw new Error(`the room did not keep its word:\n${problems.slice(0, 10).join("\n")}`);
    this.busy = Math.max(...answers.map(({ busy }) => busy));
    this.crowd = [Math.min(...answers.map(({ crowd }) => crowd[0])), Math.max(...answers.map(({ crowd }) => crowd[1]))];
    return answers;
  }

  /** Opens sockets until there are `count`, of which `from` are open already. */
  async open(room: { port: number; room: string; secret: string }, from: number, count: number): Promise<void> {
    const drivers = this.#drivers.length;
    const border = (n: number) => from + Math.floor(((count - from) * n) / drivers);
    await this.#tell((n) => ({ do: "open", ...room, from: border(n), until: border(n + 1) }));
  }

  /** Messages from all drivers, `perSecond` of all together (0: at once), each by `writers` people of each driver in turn. */
  async say(count: number, perSecond: number, writers: number): Promise<Stored[]> {
    const drivers = this.#drivers.length;
    const share = (n: number) => Math.floor((count * (n + 1)) / drivers) - Math.floor((count * n) / drivers);
    const answers = await this.#tell((n) => ({
      do: "say",
      count: share(n),
      perSecond: perSecond / drivers,
      delayMs: perSecond === 0 ? 0 : (n * 1000) / perSecond,
      writers,
    }));
    return answers.flatMap(({ stored }) => stored);
  }

  /** Waits until every client has the entry `until`; of each entry since the last call how many have it, and when. */
  async hear(until: number): Promise<Map<number, Heard>> {
    const all = new Map<number, Heard>();
    for (const { heard } of await this.#tell(() => ({ do: "hear", until })))
      for (const [seq, count, firstAt, lastAt] of heard) {
        const known = all.get(seq);
        if (known === undefined) all.set(seq, [seq, count, firstAt, lastAt]);
        else all.set(seq, [seq, known[1] + count, Math.min(known[2], firstAt), Math.max(known[3], lastAt)]);
      }
    return all;
  }

  end(): void {
    for (const { process: driver } of this.#drivers) driver.kill("SIGKILL");
  }
}
