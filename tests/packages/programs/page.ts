// Somebody's page: every entry that loads in a browser. Its title becomes what came of them; `?ORIGIN` talks in the room at that address.
import streamModule from "@ferrule/core/chunk.wasm?url";
import coreModule from "@ferrule/core/core.wasm?url";
import machineModule from "@ferrule/core/kernel.wasm?url";
import { useCore } from "./core.ts";
import { useInit } from "./init.ts";
import { useMachine } from "./machine.ts";
import { useStream } from "./stream.ts";
import { talk } from "./talk.ts";

const read = async (url: string) => (await fetch(url)).arrayBuffer();

async function use() {
  return {
    core: await useCore(),
    machine: await useMachine(),
    stream: await useStream(),
    init: useInit(await read(coreModule), await read(machineModule), await read(streamModule)),
    talk: await talk(location.search.slice(1), "page"),
  };
}
use().then(
  (came) => {
    document.title = JSON.stringify(came);
  },
  (error: unknown) => {
    document.title = JSON.stringify(String(error));
  },
);
