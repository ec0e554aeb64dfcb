// `npm start [-- --port N]`: sets up what is missing, then serves the whole backend on this machine, in real workerd.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { environment, fail, root } from "./run.mjs";
import { readSecrets } from "./secrets.mjs";
import { setup } from "./setup.mjs";

const HELP = `npm start [-- --port N] [other options of wrangler dev]
  Sets up what is missing (packages, Rust core, page, secrets, tables) and serves on http://localhost:8787.
  --port N   another port`;

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  console.log(HELP);
  process.exit(0);
}

/** The port asked for by `--port N` or `--port=N`. */
function portOf(list) {
  const at = list.findIndex((a) => a === "--port" || a.startsWith("--port="));
  if (at < 0) return 8787;
  const text = list[at].includes("=") ? list[at].split("=")[1] : list[at + 1];
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) fail(`--port takes a number from 0 to 65535, not "${text}".`);
  return port;
}

const isFree = (port) =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });

const port = portOf(args);
if (port !== 0 && !(await isFree(port)))
  fail(`Port ${port} is taken: stop what listens there, or run \`npm start -- --port ${port + 1}\`.`);
const since = Date.now();
await setup().catch(fail);

const { ADMIN_TOKEN: token } = readSecrets();
const dev = spawn("wrangler", ["dev", "--persist-to", ".wrangler/state", "--inspector-port", "0", "--show-interactive-dev-session=false", ...args], {
  cwd: root,
  env: environment,
  stdio: ["inherit", "pipe", "inherit"],
  shell: process.platform === "win32",
});
let told = false;
dev.stdout.on("data", (data) => {
  process.stdout.write(data);
  const url = /Ready on (http:\/\/\S+)/.exec(data.toString())?.[1];
  if (url === undefined || told) return;
  told = true;
  const local = url.replace("127.0.0.1", "localhost");
  console.log(`\n  Ferrule stands after ${((Date.now() - since) / 1000).toFixed(1)} s.\n  Open   ${local}\n  Owner  ${local}/#admin=${token}\n`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => dev.kill(signal));
dev.on("error", (error) => fail(`wrangler did not start (${error.message}): run \`npm run clean\`, then \`npm start\`.`));
dev.on("exit", (code) => process.exit(code ?? 0));
