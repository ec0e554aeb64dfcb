// `npm run backup -- FILE` and `npm run restore -- FILE`: the published verbs, for the Worker on this machine unless --url says otherwise.
// The token of this machine, in .dev.vars, goes to this machine alone.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./run.mjs";
import { parseVars } from "./setup/secrets.mjs";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

const [verb, ...args] = process.argv.slice(2);
// as the verb itself reads it, which takes --url=… too
const { url: given = "http://localhost" } = parseArgs({
  args,
  strict: false,
  options: { url: { type: "string" } },
}).values;
const url = String(given);
const file = join(root, ".dev.vars");
const isLocal = URL.canParse(url) && LOOPBACK.includes(new URL(url).hostname);
const local = isLocal && existsSync(file) ? parseVars(readFileSync(file, "utf8")) : {};
const token = process.env.ADMIN_TOKEN || local.ADMIN_TOKEN;
const { status } = spawnSync(process.execPath, [join(root, "worker-ts/bin/ferrule.mjs"), verb, ...args], {
  stdio: "inherit",
  env: { ...process.env, ...(token && { ADMIN_TOKEN: token }) },
});
process.exitCode = status ?? 1;
