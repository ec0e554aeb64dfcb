// A registry of npm packages on this machine, so that `npm install` runs as it is printed and without a network: our packages as npm
// would publish them, others packed from node_modules as they were installed, and tools that lead back to the repository's own.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, root } from "../environment.ts";

/** Ours, then theirs: all that ws-kit's example and its quick start install. Everything else is asked for. */
const PACKAGES = [
  "rust/wasm/npm",
  "worker-ts",
  ...["core", "pubsub", "plugins", "zod"].map((name) => `node_modules/@ws-kit/${name}`),
  "node_modules/zod",
];

/** What somebody installs beside that. */
export interface More {
  /** Packages of node_modules; what they depend on is packed with them. */
  readonly packages?: readonly string[];
  /** Packages that lead back to the repository's own, because they hold programs of one machine. */
  readonly modules?: readonly string[];
  /** Packages that bring hundreds of others: stand-ins are installed, which `leadBack` makes those of the repository. */
  readonly standIns?: readonly string[];
}

/** Commands that the example names as development dependencies: too large to pack, so each runs the repository's. */
const TOOLS: Readonly<Record<string, readonly string[]>> = { wrangler: ["wrangler"], typescript: ["tsc"] };

interface Manifest {
  readonly name: string;
  readonly version: string;
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env: environment, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}

const read = (folder: string): Manifest & Record<string, unknown> =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** A package whose commands run those of the repository. */
function writeTool(folder: string, name: string, commands: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const { version } = read(join(root, "node_modules", name));
  const bin = Object.fromEntries(commands.map((command) => [command, `${command}.cjs`]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version, bin }));
  for (const command of commands) {
    const target = JSON.stringify(join(root, "node_modules/.bin", command));
    // exec through the shell, so that a signal to the command reaches the tool itself.
    writeFileSync(join(folder, `${command}.cjs`), `#!/bin/sh\nexec ${target} "$@"\n`, { mode: 0o755 });
  }
}

/** A package whose module is that of the repository. */
function writeModule(folder: string, name: string): void {
  mkdirSync(folder, { recursive: true });
  const { version } = read(join(root, "node_modules", name));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version, main: "index.cjs" }));
  const target = JSON.stringify(join(root, "node_modules", name));
  writeFileSync(join(folder, "index.cjs"), `module.exports = require(${target});\n`);
}

/** A package that holds nothing. */
function writeStandIn(folder: string, name: string): void {
  mkdirSync(folder, { recursive: true });
  const { version } = read(join(root, "node_modules", name));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version }));
}

/** Puts the repository's packages in the place of their stand-ins, with all that they depend on. */
export function leadBack(home: string, names: readonly string[]): void {
  for (const name of names) {
    const folder = join(home, "node_modules", name);
    rmSync(folder, { recursive: true });
    symlinkSync(join(root, "node_modules", name), folder);
  }
}

/** The folders of these packages and of all that they depend on. */
function foldersOf(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    const folder = join(root, "node_modules", name);
    if (found.has(folder)) continue;
    found.add(folder);
    foldersOf(Object.keys((read(folder)["dependencies"] ?? {}) as object), found);
  }
  return found;
}

/** The running registry. */
export class Registry implements AsyncDisposable {
  readonly #home = mkdtempSync(join(tmpdir(), "ferrule-registry-"));
  readonly #documents = new Map<string, object>();
  readonly #files = new Map<string, string>();
  readonly #tarballs = new Map<string, Buffer>();
  readonly #server: Server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "/").slice(1));
    const document = this.#documents.get(path);
    const tarball = this.#tarballs.get(path);
    if (document) response.setHeader("content-type", "application/json").end(JSON.stringify(document));
    else if (tarball) response.end(tarball);
    else response.writeHead(404).end("{}");
  });

  private constructor() {}

  /** Packs everything and listens on a port of its own. Builds our packages first. */
  static async start({ packages = [], modules = [], standIns = [] }: More = {}): Promise<Registry> {
    const registry = new Registry();
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    run(process.execPath, ["worker-ts/build.mjs"]);
    const tools = Object.entries(TOOLS).map(([name, commands]) => {
      const folder = join(registry.#home, name);
      writeTool(folder, name, commands);
      return folder;
    });
    for (const name of modules) {
      tools.push(join(registry.#home, name));
      writeModule(join(registry.#home, name), name);
    }
    for (const name of standIns) {
      tools.push(join(registry.#home, name));
      writeStandIn(join(registry.#home, name), name);
    }
    const folders = [...PACKAGES.map((path) => join(root, path)), ...foldersOf(packages), ...tools];
    const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", registry.#home, ...folders];
    const packed: readonly { readonly name: string; readonly filename: string }[] = Object.values(
      JSON.parse(run("npm", args)),
    );
    for (const [index, folder] of folders.entries()) {
      const manifest = read(folder);
      const file = packed.find(({ name }) => name === manifest.name)?.filename ?? `${index}`;
      registry.#add(manifest, file);
    }
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** A package as it is published. */
  tarball(name: string): Buffer {
    const bytes = this.#tarballs.get(this.#files.get(name) ?? "");
    if (bytes === undefined) throw new Error(`${name} was not packed`);
    return bytes;
  }

  /** The environment of an `npm` that knows this registry and no other place. */
  get environment(): Readonly<Record<string, string | undefined>> {
    return {
      ...environment,
      npm_config_registry: this.url,
      npm_config_cache: join(this.#home, "cache"),
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
    };
  }

  #add(manifest: Manifest, file: string): void {
    const bytes = readFileSync(join(this.#home, file));
    this.#tarballs.set(file, bytes);
    this.#files.set(manifest.name, file);
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    const { name, version } = manifest;
    const dist = { tarball: `${this.url}${file}`, integrity };
    this.#documents.set(name, {
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...manifest, dist } },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#home, { recursive: true, force: true });
  }
}
