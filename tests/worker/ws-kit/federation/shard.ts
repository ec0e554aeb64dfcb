// A real Durable Object that is one shard of a federation, without router and handler: sockets, the relay, and ways to fail that a test asks for.
import { DurableObject } from "cloudflare:workers";
import { type FederateOptions, federate } from "../../../../worker-ts/src/ws-kit/federation/federate";
import { Federation, type GlobalOptions } from "../../../../worker-ts/src/ws-kit/federation/global";
import type { RelayAnswer, RelayMessage } from "../../../../worker-ts/src/ws-kit/federation/relay";
import { systemRuntime } from "../../../../worker-ts/src/ws-kit/platform";

/** How a shard treats what is relayed to it: `throw` before it delivers, `silent` after it delivered and handed on, `reset` = it dies. */
export type Ailment = "none" | "throw" | "silent" | "reset";

/** A global result, in types that go by RPC. */
interface Told {
  ok: boolean;
  capability?: string;
  matched?: number;
  shards: number;
  failed: string[];
}

export class FederationShard extends DurableObject<Cloudflare.Env> {
  readonly #born = crypto.randomUUID();
  #ailment: Ailment = "none";
  #relays = 0;
  readonly #federation = new Federation({
    namespace: this.env.WSKIT_SHARD,
    name: this.ctx.id.name,
    runtime: systemRuntime,
    deliver: ({ frame }) => this.#send(frame),
  });

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  #send(frame: string): number {
    const sockets = this.ctx.getWebSockets();
    for (const socket of sockets) socket.send(frame);
    return sockets.length;
  }

  async wskitDeliver(message: RelayMessage): Promise<RelayAnswer> {
    this.#relays++;
    await undefined; // a rejection in the first turn counts as unhandled at the older compatibility date
    if (this.#ailment === "throw") throw new Error("ill");
    if (this.#ailment === "reset") this.ctx.abort("died while it was relaying");
    const answer = await this.#federation.deliver(message);
    if (this.#ailment === "silent") await new Promise((resolve) => setTimeout(resolve, 12_000));
    return answer;
  }

  /** Publishes to itself and to `shards`. */
  announce(frame: string, options: GlobalOptions): Promise<Told> {
    return this.#federation.publish("topic", options, async () => ({
      result: { ok: true, capability: "exact", matched: this.#send(frame) },
      frame,
    }));
  }

  /** Several, none of which waits for another. */
  announceAll(frames: readonly string[], options: GlobalOptions): Promise<Told[]> {
    return Promise.all(frames.map((frame) => this.announce(frame, options)));
  }

  fallIll(ailment: Ailment): void {
    this.#ailment = ailment;
  }

  state() {
    return { born: this.#born, relays: this.#relays, name: this.ctx.id.name };
  }

  say(text: string): string {
    return `${this.ctx.id.name}: ${text}`;
  }

  fail(): never {
    throw new Error("application error");
  }

  async slow(delayMs: number): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    return "at last";
  }

  /** Kills the object in the middle of a call. */
  reset(): void {
    this.ctx.abort("reset by the test");
  }

  /** Federates from inside, also where calls to oneself would wait for themselves. */
  federateFromInside(names: string[], options: FederateOptions = {}): Promise<string[]> {
    const self = { id: this.ctx.id, run: async () => this.say("from inside") };
    return this.ctx.blockConcurrencyWhile(async () => {
      const results = await federate(this.env.WSKIT_SHARD, names, (stub) => stub.say("by RPC"), { self, ...options });
      return results.values;
    });
  }
}
