// What a Worker that imports one entry weighs: the Workers that are measured, what wrangler says of each, and the tables of the READMEs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Project } from "../../harness/packages/project.ts";

const MAKES_OBJECTS = "export default { fetch: () => new Response() };";

/** The smallest Worker that really uses the entry, and what may come with it. */
export const WORKERS: Readonly<Record<string, { readonly code: string; readonly brings: readonly string[] }>> = {
  "@ferrule/core": {
    code: `import { decode } from "@ferrule/core";
export default { fetch: async (request) => Response.json(decode("up", await request.bytes())) };`,
    brings: ["@ferrule/core", "ferrule_bg.wasm"],
  },
  "@ferrule/core/kernel": {
    code: `import { KernelLoader } from "@ferrule/core/kernel";
export default { fetch: () => new Response(new KernelLoader().finish([]).status()) };`,
    brings: ["@ferrule/core", "ferrule_kernel_bg.wasm"],
  },
  "@ferrule/core/chunk": {
    code: `import { RecordReader, RecordWriter } from "@ferrule/core/chunk";
export default { fetch: () => Response.json([new RecordReader(), new RecordWriter(0)]) };`,
    brings: ["@ferrule/core", "ferrule_chunk_bg.wasm"],
  },
  "@ferrule/worker/rooms": {
    code: `import { defineRoomObject } from "@ferrule/worker/rooms";
export class RoomObject extends defineRoomObject() {}
${MAKES_OBJECTS}`,
    brings: ["@ferrule/core", "@ferrule/worker/platform", "@ferrule/worker/rooms", "ferrule_bg.wasm"],
  },
  "@ferrule/worker/client": {
    code: `import { connect } from "@ferrule/worker/client";
export default { fetch: (request) => Response.json(connect({ url: request.url, room: "lobby" })) };`,
    brings: ["@ferrule/core", "@ferrule/worker/client", "ferrule_bg.wasm"],
  },
  "@ferrule/worker/kernel": {
    code: `import { defineKernelObject } from "@ferrule/worker/kernel";
export class KernelObject extends defineKernelObject() {}
${MAKES_OBJECTS}`,
    brings: [
      "@endo/cache-map",
      "@endo/common",
      "@endo/env-options",
      "@endo/errors",
      "@endo/eventual-send",
      "@endo/harden",
      "@endo/marshal",
      "@endo/nat",
      "@endo/pass-style",
      "@endo/promise-kit",
      "@ferrule/core",
      "@ferrule/worker/kernel",
      "@ferrule/worker/platform",
      "ferrule_kernel_bg.wasm",
      "ses",
    ],
  },
  "@ferrule/worker/workflow": {
    code: `import { handleQueueBatch, withWorkflows } from "@ferrule/worker/workflow";
export { RunObject, StreamObject } from "@ferrule/worker/workflow";
export default { fetch: (_, env, ctx) => withWorkflows(env, ctx, () => new Response()), queue: handleQueueBatch };`,
    brings: [
      "@ferrule/core",
      "@ferrule/worker/platform",
      "@ferrule/worker/workflow",
      "@workflow/errors",
      "@workflow/utils",
      "@workflow/world",
      "encoding.wasm",
      "ferrule_chunk_bg.wasm",
      "headers.wasm",
      "ms",
      "quickjs.wasm",
      "structured-clone.wasm",
      "url.wasm",
      "zod",
    ],
  },
  "@ferrule/worker/ws-kit": {
    code: `import { createDurableObjectHandler } from "@ferrule/worker/ws-kit";
export default { fetch: (request) => createDurableObjectHandler(() => {}, {}).fetch(request) };`,
    brings: ["@ferrule/worker/ws-kit", "@ws-kit/core"],
  },
  "@ferrule/worker/ws-kit/object": {
    code: `import { defineDurableRoom } from "@ferrule/worker/ws-kit/object";
export class Room extends defineDurableRoom(() => {}) {}
${MAKES_OBJECTS}`,
    brings: ["@ferrule/worker/ws-kit", "@ws-kit/core"],
  },
  "@ferrule/worker/ws-kit/als": {
    code: `import { asyncScope } from "@ferrule/worker/ws-kit/als";
export default { fetch: () => Response.json(asyncScope().current()) };`,
    brings: ["@ferrule/worker/ws-kit"],
  },
};

export interface Measured {
  /** Of all that is uploaded, as wrangler says it. */
  readonly gzipKiB: number;
  /** Packages (of our own the subsystems) and modules in it, sorted. */
  readonly brings: readonly string[];
}

/** Bundles the Worker of one entry as `wrangler deploy` would. */
export async function measure(project: Project, entry: string): Promise<Measured> {
  const name = entry.replaceAll(/\W+/g, "-").slice(1);
  project.write(`sizes/${name}.js`, WORKERS[entry]!.code);
  const said = await project.run(`wrangler deploy sizes/${name}.js --dry-run --outdir sizes/${name} -c sizes.json`);
  const [, gzip] = /gzip: ([\d.]+) KiB/.exec(said) ?? [];
  if (gzip === undefined) throw new Error(`no size: ${said}`);
  return { gzipKiB: Number(gzip), brings: bringsOf(join(project.home, "sizes", name)) };
}

function bringsOf(folder: string): string[] {
  const found = new Set<string>();
  for (const file of readdirSync(folder)) {
    if (file.endsWith(".wasm")) found.add(file.replace(/^[0-9a-f]{40}-/, ""));
    if (!file.endsWith(".js")) continue;
    // esbuild names the file of each piece
    const pieces = readFileSync(join(folder, file), "utf8").matchAll(
      /^\/\/ \S*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)(\/\S*)$/gm,
    );
    for (const [, name = "", path = ""] of pieces)
      found.add(name === "@ferrule/worker" ? `${name}/${path.split("/")[2]}` : name);
  }
  return [...found].sort();
}

/** The rows of a README's table of sizes: entry and KiB. */
export function statedSizes(readme: string): Record<string, number> {
  const rows = readme.matchAll(/^\| `(@ferrule\/[^`]+)` +\| (\d+) KiB +\|$/gm);
  return Object.fromEntries([...rows].map(([, entry, size]) => [entry!, Number(size)]));
}
