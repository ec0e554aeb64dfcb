// A49, A56: @ferrule/worker/ws-kit as somebody else gets it: what the tarball holds and imports, its types under both packages of
// platform types, and in plain Node without any of Cloudflare's.
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../harness/environment.ts";
import { Project } from "../harness/packages/project.ts";
import { Registry } from "../harness/packages/registry.ts";
import { readModule } from "../house/source.ts";

const TYPES = join(root, "tests/ws-kit/types");
/** Entry and file under dist. */
const ENTRIES = {
  "./ws-kit": "ws-kit/index",
  "./ws-kit/object": "ws-kit/object",
  "./ws-kit/als": "ws-kit/als",
  "./ws-kit/testing": "ws-kit/testing/index",
};

let registry: Registry;
let project: Project;
let installed: string;
beforeAll(async () => {
  registry = await Registry.start();
  project = new Project(registry.environment);
  installed = join(project.home, "node_modules/@ferrule/worker");
  project.write("package.json", JSON.stringify({ private: true, type: "module" }));
  await project.run("npm install @ferrule/worker @ws-kit/core @ws-kit/pubsub");
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

/** A file of dist and all that it reaches: what each imports from elsewhere. */
function reach(entry: string, ending: string): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    const { imports } = readModule(path, readFileSync(join(installed, "dist", path), "utf8"));
    found.set(
      path,
      imports.filter((specifier) => !specifier.startsWith(".")),
    );
    for (const specifier of imports)
      if (specifier.startsWith(".")) visit(join(dirname(path), specifier).replace(/\.js$/, ending));
  };
  visit(entry + ending);
  return found;
}

test("A56 the tarball exports the four entries, with types, and no sources or tests", () => {
  const { exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  for (const [name, file] of Object.entries(ENTRIES))
    expect(exports[name]).toEqual({ types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` });
  const files = readdirSync(join(installed, "dist/ws-kit"), { recursive: true, encoding: "utf8" });
  expect(files.filter((name) => /\.test\.|[^d]\.ts$/.test(name))).toEqual([]);
});

test.each([".js", ".d.ts"])(
  "A56 of other packages only peers are imported, by %s files; each platform module by its own entry",
  (ending) => {
    const everywhere = [
      "@ws-kit/core",
      "@ws-kit/core/internal",
      "@ws-kit/core/plugin",
      "@ws-kit/core/pubsub",
      "@ws-kit/pubsub",
    ];
    const own: Readonly<Record<string, readonly string[]>> = {
      "./ws-kit/object": ["cloudflare:workers"],
      "./ws-kit/als": ["node:async_hooks"],
    };
    for (const [name, file] of Object.entries(ENTRIES)) {
      const reached = reach(file, ending);
      const bare = new Set([...reached.values()].flat());
      for (const specifier of bare) expect([...everywhere, ...(own[name] ?? [])]).toContain(specifier);
      for (const path of reached.keys()) expect(relative("ws-kit", path)).not.toMatch(/^\.\./);
    }
  },
);

test("A56 without its peer an entry names it in a sentence", async () => {
  rmSync(join(project.home, "node_modules/@ws-kit"), { recursive: true });
  expect(await project.run(`node -e 'import("@ferrule/worker/ws-kit")'`, true)).toMatch(
    /^.*package '@ws-kit\/core'.*$/m,
  );
  await project.run("npm install @ferrule/worker @ws-kit/core @ws-kit/pubsub");
});

/** Compiles files of ./types in the project, the libraries' declarations included. */
async function compile(files: readonly string[], options: object, flags = ""): Promise<string> {
  for (const file of files) cpSync(join(TYPES, file), join(project.home, file));
  const compilerOptions = {
    target: "es2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    ...options,
  };
  project.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
  return project.run(`tsc -p . ${flags}`);
}

test("A49 A56 in Node: it compiles without Cloudflare's types, loads, and the contract and a sleeping room run", async () => {
  const node = { module: "nodenext", lib: ["es2023", "esnext.disposable"], types: ["node"] };
  const typeRoots = [join(root, "node_modules/@types")];
  expect(await compile(["node.ts"], { ...node, typeRoots, rootDir: ".", outDir: "out" })).toBe("");
  const printed = await project.run("node --test-reporter=spec --test out/node.js");
  expect(printed).toMatch(/pass 33/);
  expect(printed).toMatch(/fail 0/);
});

const WORKER = { module: "esnext", moduleResolution: "bundler", lib: ["es2023", "esnext.disposable"], noEmit: true };

/** What a Worker needs beside the adapter, and the platform's types as wrangler writes them. */
async function installForWorkers(): Promise<void> {
  await project.run("npm install @ws-kit/zod zod");
  project.write("wrangler.jsonc", JSON.stringify({ name: "types", compatibility_date: "2026-11-01" }));
  await project.run("wrangler types");
}

test.each([
  ["@cloudflare/workers-types", join(root, "node_modules/@cloudflare/workers-types/index.d.ts")],
  ["wrangler types", "./worker-configuration.d.ts"],
])("A49 a Worker's types hold under those of %s", async (_, types) => {
  await installForWorkers();
  expect(await compile(["worker.ts"], { ...WORKER, skipLibCheck: true, types: [types] })).toBe("");
});

// tsc gives its files to checkers by their order, and a checker remembers what it compared: ws-kit's plugins of one type for the data fit
// routers of another after some comparisons and not after others. With one checker, files say the order alone.
test.each([[["worker.ts"]], [["before.ts", "worker.ts"]], [["worker.ts", "before.ts"]]])(
  "A49 a Worker's types hold in whichever order tsc comes to them: %j",
  async (files) => {
    await installForWorkers();
    const options = { ...WORKER, types: ["./worker-configuration.d.ts"] };
    for (const skipLibCheck of [false, true])
      for (const checkers of [1, 2, 4])
        expect(await compile(files, { ...options, skipLibCheck }, `--checkers ${checkers}`)).toBe("");
  },
);
