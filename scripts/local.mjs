// What `npm start` and the tests' server share: how the local Worker is started, and the supervisor that it can ask for a kill.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { parseJsonc } from "./deploy/config.mjs";
import { root } from "./run.mjs";

/** The page as it is served locally: the page itself, and the panel "try to break it". */
export const LOCAL_PAGE = "worker-ts/web/local/dist";
/** The mode of Vite that puts the panel in (web/src/chat/chat.tsx asks for it); "local" is not allowed as a name. */
export const LOCAL_MODE = "breakable";
/** How long (ms) the Worker that asked may take to answer its own page before it is gone. */
const LAST_WORDS_MS = 100;
/** How long (ms) the local Worker holds a message of the workflows before it goes on behind it. */
const QUEUE_HOLD_MS = 100;
/** How often (ms) the workflows' watchdog makes its round. */
const WATCHDOG_MS = 30_000;
/** Where wrangler fires a cron string. */
const WATCHDOG_PATH = "/cdn-cgi/handler/scheduled?cron=*+*+*+*+*";

/**
 * `wrangler dev` with the local Worker: the flags of wrangler.jsonc, and the one that lets a room be evicted.
 * @param {string} [entry] another Worker around it
 */
export function devArguments(entry = "worker-ts/src/local.ts") {
  const { compatibility_flags: flags } = parseJsonc(readFileSync(join(root, "wrangler.jsonc"), "utf8"));
  const quiet = ["--inspector-port", "0", "--show-interactive-dev-session=false"];
  // the local queue sends one batch at a time: a slow step must not hold up the others
  const vars = ["--var", `WORKFLOW_QUEUE_HOLD_MS:${QUEUE_HOLD_MS}`];
  return ["dev", entry, ...quiet, ...vars, "--compatibility-flags", ...flags, "unsafe_module"];
}

/**
 * Fires the workflows' watchdog, which no clock does here: at once, because the local queue has forgotten what a Worker that was killed
 * had in it, and every half minute. Resolves with the first round; a server that is away is asked again at the next.
 * @param {() => string | undefined} url the server's address, undefined while there is none
 * @returns {Promise<() => void>} ends it
 */
export async function watchdog(url) {
  const round = async () => {
    const address = url();
    if (address === undefined) return;
    // one that dies meanwhile, even in the middle of its answer, is asked again when it is back
    await fetch(`${address}${WATCHDOG_PATH}`)
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
  };
  const timer = setInterval(round, WATCHDOG_MS);
  timer.unref();
  await round();
  return () => clearInterval(timer);
}

/**
 * What `wrangler dev` is told about the Python Worker, put behind devArguments(), and the environment it needs for it. The first
 * configuration is the public Worker; script, flags, assets and variables of the command line are for that one alone.
 * @param {import("./python/state.mjs").Python} python what readPython() says
 * @returns {{ args: string[], environment: Record<string, string> }}
 */
export function pythonArguments(python) {
  if (!python.ready) return { args: ["--var", `PYTHON_OFF:${python.reason}`], environment: {} };
  return { args: ["-c", "wrangler.jsonc", "-c", python.config], environment: python.environment };
}

/**
 * Listens on 127.0.0.1 for the one request that kills. `address` has a random path, which is its secret; it goes to the Worker by
 * `--var` and is never printed.
 * @param {() => void} kill kills the Worker and starts it again
 * @returns {Promise<{ address: string, close: () => void }>}
 */
export function supervise(kill) {
  const path = `/${randomBytes(24).toString("base64url")}`;
  const server = createServer((request, response) => {
    const known = request.method === "POST" && request.url === path;
    response.writeHead(known ? 202 : 404).end();
    if (known) setTimeout(kill, LAST_WORDS_MS);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      server.unref();
      const address = `http://127.0.0.1:${server.address().port}${path}`;
      resolve({ address, close: () => server.close() });
    });
  });
}
