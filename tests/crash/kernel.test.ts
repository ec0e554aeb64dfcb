// kill -9 of workerd while fifty people count through a kernel, on both stores: what was answered is durable and applied once, also when
// it is asked again under its key; and the demo's count never repeats. FERRULE_CRASH_ROUNDS sets how many kills (2 unless told).
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../harness/server/server.ts";
import { pause } from "./writer.ts";

const ROUNDS = Number(process.env["FERRULE_CRASH_ROUNDS"] ?? 2);
const CLIENTS = 50;
/** Messages answered between two kills, at least. */
const LOAD = 200;
const ROUND_MS_MAX = 60_000;
/** One vat that counts: every answer is another number. */
const CLUSTER = { bootstrap: "counter", vats: { counter: { bundleName: "counter", parameters: { start: 0 } } } };

interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code: string } };
}

interface Client {
  /** Keys of what was asked, in order; the last one may be unanswered. */
  asked: number;
  /** What each answered key was told. */
  readonly told: Map<string, string>;
}

/** One kernel under load, through every kill of its server. */
class Load {
  readonly clients: Client[] = Array.from({ length: CLIENTS }, () => ({ asked: 0, told: new Map() }));
  readonly #kernel: string;
  #root = "";
  #running = false;

  constructor(kernel: string) {
    this.#kernel = kernel;
  }

  get answered(): number {
    return this.clients.reduce((sum, { told }) => sum + told.size, 0);
  }

  async rpc(method: string, params: unknown, key?: string): Promise<RpcAnswer> {
    const response = await fetch(`${server.url}/api/kernel/${this.#kernel}/rpc`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${owner}`,
        "content-type": "application/json",
        ...(key !== undefined && { "idempotency-key": key }),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(ROUND_MS_MAX),
    });
    if (response.status !== 200) throw new Error(`${method} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as RpcAnswer;
  }

  /** A method's result; throws on an error. */
  async ask<T>(method: string, params: unknown, key?: string): Promise<T> {
    const { result, error } = await this.rpc(method, params, key);
    if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`);
    return result as T;
  }

  async launch(): Promise<void> {
    const { rootKref } = await this.ask<{ rootKref: string }>("launchSubcluster", { config: CLUSTER }, "launch");
    this.#root = rootKref;
  }

  /** Counts one under a key; null when there was no answer. */
  async increment(key: string): Promise<{ body: string } | null> {
    const answer = await this.rpc("queueMessage", [this.#root, "increment", []], key).catch(() => null);
    if (answer?.error !== undefined) throw new Error(`${key}: ${JSON.stringify(answer.error)}`);
    return answer === null ? null : (answer.result as { body: string });
  }

  /** Has one message answered, however often the server dies meanwhile: always under the same key. */
  async #once(client: Client, name: string): Promise<void> {
    const key = `${name}-${client.asked}`;
    while (this.#running) {
      const answer = await this.increment(key);
      if (answer !== null) {
        client.told.set(key, answer.body);
        client.asked++;
        return;
      }
      await pause(50);
    }
  }

  /** Everybody counts until `done`. */
  async run(during: () => Promise<void>): Promise<void> {
    this.#running = true;
    const all = this.clients.map(async (client, n) => {
      while (this.#running) await this.#once(client, `c${n}`);
    });
    await during();
    this.#running = false;
    await Promise.all(all);
  }

  /** Asks again for what may have been left unanswered, and says what every key was told in the end. */
  async settle(): Promise<string[]> {
    this.#running = true;
    await Promise.all(this.clients.map((client, n) => this.#once(client, `c${n}`)));
    this.#running = false;
    return this.clients.flatMap(({ told }) => [...told.values()]);
  }

  async count(): Promise<number> {
    const { body } = await this.ask<{ body: string }>("queueMessage", [this.#root, "read", []]);
    return Number(body.replace("#", ""));
  }
}

let server: Server;
let owner: string;

async function signIn(): Promise<void> {
  const response = await fetch(`${server.url}/api/auth/sign-in/admin`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: server.adminToken }),
  });
  const token = response.headers.get("set-auth-token");
  if (token === null) throw new Error(`the owner cannot sign in: ${response.status} ${await response.text()}`);
  owner = token;
}

/** Until `holds`, for at most a minute. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + ROUND_MS_MAX;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await pause(20);
  }
}

describe.each(["durable-object", "d1"])("store %s", (store) => {
  beforeAll(async () => {
    server = await startServer({ vars: { KERNEL_STORE: store } });
    await signIn();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test(`K28: ${ROUNDS} kills under load from ${CLIENTS} clients: nothing answered is lost, no key is applied twice`, {
    timeout: ROUND_MS_MAX * (2 + 2 * ROUNDS),
  }, async () => {
    const load = new Load("crash");
    await load.launch();
    await load.run(async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const before = load.answered;
        await until("the load is under way", () => load.answered >= before + LOAD);
        await server.kill();
        await server.restart();
      }
      const last = load.answered;
      await until("it goes on after the last kill", () => load.answered >= last + LOAD);
    });
    const told = await load.settle();
    const counts = told.map((body) => Number(body.replace("#", ""))).sort((a, b) => a - b);
    // each key was applied once: the counts told are 1..n without a gap or a double, and the vat's own is n
    expect(counts).toEqual(Array.from(counts, (_, at) => at + 1));
    expect(await load.count()).toBe(counts.length);
    // a key of before gets the answer of before
    const [key, body] = [...load.clients[0]!.told][0]!;
    expect(await load.increment(key)).toEqual({ body, slots: [] });
    expect(await load.count()).toBe(counts.length);
    expect(await load.ask<string>("ping", [])).toBe("pong");
  });
});
