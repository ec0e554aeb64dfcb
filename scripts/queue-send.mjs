// `npm run queue:send -- QUEUE [JSON] [--file FILE] [--url URL]`: puts one message into a queue of a running Worker, by its admin
// route. For looking at what a consumer does with it; nothing of the house needs it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { fail, helpIfAsked, root } from "./run.mjs";
import { parseVars } from "./setup/secrets.mjs";

const LOCAL = "http://localhost:8787";
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

helpIfAsked(`npm run queue:send -- QUEUE [JSON] [--file FILE] [--url URL]

Puts one message into a queue: the JSON that is given, that of a file, or else that of standard input. Queues are named as in
wrangler.jsonc. ADMIN_TOKEN comes from the environment; for a Worker on this machine it may stand in .dev.vars.

  --file FILE  a file with the JSON
  --url URL    the Worker; ${LOCAL} when left out`);

/** The admin's token. That of this machine goes to this machine alone. */
function adminToken(url) {
  const file = join(root, ".dev.vars");
  const local = LOOPBACK.includes(url.hostname) && existsSync(file) ? parseVars(readFileSync(file, "utf8")) : {};
  const token = process.env.ADMIN_TOKEN || local.ADMIN_TOKEN;
  if (!token) throw new Error("ADMIN_TOKEN is not set; it is the one that the Worker has.");
  return token;
}

function checkJson(body) {
  try {
    JSON.parse(body);
  } catch {
    throw new Error("The message is no JSON.");
  }
}

async function send(queue, body, url) {
  const address = new URL(`/api/admin/queues/${encodeURIComponent(queue)}`, url);
  const headers = { authorization: `Bearer ${adminToken(url)}`, "content-type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body }).catch((error) => {
    throw new Error(`${url.origin} does not answer (${error.cause?.code ?? error.message}).`);
  });
  if (answer.ok) return answer.json();
  const { error } = await answer.json().catch(() => ({}));
  throw new Error(`${answer.status} ${error === undefined ? answer.statusText : `${error.code}: ${error.message}`}`);
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { file: { type: "string" }, url: { type: "string", default: LOCAL } },
  });
  const [queue, json, ...rest] = positionals;
  if (queue === undefined || rest.length > 0 || (json !== undefined && values.file !== undefined))
    throw new Error("A queue is needed, and its message as JSON, as a file, or on standard input.");
  const url = new URL(values.url);
  const body = json ?? (values.file === undefined ? await text(process.stdin) : readFileSync(values.file, "utf8"));
  checkJson(body);
  const { bytes } = await send(queue, body, url);
  console.log(`${bytes} bytes are in ${queue}.`);
} catch (error) {
  fail(error);
}
