// A peer in Node: `server.ts ROOT OUT WORLD` builds the benchmark's workflows with the builder that lies in ROOT's node_modules, loads the
// route and the World, a package, from there, and answers like our own Worker. Ends with its channel.
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Exercised, exercise } from "../workflow/exercise.ts";

const [root = "", out = "", target = ""] = process.argv.slice(2);
const SOURCES = resolve(import.meta.dirname, "../workflow-app");
/** What is loaded as it lies in node_modules, once. */
const OUTSIDE = ["workflow", "@workflow/core", "@workflow/errors", "@workflow/utils", "@workflow/world"];

interface Builder {
  readonly config: object;
  createCombinedBundle(options: object): Promise<{ manifest: Manifest }>;
  getInputFiles(): Promise<string[]>;
}
interface Manifest {
  readonly workflows: Readonly<Record<string, Readonly<Record<string, { readonly workflowId: string }>>>>;
}
interface Entry extends Omit<Exercised, "world" | "ids"> {
  readonly POST: (request: Request) => Promise<Response>;
  readonly createWorld: () => Exercised["world"] & { start?(): Promise<void> };
  readonly setWorld: (world: object) => void;
}

const load = (specifier: string) =>
  import(pathToFileURL(createRequire(join(root, "package.json")).resolve(specifier)).href);

/** Compiles the workflows into OUT, which lies below ROOT, so that its node_modules are found from there. */
async function build(): Promise<Readonly<Record<string, string>>> {
  const { BaseBuilder } = (await load("@workflow/builders")) as { BaseBuilder: new (config: object) => Builder };
  const builder = new BaseBuilder({
    buildTarget: "standalone",
    workingDir: SOURCES,
    dirs: ["."],
    stepsBundlePath: "unused",
    workflowsBundlePath: "unused",
    webhookBundlePath: "unused",
    sourcemap: false,
    discoverWorkflowsInNodeModules: false,
    externalPackages: OUTSIDE,
    suppressCreateWorkflowsBundleLogs: true,
  });
  mkdirSync(out, { recursive: true });
  const { manifest } = await builder.createCombinedBundle({
    inputFiles: [join(SOURCES, "bench.ts")],
    stepsOutfile: join(out, "steps.mjs"),
    flowOutfile: join(out, "flow.mjs"),
    bundleFinalOutput: false,
  });
  writeFileSync(
    join(out, "index.mjs"),
    `export { POST } from "./flow.mjs";
export { getRun, resumeHook, start } from "workflow/api";
export { setWorld } from "workflow/runtime";
export { createWorld } from ${JSON.stringify(target)};
`,
  );
  const all = Object.entries(manifest.workflows).flatMap(([, byName]) => Object.entries(byName));
  return Object.fromEntries(all.map(([name, { workflowId }]) => [name, workflowId]));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += part;
  return text;
}

// what the builder and core say to people
console.log = console.info = () => undefined;
const ids = await build();
let entry: Entry | undefined;
let world: Exercised["world"] | undefined;

const server = createServer(async (request, response) => {
  const body = await bodyOf(request);
  try {
    if (request.url?.startsWith("/.well-known/workflow/v1/flow")) {
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string]);
      const answer = await entry!.POST(
        new Request(`http://localhost${request.url}`, { method: "POST", headers, body }),
      );
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    } else if (request.method === "POST") {
      const told = await exercise({ ...entry!, ids, world: world! }, JSON.parse(body));
      response.end(JSON.stringify(told));
    } else response.writeHead(404).end();
  } catch (error) {
    response.writeHead(500).end((error as Error).stack);
  }
});
server.listen(0, "localhost");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
// both Worlds look there for the port of their own route
process.env["PORT"] = String(port);
entry = (await import(pathToFileURL(join(out, "index.mjs")).href)) as Entry;
const made = entry.createWorld();
entry.setWorld(made);
await made.start?.();
world = made;
process.once("disconnect", () => process.exit(0));
process.send?.({ port });
