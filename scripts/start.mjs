// `npm start [-- --port N]`: sets up what is missing, then serves the whole backend on this machine, in real workerd. It stands by
// while that runs: the page's panel "try to break it" may have the server killed, and here it is started again.
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { devArguments, LOCAL_PAGE, pythonArguments, supervise, watchdog } from "./local.mjs";
import { lineOf, readPython } from "./python/state.mjs";
import { environment, fail, helpIfAsked, root, step } from "./run.mjs";
import { readSecrets } from "./setup/secrets.mjs";
import { tablesArguments } from "./setup/tables.mjs";
import { SERVED, STATE, setup } from "./setup.mjs";

const PORT = 8787;
const windows = process.platform === "win32";
/** How often (ms) it is looked whether npm is still there. */
const PARENT_MS = 250;
helpIfAsked(`npm start [-- --port N] [other options of wrangler dev]

Sets up what is missing (packages, Rust core, page, secrets, tables, Python) and serves on http://localhost:${PORT}.

  --port N         another port, 0 for any free one
  --state FOLDER   other tables, rooms and queues than those in ${STATE}`);
const args = process.argv.slice(2);

// npm passes SIGTERM to the shell that it puts in between, and that ends alone: whoever ended npm meant the server, and its set-up too.
if (process.env.npm_lifecycle_event !== undefined && !windows) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, PARENT_MS);
}

/** Takes `name VALUE` or `name=VALUE` out of the list; `otherwise` when it is not there, undefined when its value is not. */
function takeOption(list, name, otherwise) {
  const at = list.findIndex((a) => a === name || a.startsWith(`${name}=`));
  if (at < 0) return otherwise;
  const joined = list[at].includes("=");
  const [value] = joined ? [list[at].slice(name.length + 1)] : list.slice(at + 1);
  list.splice(at, joined ? 1 : 2);
  return value;
}

/** The port that was asked for; 0 means any free one. */
function takePort(list) {
  const text = takeOption(list, "--port", String(PORT));
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    fail(`--port takes a number from 0 to 65535, not "${text}".`);
  return port;
}

/** The folder of the state. */
function takeState(list) {
  const folder = takeOption(list, "--state", STATE);
  if (!folder || folder.startsWith("--")) fail("--state takes a folder.");
  return folder;
}

/** The port when it can be listened on (0 becomes a free one), else undefined. */
const probe = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const found = server.address().port;
      server.close(() => resolve(found));
    });
  });

const asked = takePort(args);
const state = takeState(args);
const port = await probe(asked);
if (port === undefined)
  fail(`Port ${asked} is taken: stop what listens there, or run \`npm start -- --port ${asked + 1}\`.`);
const since = Date.now();
await setup(SERVED, []).catch(fail);
if (state !== STATE) await step("own tables", "wrangler", tablesArguments(state), { env: { CI: "true" } }).catch(fail);

const { ADMIN_TOKEN: token } = readSecrets();
const supervisor = await supervise(startAgain);
// Cookies and the Origin rule hang on the address, so another port is told to the Worker too.
const address = port === PORT ? [] : ["--port", String(port), "--var", `BETTER_AUTH_URL:http://localhost:${port}`];
const local = ["--assets", LOCAL_PAGE, "--var", `LOCAL_SUPERVISOR:${supervisor.address}`];
/** A Python Worker that does not start takes the whole workerd with it, and wrangler too. */
const PYTHON_ENDED =
  "with them wrangler ended, and what it said stands in the terminal; mend worker-py and run: npm start";
let told = false;
let ending = false;
/** Where the Worker answers, while it does. */
let serving;
let dev = start(readPython());
watchWorkflows();
watchdog(() => serving);

/** Starts wrangler in a process group of its own, so that a kill reaches every process of it and nothing else. */
function start(python) {
  const pages = pythonArguments(python);
  // Windows' shell takes words apart at spaces, and a reason has some.
  const words = windows ? pages.args.map((word) => `"${word}"`) : pages.args;
  const all = [...devArguments(), ...words, "--persist-to", state, ...local, ...address, ...args];
  const started = spawn("wrangler", all, {
    cwd: root,
    env: { ...environment, ...pages.environment },
    stdio: ["ignore", "pipe", "inherit"],
    detached: !windows,
    shell: windows,
  });
  started.stdout.on("data", (data) => {
    // The types are made for wrangler.jsonc, whose flags are not quite those of the local Worker.
    const text = data.toString().replace(/^.*types might be out of date.*\n/m, "");
    process.stdout.write(text);
    const url = /Ready on (http:\/\/\S+)/.exec(text)?.[1];
    if (url === undefined) return;
    tell(url.replace("127.0.0.1", "localhost"), python);
    serving = url;
    // whatever the queue held when the Worker was killed is gone
    watchdog(() => serving).then((end) => end());
  });
  started.on("error", (error) =>
    fail(`wrangler did not start (${error.message}): run \`npm run clean\`, then \`npm start\`.`),
  );
  started.on("exit", (code) => {
    if (started !== dev) return;
    if (code === 0 || ending || !python.ready) process.exit(code ?? 0);
    console.log("\n  wrangler ended. Starting again without the Python pages, which may have been the cause.\n");
    told = false;
    dev = start({ ready: false, reason: PYTHON_ENDED });
  });
  return started;
}

/** Compiles the workflows after every change; wrangler sees that and loads them. Ends with this process. */
function watchWorkflows() {
  const watcher = spawn(
    "node",
    ["worker-ts/bin/ferrule.mjs", "workflows", "worker-ts/workflows", "--watch", "--quiet"],
    {
      cwd: root,
      env: environment,
      stdio: ["ignore", "inherit", "inherit"],
      shell: windows,
    },
  );
  watcher.on("error", (error) => console.error(`  Workflows are not watched (${error.message}).`));
  process.once("exit", () => watcher.kill());
}

/** Says once where it stands. */
function tell(url, python) {
  if (told) return;
  told = true;
  const seconds = ((Date.now() - since) / 1000).toFixed(1);
  const owner = `${url}/#admin=${token}`;
  console.log(`\n  Ferrule stands after ${seconds} s.\n  Open   ${url}\n  Owner  ${owner}\n  Pages  ${url}/pages`);
  console.log(`  ${lineOf(python)}\n`);
}

/** A signal to wrangler and to both its workerd. After SIGKILL they write nothing any more, whatever they were doing. */
function signalAll(victim, signal) {
  if (!windows) process.kill(-victim.pid, signal);
  else if (signal !== "SIGKILL") victim.kill(signal);
  else spawnSync("taskkill", ["/pid", String(victim.pid), "/T", "/F"], { stdio: "ignore" });
}

function startAgain() {
  const victim = dev;
  // asked twice while it dies, it is started once
  if (victim === undefined) return;
  dev = undefined;
  serving = undefined;
  victim.once("exit", () => {
    console.log("\n  Killed (SIGKILL) because the page asked for it. Starting again on the same state.\n");
    dev = start(readPython());
  });
  signalAll(victim, "SIGKILL");
}

// A terminal tells its own process group alone, and wrangler is in another one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => {
    ending = true;
    if (dev === undefined) process.exit();
    signalAll(dev, signal);
  });
