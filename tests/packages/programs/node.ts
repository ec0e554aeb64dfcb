// Somebody's program in Node: every entry that loads there. `node node.js ORIGIN` talks in the room at that address.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createDurableObjectHandler, rendezvousShard } from "@ferrule/worker/ws-kit";
import { asyncScope } from "@ferrule/worker/ws-kit/als";
import { FakeDurableState } from "@ferrule/worker/ws-kit/testing";
import { createRouter } from "@ws-kit/core";
import { useCore } from "./core.ts";
import { useInit } from "./init.ts";
import { useMachine } from "./machine.ts";
import { useStream } from "./stream.ts";
import { talk } from "./talk.ts";

const read = (name: string) => readFileSync(fileURLToPath(import.meta.resolve(`@ferrule/core/${name}.wasm`)));

/** An object that hibernates, here in Node: it is awake, asleep, and answers again. */
async function sleeper() {
  let state = new FakeDurableState({
    name: "lobby",
    wake: (life) =>
      createDurableObjectHandler(() => createRouter<{ name: string }>(), {
        state: life,
        env: {},
        runtime: life.runtime,
        authenticate: () => ({ name: "ann" }),
      }),
  });
  const ann = await state.connect("https://room/");
  state = state.evict();
  await ann.send("ping");
  return { frames: ann.frames, shard: rendezvousShard("key", ["only"]), outside: asyncScope().current() === undefined };
}

console.log(
  JSON.stringify({
    core: await useCore(),
    machine: await useMachine(),
    stream: await useStream(),
    init: useInit(read("core"), read("kernel"), read("chunk")),
    sleeper: await sleeper(),
    talk: await talk(process.argv[2] ?? "", "node"),
  }),
);
