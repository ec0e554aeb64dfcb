// Runs commands and keeps the words short: one line per step with its time, the whole output in `.tools/logs`.
// Plain Node 20, no dependencies: it runs before anything is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
/** Everything that commands make for themselves: tools, stamps, logs. */
export const tools = join(root, ".tools");
const windows = process.platform === "win32";
const logs = join(tools, "logs");
mkdirSync(logs, { recursive: true });

/** The environment every command runs in: our own Node and tools first, nothing that calls home. */
export const environment = {
  ...process.env,
  PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  // with its banner, wrangler asks the registry for a newer version of itself, once an hour
  WRANGLER_HIDE_BANNER: "true",
  // wrangler would keep a trace of every request, at several times the cost of most; who wants them sets it to true
  X_LOCAL_OBSERVABILITY: process.env.X_LOCAL_OBSERVABILITY ?? "false",
  DO_NOT_TRACK: "1",
  // Node 22 keeps what it compiled of wrangler, vite and the rest; an older Node does not know the variable
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tools, "compile-cache"),
};

/** What runs now, for the status line of a terminal: name -> { since, last line of output }. */
const running = new Map();
let ticker;

function showStatus() {
  const parts = [...running].map(([name, { since, last }]) => {
    const seconds = Math.round((Date.now() - since) / 1000);
    return `${name} ${seconds} s${last === "" ? "" : ` (${last.slice(0, 40)})`}`;
  });
  const width = (process.stdout.columns ?? 80) - 1;
  process.stdout.write(`\r\x1b[K${parts.join(" · ").slice(0, width)}`);
}

function track(name) {
  running.set(name, { since: Date.now(), last: "" });
  if (process.stdout.isTTY) ticker ??= setInterval(showStatus, 250);
}

function untrack(name) {
  running.delete(name);
  if (!process.stdout.isTTY) return;
  process.stdout.write("\r\x1b[K");
  if (running.size === 0) ticker = clearInterval(ticker);
}

/** The line of a step that ended: how, after how long, and which. `since` in ms. */
export const report = (ok, since, name) =>
  console.log(`${ok ? "  ok" : "FAIL"} ${((Date.now() - since) / 1000).toFixed(1).padStart(6)} s  ${name}`);

/**
 * Runs one command and resolves to its output. Prints one line when it ends; while it runs, a terminal shows its last line.
 * Throws with the log's tail; the error's `output` is the whole text.
 */
export function step(name, command, args, { cwd = root, env = {}, quiet = false } = {}) {
  const since = Date.now();
  const chunks = [];
  track(name);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...environment, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      shell: windows,
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        chunks.push(data);
        const lines = data.toString().trim().split("\n");
        const entry = running.get(name);
        if (entry !== undefined) entry.last = lines.at(-1).trim();
      });
    }
    child.on("error", (error) => {
      untrack(name);
      reject(new Error(`${name}: could not run ${command} (${error.message}).`));
    });
    child.on("close", (code) => {
      const text = Buffer.concat(chunks).toString();
      writeFileSync(join(logs, `${name.replaceAll("/", "-")}.log`), text);
      untrack(name);
      if (!quiet || code !== 0) report(code === 0, since, name);
      if (code === 0) return resolve(text);
      const tail = text.trimEnd().split("\n").slice(-40).join("\n");
      reject(Object.assign(new Error(`${name} failed (exit ${code}):\n${tail}`), { output: text }));
    });
  });
}

const SKIPPED = new Set(["node_modules", "target", "dist", "generated", "__pycache__"]);

/** Hash of files and folders by content, so that a step is known by what it is made from. A missing path counts as empty. */
export function fingerprint(paths, salt = "") {
  const hash = createHash("sha256").update(salt);
  const visit = (path) => {
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (!stat.isDirectory()) {
      hash
        .update(path)
        .update("\0")
        .update(readFileSync(join(root, path)))
        .update("\0");
      return;
    }
    for (const name of readdirSync(join(root, path)).sort()) if (!SKIPPED.has(name)) visit(`${path}/${name}`);
  };
  for (const path of paths) visit(path);
  return hash.digest("hex");
}

/** Prints `text` and ends when the command line asks for help. */
export function helpIfAsked(text) {
  if (!process.argv.slice(2).some((word) => word === "--help" || word === "-h")) return;
  console.log(text);
  process.exit(0);
}

/** Prints an error as one sentence for people and ends with exit code 1. */
export function fail(error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
