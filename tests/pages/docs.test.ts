// docs/python.md does what it says: the project that it prints is built in an empty folder, by the commands that it prints, and asked
// what it asks. Only what needs a network is replaced by what set-up has installed here.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PACKAGES, REQUIREMENTS, readPython, VERSIONS } from "../../scripts/python/state.mjs";
import { environment, root } from "../harness/environment.ts";
import { freePort } from "../harness/server/free-port.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("docs/python.md");
/** The files that the page prints, by name: a name on a line of its own, then a block. */
const files = new Map(
  [...page.matchAll(/^`([\w./-]+)`\n\n```\w*\n([\s\S]*?)^```$/gm)].map((match) => [match[1]!, match[2]!] as const),
);
const part = (title: string) => page.split(new RegExp(`^#+ ${title}$`, "m"))[1]!.split(/^#/m)[0]!;
const block = (text: string, kind: string) => new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``).exec(text)![1]!.trim();

const python = readPython();
const required = process.env["FERRULE_PYTHON"] === "required";
const START_MS_MAX = 150_000;

describe("docs/python.md", () => {
  test("prints a whole project", () => {
    expect([...files.keys()].sort()).toEqual([
      "main/index.js",
      "main/wrangler.jsonc",
      "package.json",
      "py/requirements.txt",
      "py/src/entry.py",
      "py/wrangler.jsonc",
      "python.mjs",
      "test/hello.test.js",
      "vitest.config.mjs",
      "workerd-offline.sh",
    ]);
  });

  test("names the versions that are proven here", () => {
    const { devDependencies: told } = JSON.parse(files.get("package.json")!);
    const { devDependencies: own, overrides } = JSON.parse(read("package.json"));
    const { workerd, pyodide, python: version } = JSON.parse(read(VERSIONS));
    expect(told).toEqual({ ...told, workerd, pyodide });
    for (const [name, range] of Object.entries(told)) expect(own[name] ?? overrides[name], name).toBe(range);
    expect(files.get("package.json")).toContain(`--python-version ${version} `);
    const pins = files.get("py/requirements.txt")!.trim().split("\n");
    for (const pin of pins) expect(read(REQUIREMENTS)).toMatch(new RegExp(`^${pin.replaceAll(".", "\\.")}\\b`, "m"));
  });
});

/** What stands for the commands that need a network. */
const REPLACED: Readonly<Record<string, (folder: string) => void>> = {
  "npm install": (folder) => symlinkSync(join(root, "node_modules"), join(folder, "node_modules")),
  "npm run packages": (folder) => cpSync(join(root, PACKAGES), join(folder, "py/python_modules"), { recursive: true }),
};

const off = python.ready ? "" : ` (${python.reason})`;
describe.skipIf(!python.ready && !required)(`the project of docs/python.md${off}`, () => {
  let folder: string;
  let serving: ChildProcess | undefined;
  let log = "";

  const run = (line: string) => {
    const { status, stdout, stderr } = spawnSync("sh", ["-c", line], {
      cwd: folder,
      env: environment,
      encoding: "utf8",
    });
    expect(status, `${line}\n${stdout}${stderr}`).toBe(0);
    return stdout + stderr;
  };

  beforeAll(() => {
    expect(python.ready, "Python is needed here").toBe(true);
    folder = mkdtempSync(join(tmpdir(), "ferrule-docs-"));
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    copyFileSync(join(root, "scripts/python/bundle.mjs"), join(folder, "bundle.mjs"));
  });
  afterAll(() => {
    if (serving?.pid !== undefined && serving.exitCode === null) process.kill(-serving.pid, "SIGKILL");
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** The last command of "Run it" on a free port, until it answers there. */
  async function serve(line: string): Promise<string> {
    const port = await freePort();
    const more = `-- --port ${port} --inspector-port 0 --show-interactive-dev-session=false`;
    const child = spawn("sh", ["-c", `${line} ${more}`], {
      cwd: folder,
      env: environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    serving = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (log += data));
    const deadline = performance.now() + START_MS_MAX;
    while (!log.includes("Ready on")) {
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(`it does not serve:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return `localhost:${port}`;
  }

  test("is set up and served by the commands of the page, and says what the page says", async () => {
    const commands = block(part("Run it"), "sh").split("\n");
    const last = commands.pop()!;
    for (const line of commands) {
      const replaced = REPLACED[line];
      if (replaced === undefined) run(line);
      else replaced(folder);
    }
    const host = await serve(last);
    const session = block(part("Run it"), "console");
    const asked = [...session.matchAll(/^\$ curl localhost:8787(\S+)\n((?:[^$].*\n?)+)/gm)];
    expect(asked).toHaveLength(2);
    for (const [, path, said] of asked) {
      const answer = await fetch(`http://${host}${path}`);
      expect([path, (await answer.text()).trim()]).toEqual([path, said!.trim()]);
    }
  });

  test("passes its own test", () => {
    expect(run(block(part("Test it").split("`test/hello.test.js`")[1]!, "sh"))).toMatch(/1 passed/);
  });

  test("can be deployed, as far as a dry run tells", () => {
    for (const config of JSON.parse(files.get("package.json")!).scripts.deploy.match(/\S+\.jsonc/g))
      expect(run(`wrangler deploy --dry-run -c ${config}`)).toContain("Total Upload");
  });

  test("without the bundle workerd does not start, and says what the page says", () => {
    rmSync(join(folder, "py/.pyodide/pyodide_dev.capnp.bin"));
    const { stdout, stderr } = spawnSync("sh", ["-c", "npm test"], { cwd: folder, env: environment, encoding: "utf8" });
    const said = /^\| `(Failed to get Pyodide bundle; version = \w+)` \|/m.exec(page)![1]!;
    expect(stdout + stderr).toContain(said);
  });
});
