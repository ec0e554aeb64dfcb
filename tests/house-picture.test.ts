// The committed picture of imports is that of the tree, and an import that has no place in it is an error.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { importGraph } from "./house/graph.ts";
import { picture } from "./house/picture.ts";
import { readTree } from "./house/source.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const graph = importGraph(readTree(root));

test("docs/images/house-imports.svg is that of the tree; if not: npx node tests/house/draw.ts", () => {
  const drawn = readFileSync(`${root}/docs/images/house-imports.svg`, "utf8");
  expect(drawn).toBe(picture(graph));
  expect(drawn).toContain("prefers-color-scheme: dark");
  expect(drawn).not.toMatch(/<script|NaN|undefined/);
});

test("imports of modules and of crates are counted, those of tests are not", () => {
  const made = new Map(
    Object.entries({
      "worker-ts/src/app.ts": 'import "./rooms"; import "./rooms/routes"; import "../vats";',
      "worker-ts/src/app/http.ts": 'import "../rooms/index.ts"; import "hono";',
      "worker-ts/src/rooms/index.ts": 'export { a } from "./room.ts";',
      "worker-ts/src/rooms/routes.ts": "",
      "worker-ts/src/rooms/room.ts": 'import type { C } from "@ferrule/core"; import "../platform/clock.ts";',
      "worker-ts/src/rooms/room.test.ts": 'import "../platform/clock.ts";',
      "worker-ts/src/platform/clock.ts": "",
      "worker-ts/vats/index.ts": "",
      "rust/wasm/npm/src/index.ts": 'import init from "../generated/ferrule_chunk.js";',
      "rust/wire/Cargo.toml":
        '[package]\nname = "wire"\n\n[dependencies]\ncrc.workspace = true\n\n[dev-dependencies]\nchunk.workspace = true\n',
      "rust/wire/src/lib.rs": "use crc::crc32; fn f() { chunk::<1>() }\n#[cfg(test)]\nmod tests { use chunk::Reader; }",
      "rust/chunk/src/lib.rs": "",
    }),
  );
  expect(Object.fromEntries(importGraph(made).edges)).toEqual({
    "app>rooms": 3,
    "app>vats": 1,
    "rooms>core": 1,
    "rooms>platform": 1,
    "core>rust/wasm/chunk": 1,
    "rust/wire>rust/crc": 1,
  });
});

test("what has no place, and an arrow that has no way, are not left out in silence", () => {
  const withNode = { ...graph, nodes: new Map([...graph.nodes, ["polls", [3]]]) };
  expect(() => picture(withNode)).toThrow("no place for polls");
  const withEdge = (edge: string) => ({ ...graph, edges: new Map([...graph.edges, [edge, 1]]) });
  expect(() => picture(withEdge("rooms>polls"))).toThrow("no place for rooms>polls");
  expect(() => picture(withEdge("auth>rooms"))).toThrow("no way for auth>rooms");
});
