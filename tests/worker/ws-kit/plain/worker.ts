// For plain.test.ts: a room in both modes, in a workerd that has nothing of Node. What ended is kept in storage, where the test reads it.
import { DurableObject } from "cloudflare:workers";
import { createRouter, message, rpc, withPubSub, withZod, z } from "@ws-kit/zod";
import {
  createDurableObjectHandler,
  type DurableScope,
  WsKitDurableError,
} from "../../../../worker-ts/src/ws-kit/index";

/** Before any handler is made: what this workerd has of its own. */
const OWN = { setImmediate: typeof setImmediate, process: typeof process };

interface Env {
  SLEEPING: DurableObjectNamespace<SleepingRoom>;
  AWAKE: DurableObjectNamespace<AwakeRoom>;
}

const Welcome = message("WELCOME", { id: z.string() });
const Said = message("SAID", { text: z.string() });
const Say = message("SAY", { text: z.string() });
const Who = rpc("WHO", {}, "ME", { id: z.string() });

function chat({ pubsub, storage }: DurableScope<Env>) {
  const router = createRouter()
    .plugin(withZod())
    .plugin(withPubSub({ adapter: pubsub }));
  router.onOpen(async (ctx) => {
    await ctx.topics.subscribe("lobby");
    void ctx.send(Welcome, { id: ctx.clientId });
  });
  router.onClose(async (ctx) => {
    const ended = (await storage.get("ended")) ?? [];
    await storage.put("ended", [...(ended as unknown[]), [ctx.clientId, ctx.code]]);
  });
  router.on(Say, (ctx) => {
    void ctx.publish("lobby", Said, ctx.payload);
  });
  router.rpc(Who, (ctx) => ctx.reply({ id: ctx.clientId }));
  return router;
}

export class SleepingRoom extends DurableObject<Env> {
  protected hibernate = true;
  #handler: ReturnType<typeof this.make> | undefined;

  private make() {
    return createDurableObjectHandler(chat, { state: this.ctx, env: this.env, hibernate: this.hibernate });
  }
  get handler() {
    this.#handler ??= this.make();
    return this.#handler;
  }

  override async fetch(request: Request): Promise<Response> {
    if (request.headers.has("upgrade")) return this.handler.fetch(request);
    return Response.json((await this.ctx.storage.get("ended")) ?? []);
  }
  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer) {
    return this.handler.webSocketMessage(socket, data);
  }
  override webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean) {
    return this.handler.webSocketClose(socket, code, reason, wasClean);
  }
  override webSocketError(socket: WebSocket, error: unknown) {
    return this.handler.webSocketError(socket, error);
  }
  /** The code of the error where the shim is not wanted. Must be asked before any handler is made in this isolate. */
  withoutShim(): string {
    try {
      createDurableObjectHandler(chat, { state: this.ctx, env: this.env, shim: false });
      return "taken";
    } catch (error) {
      return error instanceof WsKitDurableError ? error.code : String(error);
    }
  }
}

export class AwakeRoom extends SleepingRoom {
  protected override hibernate = false;
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/own")
      return Response.json({ ...OWN, withoutShim: await env.SLEEPING.getByName("own").withoutShim() });
    const [, mode, room] = pathname.split("/");
    const namespace = mode === "awake" ? env.AWAKE : env.SLEEPING;
    return namespace.getByName(String(room)).fetch(request);
  },
} satisfies ExportedHandler<Env>;
