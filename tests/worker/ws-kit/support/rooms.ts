// The chat router that most tests talk to. Every message is answered, so that a client knows when all that went before has happened.
import { CloseError } from "@ws-kit/core";
import { createRouter, message, rpc, withPubSub, withZod, z } from "@ws-kit/zod";
import type { DurableScope } from "../../../../worker-ts/src/ws-kit/index";
import { withDurableObject } from "../../../../worker-ts/src/ws-kit/index";
import type { Data, Plan } from "./plan.ts";

const topic = z.string();

export const Welcome = message("WELCOME", { id: z.string(), user: z.string().optional() });
export const Said = message("SAID", { text: z.string(), from: z.string() });
/** Any payload at all: what JSON refuses must be refused by the adapter. */
export const Loose = message({ type: "LOOSE", payload: z.object({ value: z.any() }) });

const Join = rpc("JOIN", { topic }, "JOINED", { topic });
const Leave = rpc("LEAVE", { topic }, "LEFT", { topic });
const Say = rpc("SAY", { topic, text: z.string(), excludeSelf: z.boolean().optional() }, "SENT", { result: z.any() });
const PutData = rpc("PUT", { key: z.string(), value: z.any(), how: z.enum(["direct", "assign", "late"]) }, "OK", {});
/** Puts what JSON cannot carry: a Date, a Map, a function. */
const PutKind = rpc("KIND", { kind: z.enum(["date", "map", "function"]) }, "OK", {});
const Fill = rpc("FILL", { chars: z.number() }, "OK", {});
const Later = rpc("LATER", { save: z.boolean() }, "OK", {});
const Who = rpc("WHO", {}, "ME", { id: z.string(), data: z.any() });
/** A global publish in the client's name. */
const SayAll = rpc("SAYALL", { topic, text: z.string(), shards: z.array(z.string()) }, "SENT", { result: z.any() });
/** What the plugin puts into a handler's context. */
const Durable = rpc("DURABLE", {}, "IS", { name: z.string().optional(), sameScope: z.boolean(), stored: z.any() });
const Fail = rpc("FAIL", {}, "OK", {});

/** Plain values for an answer: what JSON would lose is named. */
function plain(data: Data): Record<string, unknown> {
  const show = (value: unknown) => {
    if (value instanceof Date) return `date ${value.toISOString()}`;
    if (value instanceof Map) return `map ${JSON.stringify([...value])}`;
    if (typeof value === "string" && value.length > 1_000) return `${value.length} characters`;
    return value;
  };
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, show(value)]));
}

const KINDS = { date: () => new Date(86_400_000), map: () => new Map([["a", 1]]), function: () => () => 1 };

/** One router, for one object. `onOpen` greets, or fails in the way that `data.onOpen` says. */
export function chatRouter(scope: DurableScope<Cloudflare.Env>, plan: Plan) {
  const router = createRouter<Data>()
    .plugin(withZod<Data>())
    .plugin(withPubSub<Data>({ adapter: scope.pubsub }))
    .plugin(withDurableObject(scope));
  router.onError((error) => {
    plan.routerErrors.push(error);
  });
  router.onOpen((ctx) => {
    plan.opens.push(ctx.clientId);
    if (ctx.data["onOpen"] === "throw") throw new Error("onOpen threw");
    if (ctx.data["onOpen"] === "close") throw new CloseError(4010, "not today");
    void ctx.send(Welcome, { id: ctx.clientId, user: ctx.data.user });
  });
  router.onClose(async (ctx) => {
    plan.closes.push([ctx.clientId, ctx.data.user, ctx.code, ctx.reason]);
    const topic = ctx.data["farewell"];
    if (typeof topic === "string")
      await ctx.publish(topic, Said, { text: `${ctx.data.user} left`, from: ctx.clientId });
    if (ctx.data["onClose"] === "throw") throw new Error("onClose threw");
  });
  router.rpc(Join, async (ctx) => {
    await ctx.topics.subscribe(ctx.payload.topic);
    ctx.reply(ctx.payload);
  });
  router.rpc(Leave, async (ctx) => {
    await ctx.topics.unsubscribe(ctx.payload.topic);
    ctx.reply(ctx.payload);
  });
  router.rpc(Say, async (ctx) => {
    const { topic, text, excludeSelf = false } = ctx.payload;
    ctx.reply({ result: await ctx.publish(topic, Said, { text, from: ctx.clientId }, { excludeSelf }) });
  });
  router.rpc(PutData, async (ctx) => {
    const { key, value, how } = ctx.payload;
    if (how === "late") await scope.storage.get("anything");
    if (how === "assign") ctx.assignData({ [key]: value });
    else (ctx.data as Record<string, unknown>)[key] = value;
    ctx.reply({});
  });
  router.rpc(PutKind, (ctx) => {
    ctx.data["kind"] = KINDS[ctx.payload.kind]();
    ctx.reply({});
  });
  router.rpc(Fill, (ctx) => {
    ctx.data["fill"] = "x".repeat(ctx.payload.chars);
    ctx.reply({});
  });
  router.rpc(Later, (ctx) => {
    const { clientId, data, payload } = ctx;
    setTimeout(() => {
      data["late"] = "from a timer";
      if (payload.save) scope.handler.save(clientId);
      plan.notes.push("timer");
    }, 5);
    ctx.reply({});
  });
  router.rpc(Who, (ctx) => {
    ctx.reply({ id: ctx.clientId, data: plain(ctx.data) });
  });
  router.rpc(SayAll, async (ctx) => {
    const { topic, text, shards } = ctx.payload;
    const options = { shards, excludeSelf: true };
    ctx.reply({ result: await ctx.durable.publishGlobal(topic, Said, { text, from: ctx.clientId }, options) });
  });
  router.rpc(Durable, async (ctx) => {
    const { name, storage, pubsub } = ctx.durable;
    ctx.durable.waitUntil(storage.put("by ctx.durable", ctx.clientId));
    ctx.reply({ name, sameScope: pubsub === scope.pubsub, stored: await storage.get("by ctx.durable") });
  });
  router.rpc(Fail, async () => {
    // Thrown at once, workerd before the compatibility date 2026-03-03 would report it as unhandled, though core handles it.
    await Promise.resolve();
    throw new Error("the handler threw");
  });
  return router;
}
