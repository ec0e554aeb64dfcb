// Somebody's Worker with every entry in it that a Worker can have without tables: bundled by wrangler and by Vite.
import { DurableObject } from "cloudflare:workers";
import streamModule from "@ferrule/core/chunk.wasm";
import coreModule from "@ferrule/core/core.wasm";
import machineModule from "@ferrule/core/kernel.wasm";
import { explainFrame } from "@ferrule/worker/client";
import { defineKernelObject, defineVat, KernelError, makeKernelClient } from "@ferrule/worker/kernel";
import { ADMISSION_HEADER, defineRoomObject, encodeAdmission } from "@ferrule/worker/rooms";
import { createDurableObjectHandler, DurablePubSub } from "@ferrule/worker/ws-kit";
import { asyncScope } from "@ferrule/worker/ws-kit/als";
import { defineDurableRoom } from "@ferrule/worker/ws-kit/object";
import type { PubSubAdapter } from "@ws-kit/core";
import { createRouter, message, withPubSub, withZod, z } from "@ws-kit/zod";
import { useCore } from "./core.ts";
import { buildRootObject } from "./counter.ts";
import { useInit } from "./init.ts";
import { useMachine } from "./machine.ts";
import { useStream } from "./stream.ts";

interface Env {
  readonly ROOM: DurableObjectNamespace<RoomObject>;
  readonly KERNEL: DurableObjectNamespace<KernelObject>;
  readonly OWN: DurableObjectNamespace<Own>;
  readonly SHARED: DurableObjectNamespace<Shared>;
}

export class RoomObject extends defineRoomObject() {}

defineVat("counter", buildRootObject);
export class KernelObject extends defineKernelObject() {}

type User = { name: string };
const Say = message("SAY", { text: z.string() });
const Said = message("SAID", { text: z.string() });

/** A router of ws-kit on this adapter: what one says, all hear. */
function makeRouter(adapter: PubSubAdapter) {
  const router = createRouter<User>().plugin(withZod<User>()).plugin(withPubSub<User>({ adapter }));
  router.onOpen(async (ctx) => {
    await ctx.topics.subscribe("all");
  });
  router.on(Say, async (ctx) => {
    await ctx.publish("all", Said, { text: ctx.payload.text });
  });
  return router;
}
const authenticate = (): User => ({ name: "somebody" });

/** The ready-made class: a router for each object. */
export class Own extends defineDurableRoom<User, Env>(({ pubsub }) => makeRouter(pubsub), { authenticate }) {}

const scoping = asyncScope();
const shared = new DurablePubSub({ scoping });
const router = makeRouter(shared);

/** A class of somebody's own: one router for all of its objects. */
export class Shared extends DurableObject<Env> {
  readonly handler = createDurableObjectHandler(router, {
    state: this.ctx,
    env: this.env,
    scoping,
    pubsub: shared,
    authenticate,
  });

  override fetch(request: Request) {
    return this.handler.fetch(request);
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
}

/** Pages of any origin may ask. */
const open = (request: Request) => ({
  "access-control-allow-origin": request.headers.get("origin") ?? "*",
  "access-control-allow-credentials": "true",
  "access-control-allow-headers": "authorization, content-type",
});

/** A ticket or a socket: whoever asks is who the address says. */
async function enter(request: Request, user: string, room: string, what: string, env: Env): Promise<Response> {
  const url = new URL(request.url);
  if (what === "ticket") {
    const socket = `ws://${url.host}/as/${user}/api/rooms/${room}/socket`;
    const ticket = { ticket: "open.house", expiresAt: Date.now() + 60_000, url: socket };
    return Response.json(ticket, { status: 201, headers: open(request) });
  }
  const admission = encodeAdmission({
    userId: user,
    name: user,
    guest: true,
    role: "member",
    roleAt: 0,
    sessionId: user,
    expiresAt: Date.now() + 900_000,
    room: { version: 1, title: "Somebody's", closed: false, slowModeMs: 0, editWindowMs: 0 },
  });
  const headers = { upgrade: "websocket", "sec-websocket-protocol": "ferrule.v1", [ADMISSION_HEADER]: admission };
  return env.ROOM.getByName(room).fetch(new Request(url, { headers }));
}

/** Clicks once on the counter of a kernel, or says why that cannot be. */
async function click(name: string, env: Env): Promise<unknown> {
  const kernel = makeKernelClient(env.KERNEL.getByName(name));
  try {
    const config = { bootstrap: "counter", vats: { counter: { bundleName: "counter" } } };
    const { rootKref } = await kernel.launchSubcluster(config, { key: "the one counter" });
    return (await kernel.queueMessage(rootKref, "click", [])).body;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return error.message;
  }
}

/** Every use of an entry that needs no more than to be asked. */
const USES: Readonly<Record<string, (env: Env) => unknown>> = {
  "/core": useCore,
  "/machine": useMachine,
  "/stream": useStream,
  "/init": () => useInit(coreModule, machineModule, streamModule),
  "/client": () => explainFrame("up", new Uint8Array()).refusal?.reason ?? null,
  "/kernel": (env) => click("mine", env),
  "/kernel-in-d1": (env) => click("demo", env),
};

export default {
  async fetch(request, env): Promise<Response> {
    const url = new URL(request.url);
    const use = USES[url.pathname];
    if (use !== undefined) return Response.json(await use(env));
    if (url.pathname === "/own") return env.OWN.getByName("one").fetch(request);
    if (url.pathname === "/shared") return env.SHARED.getByName("one").fetch(request);
    const [, user, room, what] = /^\/as\/(\w+)\/api\/rooms\/(\w+)\/(ticket|socket)$/.exec(url.pathname) ?? [];
    if (request.method === "OPTIONS") return new Response(null, { headers: open(request) });
    return user && room && what ? enter(request, user, room, what, env) : new Response(null, { status: 404 });
  },
} satisfies ExportedHandler<Env>;
