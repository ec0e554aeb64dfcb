#!/usr/bin/env node
// A wrangler that keeps a pretended Cloudflare account in a JSON file (FAKE_ACCOUNT) and notes every call. It answers in the
// shapes of the real command; `fail` in the account makes it fail at the first call that begins so, once.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const file = process.env.FAKE_ACCOUNT;
const account = JSON.parse(readFileSync(file, "utf8"));
const save = () => writeFileSync(file, JSON.stringify(account));
const args = process.argv.slice(2);
const call = args.join(" ");
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const end = (code, text) => {
  if (text !== undefined) console[code === 0 ? "log" : "error"](text);
  process.exit(code);
};
const refuse = (text) => end(1, `✘ [ERROR] ${text}`);

account.calls.push(call);
if (account.fail !== undefined && call.startsWith(account.fail)) {
  delete account.fail;
  save();
  refuse("A request to the Cloudflare API failed.");
}
save();
if (account.signedIn === false && !args.includes("--dry-run"))
  args[0] === "whoami" ? end(1, '{"loggedIn":false}') : refuse("You are not authenticated.");

const config = option("--config") && JSON.parse(readFileSync(option("--config"), "utf8"));
const worker = () => account.workers[config.name];

const commands = {
  whoami: () => end(0, '{"loggedIn":true}'),
  login: () => {
    account.signedIn = true;
  },
  "d1 list": () => end(0, JSON.stringify(account.d1)),
  "d1 create": () => {
    account.d1.push({ uuid: `d1-${args[2]}-${account.d1.length + 1}`, name: args[2], applied: [] });
  },
  "d1 migrations": () => {
    const { database_id } = config.d1_databases.find(({ binding }) => binding === args[3]);
    const database = account.d1.find(({ uuid }) => uuid === database_id) ?? refuse(`no database ${database_id}`);
    if (database.applied.length > 0) end(0, "✅ No migrations to apply!");
    database.applied.push("rooms/0000_init.sql");
  },
  "kv namespace": () => {
    if (args[2] === "list") end(0, JSON.stringify(account.kv));
    account.kv.push({ id: `kv-${args[3]}-${account.kv.length + 1}`, title: args[3] });
  },
  "r2 bucket": () => {
    if (args[2] === "info") end(account.r2.includes(args[3]) ? 0 : 1);
    account.r2.push(args[3]);
  },
  "queues info": () => end(account.queues.includes(args[2]) ? 0 : 1),
  "queues create": () => {
    account.queues.push(args[2]);
  },
  "secret list": () => {
    if (!worker()) refuse(`Worker "${config.name}" not found. [code: 10007]`);
    end(0, JSON.stringify(Object.keys(worker().secrets).map((name) => ({ name, type: "secret_text" }))));
  },
  "secret bulk": () => {
    if (!worker()) refuse(`Worker "${config.name}" not found. [code: 10007]`);
    Object.assign(worker().secrets, JSON.parse(readFileSync(0, "utf8")));
  },
  deploy: () => {
    const beside = (path) => existsSync(new URL(path, `file://${option("--config")}`));
    if (!beside(config.main)) refuse(`no entry ${config.main}`);
    // The real one looks for packages beside the configuration, and uploads without them when there are none.
    if (config.main.endsWith(".py") && !beside("python_modules/starlette/__init__.py"))
      refuse("No module named starlette");
    if (args.includes("--dry-run")) end(0, "Total Upload: 12.00 KiB / gzip: 4.00 KiB");
    for (const { binding, service } of config.services ?? [])
      if (account.workers[service] === undefined)
        refuse(`Could not resolve service binding '${binding}'. Target script '${service}' not found.`);
    for (const lacking of account.lacks)
      if (JSON.stringify(config).includes(lacking))
        refuse(`You do not have access to Worker Loader bindings: ${lacking}`);
    const secrets = option("--secrets-file") ? JSON.parse(readFileSync(option("--secrets-file"), "utf8")) : {};
    const { uploads = 0, secrets: before = {} } = worker() ?? {};
    account.workers[config.name] = { uploads: uploads + 1, secrets: { ...before, ...secrets }, config };
    const entry = {
      type: "deploy",
      version: 1,
      targets: config.workers_dev === false ? [] : [`https://${config.name}.ada.workers.dev`, "schedule: 17 3 * * *"],
    };
    appendFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, `${JSON.stringify(entry)}\n`);
  },
};
const run = commands[args.slice(0, 2).join(" ")] ?? commands[args[0]];
if (run === undefined) refuse(`Unknown command: ${call}`);
run();
save();
