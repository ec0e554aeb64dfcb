// The room on ws-kit and our adapter; and, in the same object with the same sockets, what the adapter's parts are compared with: the same
// router without it, a loop of sends, the platform's own reading of attachments, bare calls to other objects.
import { DurableObject } from "cloudflare:workers";
import type { PubSubAdapter, ServerWebSocket } from "@ws-kit/core";
import { memoryPubSub } from "@ws-kit/memory";
import { createRouter, message, withPubSub, withZod, z } from "@ws-kit/zod";
import { createDurableObjectHandler, type DurableObjectHandler } from "../../../../worker-ts/src/ws-kit/index.ts";
import { isOfFew, said, timeInside } from "./protocol.ts";

const Say = message("SAY", { text: z.string() });
const Cast = message("CAST", { text: z.string(), topic: z.string() });
const Said = message("SAID", { text: z.string() });
type Letter = Parameters<DurableObjectHandler<Member>["deliver"]>[0];
const TEXT = "forty characters of text, as people write";

interface Member extends Record<string, unknown> {
  few: boolean;
}

function makeRouter(adapter: PubSubAdapter) {
  const router = createRouter<Member>()
    .plugin(withZod<Member>({ validateOutgoing: false }))
    .plugin(withPubSub<Member>({ adapter }));
  router.on(Say, (ctx) => {
    ctx.send(Said, { text: ctx.payload.text });
  });
  router.on(Cast, async (ctx) => {
    await ctx.publish(ctx.payload.topic, Said, { text: ctx.payload.text });
  });
  router.onOpen(async (ctx) => {
    await ctx.topics.subscribe("all");
    if (ctx.data.few) await ctx.topics.subscribe("few");
  });
  return router;
}

/** What a router sees of a client where no adapter is: the cheapest there can be. */
class Plain implements ServerWebSocket {
  readonly readyState = "OPEN";
  constructor(private readonly native: WebSocket) {}
  send(data: string | ArrayBuffer): void {
    this.native.send(data);
  }
  close(): void {}
}

/** The rooms that a publish of this one reaches. */
interface OwnRooms {
  readonly OURS: DurableObjectNamespace<Ours>;
}

export class Ours extends DurableObject<OwnRooms> {
  readonly #handler: DurableObjectHandler<Member>;
  readonly #naked = makeRouter(memoryPubSub());
  readonly #plain = new Map<WebSocket, Plain>();
  #sockets: readonly WebSocket[] = [];

  constructor(ctx: DurableObjectState, env: OwnRooms) {
    super(ctx, env);
    this.#handler = createDurableObjectHandler<Member, OwnRooms>((scope) => makeRouter(scope.pubsub), {
      state: ctx,
      env,
      namespace: env.OURS,
      shim: "always",
      authenticate: ({ url }) => ({ few: isOfFew(url) }),
    });
  }

  override fetch(request: Request) {
    return this.#handler.fetch(request);
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer) {
    return this.#handler.webSocketMessage(socket, frame);
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string) {
    return this.#handler.webSocketClose(socket, code, reason);
  }

  wskitDeliver(letter: Letter): ReturnType<DurableObjectHandler<Member>["deliver"]> {
    return this.#handler.deliver(letter);
  }

  inside(frame: string, times: number, settled: boolean): Promise<number> {
    return timeInside(
      this.ctx.getWebSockets(),
      times,
      (socket) => this.#handler.webSocketMessage(socket, frame),
      settled,
    );
  }

  /** The same router, without the adapter. */
  naked(frame: string, times: number): Promise<number> {
    const sockets = this.ctx.getWebSockets();
    for (const socket of sockets) if (!this.#plain.has(socket)) this.#plain.set(socket, new Plain(socket));
    return timeInside(sockets, times, (socket) => this.#naked.websocket.message(this.#plain.get(socket)!, frame));
  }

  async publish(topic: string, times: number): Promise<number> {
    const since = performance.now();
    for (let time = 0; time < times; time++) await this.#handler.publish(topic, Said, { text: TEXT });
    return performance.now() - since;
  }

  /** What publish does at the least: one text, one send for each socket of a list that is kept. */
  loop(times: number): number {
    if (this.#sockets.length === 0) this.#sockets = this.ctx.getWebSockets();
    const since = performance.now();
    for (let time = 0; time < times; time++) this.send(said(TEXT));
    return performance.now() - since;
  }

  /** The same for a frame of another object's. */
  send(frame: string): number {
    if (this.#sockets.length === 0) this.#sockets = this.ctx.getWebSockets();
    for (const socket of this.#sockets) socket.send(frame);
    return this.#sockets.length;
  }

  async publishGlobal(shards: string[], times: number): Promise<number> {
    const since = performance.now();
    for (let time = 0; time < times; time++) {
      const { ok, failed } = await this.#handler.publishGlobal(
        "all",
        Said,
        { text: TEXT },
        { shards, timeoutMs: 60_000 },
      );
      if (!ok || failed.length > 0) throw new Error(`not reached: ${failed.join(", ")}`);
    }
    return performance.now() - since;
  }

  /** The same by hand: one call to each shard, all at once. */
  async callEach(shards: string[], times: number): Promise<number> {
    const since = performance.now();
    for (let time = 0; time < times; time++) {
      const frame = said(TEXT);
      await Promise.all(shards.map((name) => this.env.OURS.getByName(name).send(frame)));
    }
    return performance.now() - since;
  }

  /** To be called first after a sleep: the first publish, which reads every client back. */
  async wakeAll(): Promise<number> {
    const since = performance.now();
    await this.#handler.publish("nobody", Said, { text: TEXT });
    return performance.now() - since;
  }

  /** To be called first after a sleep: every attachment, read by hand. */
  readAll(): number {
    const since = performance.now();
    let found = 0;
    for (const socket of this.ctx.getWebSockets()) if (socket.deserializeAttachment() !== null) found++;
    const ms = performance.now() - since;
    if (found === 0) throw new Error("no socket has an attachment");
    return ms;
  }

  /** To be called first after a sleep: finds the sockets, but none of their clients. */
  findSockets(): number {
    this.#sockets = this.ctx.getWebSockets();
    return this.#sockets.length;
  }

  /** A message of each socket. */
  async messageOfEach(frame: string): Promise<number> {
    const since = performance.now();
    for (const socket of this.#sockets) await this.#handler.webSocketMessage(socket, frame);
    await scheduler.wait(0);
    return performance.now() - since;
  }
}
