// Both packages as somebody gets them: packed, installed without a network into a folder outside of the repository, and every entry
// type-checked, bundled and used in a Worker by wrangler, a Worker by Vite, Node and a page. The programs are in ./programs.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserTest } from "../harness/chromium.ts";
import { environment, root } from "../harness/environment.ts";
import { Project } from "../harness/packages/project.ts";
import { leadBack, Registry } from "../harness/packages/registry.ts";
import { freePort } from "../harness/server/free-port.ts";
import { filesOf, type Manifest, packageOf, packagesReached, readManifest, specifiersOf } from "./fresh/entries.ts";
import { ANSWERS, CORE, TALK } from "./fresh/expected.ts";
import { measure, statedSizes, WORKERS } from "./fresh/sizes.ts";

const PROGRAMS = join(root, "tests/packages/programs");
const OURS = { "@ferrule/core": "rust/wasm/npm", "@ferrule/worker": "worker-ts" } as const;
type Ours = keyof typeof OURS;
const ENDO = ["eventual-send", "far", "harden", "marshal", "pass-style"].map((name) => `@endo/${name}`);
/** Installed as they are, with all that they depend on. */
const PACKED = [...ENDO, "ses"];
/** Those of the repository: they bring hundreds of packages, or programs of one machine. */
const LED_BACK = [
  ...["workflow", "@workflow/builders", "@workflow/core", "@workflow/errors", "@workflow/world"],
  ...["@cloudflare/vite-plugin", "@types/node", "esbuild", "vite"],
];
const OBJECTS = { ROOM: "RoomObject", KERNEL: "KernelObject", OWN: "Own", SHARED: "Shared" };
const WRANGLER = {
  name: "somebody",
  main: "worker.ts",
  compatibility_date: "2026-11-01",
  // for @ferrule/worker/ws-kit/als alone
  compatibility_flags: ["nodejs_als"],
  durable_objects: { bindings: Object.entries(OBJECTS).map(([name, class_name]) => ({ name, class_name })) },
  migrations: [{ tag: "v1", new_sqlite_classes: Object.values(OBJECTS) }],
};
/** For the Workers that are only weighed. */
const SIZES = { name: "sizes", compatibility_date: "2026-11-01", compatibility_flags: ["nodejs_compat"] };

let registry: Registry;
let project: Project;
/** Where somebody's Worker answers, bundled by wrangler. */
let origin: string;

const installed = (name: string): string => join(project.home, "node_modules", name);
const manifest = (name: Ours): Manifest => readManifest(installed(name));

beforeAll(async () => {
  registry = await Registry.start({ packages: PACKED, standIns: LED_BACK });
  project = new Project(registry.environment);
  project.write("package.json", JSON.stringify({ private: true, type: "module" }));
  const ours = [...Object.keys(OURS), "@ws-kit/core", "@ws-kit/pubsub", "@ws-kit/zod", "zod", "wrangler", "typescript"];
  await project.run(`npm install ${[...ours, ...PACKED, ...LED_BACK].join(" ")}`);
  leadBack(project.home, LED_BACK);
  cpSync(PROGRAMS, project.home, { recursive: true });
  project.write("wrangler.json", JSON.stringify(WRANGLER));
  project.write("sizes.json", JSON.stringify(SIZES));
  const port = await freePort();
  await project.start(`wrangler dev --ip 127.0.0.1 --port ${port}`, /Ready on/);
  origin = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

describe.each(Object.keys(OURS) as Ours[])("%s", (name) => {
  test("PK01 holds what its package.json exports, a licence and a page, and no sources or tests", () => {
    const folder = installed(name);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const exported = Object.values(manifest(name).exports).flatMap(filesOf);
    for (const path of [...exported.map((each) => each.replace("./", "")), "README.md", "LICENSE"])
      expect(files).toContain(path);
    expect(
      files.filter((path) =>
        /(?:^|\/)(?:src|test)\/|\.test\.|^dist\/(?:local|app|client\/testing)|[^d]\.ts$/.test(path),
      ),
    ).toEqual([]);
  });

  test("PK02 its types are right wherever it can be imported: it is ESM alone", async () => {
    const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(registry.tarball(name))));
    if (!analysis.types) throw new Error("there are no types");
    // Of `require`, which loads it nowhere, and of resolutions that know no exports, nothing is asked.
    const esm = analysis.problems.filter(
      (problem) => !("resolutionKind" in problem) || /^(?:node16-esm|bundler)$/.test(problem.resolutionKind),
    );
    expect(esm).toEqual([]);
  });

  test("PK03 every package that an entry asks for, by its code or its types, is a dependency or a peer", () => {
    const { exports, dependencies = {}, peerDependencies = {} } = manifest(name);
    const known = new Set([name, ...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
    const files = Object.values(exports).flatMap(filesOf);
    for (const file of files.filter((path) => /\.(?:js|d\.ts)$/.test(path)))
      expect([...packagesReached(join(installed(name), file))].filter((each) => !known.has(each))).toEqual([]);
  });
});

test("PK04 every peer is optional, and asked for by an entry, by a vat or by a command", () => {
  const { exports, peerDependencies = {}, peerDependenciesMeta = {} } = manifest("@ferrule/worker");
  const files = Object.values(exports).flatMap(filesOf);
  const reached = new Set(
    files
      .filter((path) => /\.(?:js|d\.ts)$/.test(path))
      .flatMap((path) => [...packagesReached(join(installed("@ferrule/worker"), path))]),
  );
  // `Far` and `E` of vats; what compiled workflows are bundled from; what bundles vats and compiles workflows
  for (const name of ["@endo/far", "@workflow/core", "workflow", "esbuild", "@workflow/builders"]) reached.add(name);
  for (const name of Object.keys(peerDependencies)) {
    expect([...reached]).toContain(name);
    expect(peerDependenciesMeta[name]).toEqual({ optional: true });
  }
});

test("PK05 one version everywhere, and the changelog speaks of it", () => {
  const versions = (Object.keys(OURS) as Ours[]).map((name) => manifest(name).version);
  const [version] = versions;
  expect(new Set([...versions, readManifest(root).version])).toEqual(new Set([version]));
  expect(manifest("@ferrule/worker").dependencies).toEqual({ "@ferrule/core": version });
  const [, newest] = /^## \[(.*?)\] - (?:unreleased|\d{4}-\d\d-\d\d)$/m.exec(
    readFileSync(join(root, "CHANGELOG.md"), "utf8"),
  )!;
  expect(newest).toBe(version);
});

test("PK06 no entry is left out: one of the programs or examples imports each", () => {
  const sources = [PROGRAMS, join(root, "examples/workflow/src"), join(root, "tests/ws-kit/types")].flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8")),
  );
  const imported = sources.flatMap((text) => [...text.matchAll(/ from "(@ferrule\/[^"?]+)/g)].map(([, name]) => name!));
  const entries = (Object.keys(OURS) as Ours[]).flatMap((name) => specifiersOf(manifest(name)));
  expect(entries.filter((entry) => !entry.endsWith("/package.json") && !imported.includes(entry))).toEqual([]);
});

/** What tsc says of a program in a project of its own. */
async function compile(file: string, options: object, more: readonly string[] = []): Promise<string[]> {
  const name = `tsconfig.${file}.json`;
  const compilerOptions = {
    target: "es2022",
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    rewriteRelativeImportExtensions: true,
    rootDir: ".",
    outDir: "out",
    ...options,
  };
  project.write(name, JSON.stringify({ compilerOptions, files: [`${file}.ts`, ...more] }));
  const said = await project.run(`tsc -p ${name} || true`);
  return said.split("\n").filter((line) => line !== "");
}
const PAGE = ["es2023", "esnext.disposable", "dom", "dom.iterable"];

describe.each([
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
])("with moduleResolution $moduleResolution", (resolution) => {
  test("PK07 programs for Node and for a page compile strictly, the packages' own types included", async () => {
    expect(await compile("node", { ...resolution, lib: PAGE, types: ["node"] })).toEqual([]);
    expect(await compile("page", { ...resolution, lib: PAGE, types: ["vite/client"] })).toEqual([]);
  });

  test("PK08 a Worker compiles strictly under the platform's types", async () => {
    await project.run("wrangler types --include-env false");
    const lib = ["es2023", "esnext.disposable"];
    const said = await compile("worker", { ...resolution, lib, types: [] }, ["worker-configuration.d.ts"]);
    // what wrangler writes does not compile as a module of Node
    expect(said.filter((line) => !line.startsWith("worker-configuration.d.ts"))).toEqual([]);
  });
});

/** Says something in the room at this path and waits until it is heard. */
async function hear(at: string, path: string): Promise<unknown> {
  const socket = new WebSocket(`${at.replace("http", "ws")}${path}`);
  const heard = new Promise<unknown>((resolve, reject) => {
    socket.addEventListener("message", ({ data }) => resolve(JSON.parse(data)));
    for (const name of ["close", "error"]) socket.addEventListener(name, () => reject(new Error(`${path}: ${name}`)));
  });
  socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "SAY", payload: { text: "hi" } })));
  return heard.finally(() => socket.close());
}

async function asked(at: string): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const path of Object.keys(ANSWERS)) answers[path] = await (await fetch(at + path)).json();
  for (const path of ["/own", "/shared"])
    expect(await hear(at, path)).toEqual({ type: "SAID", payload: { text: "hi" } });
  return answers;
}

/** What the program for Node prints when its people talk in the Worker at this address. */
async function runInNode(at: string): Promise<unknown> {
  await compile("node", { module: "nodenext", lib: PAGE, types: ["node"] });
  return JSON.parse(await project.run(`node out/node.js ${at}`));
}
const IN_NODE = { ...CORE, sleeper: { frames: ["pong"], shard: "only", outside: true }, talk: TALK };

test("PK09 in a Worker that wrangler bundles every entry does its work", async () => {
  expect(await asked(origin)).toEqual(ANSWERS);
});

test("PK10 in Node every entry that loads there does its work, and its people talk in that Worker", async () => {
  expect(await runInNode(origin)).toEqual(IN_NODE);
});

test("PK11 in a Worker that Vite builds every entry does its work, and people talk in it", async () => {
  project.write(
    "vite.config.mjs",
    `import { cloudflare } from "@cloudflare/vite-plugin";
export default { plugins: [cloudflare({ persistState: false, inspectorPort: false })] };\n`,
  );
  await project.run("vite build");
  const port = await freePort();
  const at = `http://127.0.0.1:${port}`;
  const preview = await project.start(`vite preview --host 127.0.0.1 --port ${port} --strictPort`, /Local/);
  expect(await asked(at)).toEqual(ANSWERS);
  expect(await runInNode(at)).toEqual(IN_NODE);
  await preview.stop();
});

browserTest("PK12 on a page that Vite builds every entry that loads there does its work", async (browser) => {
  project.write("index.html", `<!doctype html><title>page</title><script type="module" src="./page.ts"></script>`);
  project.write("page.config.mjs", "export default { build: { outDir: 'page', target: 'es2022' } };\n");
  await project.run("vite build --config page.config.mjs");
  const port = await freePort();
  const serve = `vite preview --config page.config.mjs --host 127.0.0.1 --port ${port} --strictPort`;
  const preview = await project.start(serve, /Local/);
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/?${origin}`);
  await page.waitForFunction(() => document.title.startsWith("{") || document.title.startsWith('"'));
  expect(JSON.parse(await page.title())).toEqual({ ...CORE, talk: TALK });
  await preview.stop();
});

test("PK13 a page that connects carries no more than that: what explains frames stays out of it", async () => {
  const bundle = async (name: string) => {
    project.write("only/index.html", '<script type="module" src="./only.js"></script>');
    project.write("only/only.js", `import { ${name} } from "@ferrule/worker/client"; globalThis.used = ${name};`);
    await project.run("vite build only --config page.config.mjs");
    const assets = join(project.home, "only/page/assets");
    return readdirSync(assets)
      .map((file) => readFileSync(join(assets, file), "latin1"))
      .join("\n");
  };
  const explains = / is of a later version/;
  expect(await bundle("explainFrame")).toMatch(explains);
  const page = await bundle("connect");
  expect(page).toContain("ferrule.v1");
  expect(page).not.toMatch(explains);
});

test("PK14 a Worker that imports one entry carries that entry alone, and weighs what the README says", async () => {
  const entries = Object.keys(WORKERS);
  const measured: Record<string, Awaited<ReturnType<typeof measure>>> = {};
  const rest = [...entries];
  const lane = async () => {
    for (let entry = rest.shift(); entry !== undefined; entry = rest.shift())
      measured[entry] = await measure(project, entry);
  };
  await Promise.all([lane(), lane()]);
  for (const entry of entries)
    expect({ entry, brings: measured[entry]!.brings }).toEqual({ entry, brings: WORKERS[entry]!.brings });

  const stated = Object.assign(
    {},
    ...Object.keys(OURS).map((name) => statedSizes(readFileSync(join(installed(name), "README.md"), "utf8"))),
  );
  // a twentieth more or less is no news
  const fits = (entry: string) => Math.abs(stated[entry] - measured[entry]!.gzipKiB) <= Math.max(1, stated[entry] / 20);
  const rows = entries.map((entry) => `| \`${entry}\` | ${Math.round(measured[entry]!.gzipKiB)} KiB |`);
  expect(Object.keys(stated).sort(), rows.join("\n")).toEqual([...entries].sort());
  expect(
    entries.filter((entry) => !fits(entry)),
    `the README should say:\n${rows.join("\n")}`,
  ).toEqual([]);
});

/** Takes packages away for as long as the work takes. */
async function without<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
  const away = (name: string) => join(project.home, "away", encodeURIComponent(name));
  project.write("away/here", "");
  for (const name of names) renameSync(installed(name), away(name));
  try {
    return await work();
  } finally {
    for (const name of names) renameSync(away(name), installed(name));
  }
}

const peersOf = (entry: string): string[] => {
  const file = filesOf(manifest("@ferrule/worker").exports[entry]!).find((path) => path.endsWith(".js"))!;
  const reached = packagesReached(join(installed("@ferrule/worker"), file));
  return [...reached].filter((name) => name in manifest("@ferrule/worker").peerDependencies!);
};

test.each(["kernel", "workflow", "ws-kit", "ws-kit/object"])(
  "PK15 without the peers of @ferrule/worker/%s wrangler names each of them in a sentence",
  async (entry) => {
    const peers = peersOf(`./${entry}`);
    expect(peers.length).toBeGreaterThan(0);
    project.write("missing.js", WORKERS[`@ferrule/worker/${entry}`]!.code);
    const said = await without(peers, () =>
      project.run("wrangler deploy missing.js --dry-run --outdir missing -c sizes.json", true),
    );
    const missing = [...said.matchAll(/Could not resolve "([^"]+)"/g)].map(([, name]) => packageOf(name!));
    expect([...new Set(missing)].sort()).toEqual([...peers].sort());
  },
);

test.each(["ws-kit", "ws-kit/testing"])(
  "PK16 without one of its peers @ferrule/worker/%s does not load in Node and names it in a sentence",
  async (entry) => {
    for (const peer of peersOf(`./${entry}`)) {
      const load = `node --input-type=module -e 'import "@ferrule/worker/${entry}"'`;
      const said = await without([peer], () => project.run(load, true));
      expect(said).toMatch(new RegExp(`^.*Cannot find package '${peer}'.*$`, "m"));
    }
  },
);

test("PK17 without what they run a command says in a sentence what to install, and writes nothing", async () => {
  const tries = [
    [
      "esbuild",
      "node_modules/.bin/ferrule vat counter.ts --out made",
      "ferrule vat: esbuild is not installed: npm install esbuild",
    ],
    [
      "@workflow/builders",
      "node_modules/.bin/ferrule workflows . --out made",
      "ferrule workflows: @workflow/builders is not installed: npm install workflow @workflow/builders",
    ],
  ] as const;
  for (const [name, command, sentence] of tries) {
    expect((await without([name], () => project.run(command, true))).trim()).toBe(sentence);
    expect(existsSync(join(project.home, "made"))).toBe(false);
  }
});

/** E3 and R1 of PROTOCOL.md section 18. */
const HELLO = "57010400 00 00 10 0199a0b0c0d07e0f8011223344556677 00 07 | 00 05 68656c6c6f | 01965487";
const BOMB = "57010401 00 00 10 0199a0b0c0d07e0f8011223344556677 00 8080808004 01 00 | da5164b6";

/** Runs the installed command: what it prints, and its exit code. */
function ferrule(
  args: readonly string[],
  input: string | Uint8Array = "",
): { code: number | null; out: string; err: string } {
  const command = join(project.home, "node_modules/.bin/ferrule");
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: project.home,
    env: environment,
    encoding: "utf8",
    input,
  });
  return { code: status, out: stdout, err: stderr };
}

test("PK18 the installed command explains a frame from the command line, a file or its input, and tells good from bad", () => {
  const good = ferrule(["inspect", HELLO]);
  expect(good).toMatchObject({ code: 0, err: "" });
  expect(good.out).toContain('MSG up: text "hello"\nup (guessed) · 36 bytes · CRC good');
  expect(good.out).toMatch(/^ {4}26 {2}05 68 65 6c 6c 6f +text {2}"hello" {2}5 bytes$/m);
  expect(good.out).not.toContain("\u001b");
  const bytes = Buffer.from(HELLO.replaceAll(/[ |]/g, ""), "hex");
  writeFileSync(join(project.home, "frame.bin"), bytes);
  expect(ferrule(["inspect", "frame.bin"])).toEqual(good);
  expect(ferrule(["inspect", "-"], bytes)).toEqual(good);
  expect(ferrule(["inspect", "-"], `${HELLO}\n`)).toEqual(good);

  const bad = ferrule(["inspect", "--up", BOMB]);
  expect(bad.code).toBe(1);
  expect(bad.out).toContain("reason 14 bad_length, at compLen, byte 29\nanswer ERROR 1 BAD_FRAME, then close 4001");
  const { refusal, rows } = JSON.parse(ferrule(["inspect", "--json", BOMB]).out);
  expect(refusal).toMatchObject({ reason: "bad_length", number: 14, code: "BAD_FRAME", fatal: true, field: "compLen" });
  expect(rows.map((row: { bytes: string }) => row.bytes).join("")).toBe(BOMB.replaceAll(/[ |]/g, ""));
});

test("PK19 the installed command helps, and says in a sentence what is wrong with a call", () => {
  expect(ferrule(["--help"])).toMatchObject({ code: 0, out: expect.stringContaining("inspect") });
  expect(ferrule(["inspect", "--help"])).toMatchObject({ code: 0, out: expect.stringContaining("Exit code:") });
  expect(ferrule([])).toMatchObject({ code: 2 });
  expect(ferrule(["explain"])).toMatchObject({ code: 2, err: expect.stringContaining('no verb "explain"') });
  for (const args of [
    ["inspect"],
    ["inspect", "xyz"],
    ["inspect", "575"],
    ["inspect", "--up", "--down", "57"],
    ["inspect", "--no"],
  ])
    expect(ferrule(args)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^ferrule inspect: /) });
});

test("PK21 the installed command copies the SQL of every subsystem, and one database takes all of it", async () => {
  const subsystems = ["kernel", "rooms", "workflow"];
  for (const name of subsystems)
    expect(ferrule(["migrations", name, "--out", `migrations/${name}`])).toMatchObject({ code: 0, err: "" });
  const database = { binding: "DB", database_name: "all", database_id: "00000000-0000-0000-0000-000000000000" };
  const where = { migrations_dir: "migrations", migrations_pattern: "migrations/*/*.sql" };
  project.write("tables.json", JSON.stringify({ ...SIZES, d1_databases: [{ ...database, ...where }] }));
  const d1 = "wrangler d1";
  await project.run(`${d1} migrations apply DB --local -c tables.json`);
  const asked = `SELECT name FROM sqlite_master WHERE type = 'table'`;
  const told = await project.run(`${d1} execute DB --local -c tables.json --json --command "${asked}"`);
  const tables = JSON.parse(told.slice(told.indexOf("[")))
    .at(0)
    .results.map(({ name }: { name: string }) => name);
  const sql = subsystems.flatMap((name) =>
    readdirSync(join(project.home, "migrations", name)).map((file) =>
      readFileSync(join(project.home, "migrations", name, file), "utf8"),
    ),
  );
  const made = sql.flatMap((text) => [...text.matchAll(/^CREATE TABLE `(\w+)`/gm)].map(([, table]) => table));
  expect(made.length).toBeGreaterThan(20);
  expect(tables).toEqual(expect.arrayContaining(made));
  // what is in the package is what the command copies, and no more of our own house's tables
  const packed = readdirSync(join(installed("@ferrule/worker"), "migrations"), { recursive: true, encoding: "utf8" });
  expect(packed.filter((path) => path.endsWith(".sql"))).toHaveLength(sql.length);
  expect(packed.filter((path) => !path.endsWith(".sql")).sort()).toEqual(subsystems);
});

test.each(Object.keys(OURS) as Ours[])(
  "PK22 npm has nothing to correct in %s, and is told what it is",
  async (name) => {
    const text = readFileSync(join(installed(name), "package.json"), "utf8");
    project.write("publish/package.json", text);
    await project.run("cd publish && npm pkg fix");
    expect(JSON.parse(readFileSync(join(project.home, "publish/package.json"), "utf8"))).toEqual(JSON.parse(text));
    expect(JSON.parse(text)).toMatchObject({
      description: expect.stringMatching(/\w/),
      license: "MIT",
      engines: { node: ">=20" },
      publishConfig: { access: "public" },
    });
    expect(JSON.parse(text)).not.toHaveProperty("private");
  },
);
