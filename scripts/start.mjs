// `npm start [-- --port N]`: sets up what is missing, then serves the whole backend on this machine, in real workerd.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { environment, fail, helpIfAsked, root } from "./run.mjs";
import { readSecrets } from "./secrets.mjs";
import { setup } from "./setup.mjs";

const PORT = 8787;
helpIfAsked(`npm start [-- --port N] [other options of wrangler dev]

Sets up what is missing (packages, Rust core, page, secrets, tables) and serves on http://localhost:${PORT}.

  --port N   another port, 0 for any free one`);
const args = process.argv.slice(2);

/** Takes `--port N` or `--port=N` out of the list; 0 means any free one. */
function takePort(list) {
  const at = list.findIndex((a) => a === "--port" || a.startsWith("--port="));
  if (at < 0) return PORT;
  const joined = list[at].includes("=");
  const text = joined ? list[at].split("=")[1] : list[at + 1];
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    fail(`--port takes a number from 0 to 65535, not "${text}".`);
  list.splice(at, joined ? 1 : 2);
  return port;
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
const port = await probe(asked);
if (port === undefined)
  fail(`Port ${asked} is taken: stop what listens there, or run \`npm start -- --port ${asked + 1}\`.`);
const since = Date.now();
await setup().catch(fail);

const { ADMIN_TOKEN: token } = readSecrets();
// Cookies and the Origin rule hang on the address, so another port is told to the Worker too.
const address = port === PORT ? [] : ["--port", String(port), "--var", `BETTER_AUTH_URL:http://localhost:${port}`];
const quiet = ["--inspector-port", "0", "--show-interactive-dev-session=false"];
const dev = spawn("wrangler", ["dev", "--persist-to", ".wrangler/state", ...quiet, ...address, ...args], {
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
  console.log(
    `\n  Ferrule stands after ${((Date.now() - since) / 1000).toFixed(1)} s.\n  Open   ${local}\n  Owner  ${local}/#admin=${token}\n`,
  );
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => dev.kill(signal));
dev.on("error", (error) =>
  fail(`wrangler did not start (${error.message}): run \`npm run clean\`, then \`npm start\`.`),
);
dev.on("exit", (code) => process.exit(code ?? 0));
