#!/usr/bin/env node
// `ferrule VERB`: hands over to the verb's file beside this one. Plain Node 20; a verb loads what it needs itself.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const VERBS = {
  chat: { does: "talks in a room, here in the terminal", load: () => import("./terminal/chat.mjs"), socket: true },
  say: {
    does: "says a text, or what comes by a pipe, in a room",
    load: () => import("./terminal/say.mjs"),
    socket: true,
  },
  tail: { does: "prints what is said in a room", load: () => import("./terminal/tail.mjs"), socket: true },
  vat: { does: "bundles a vat for a kernel", load: () => import("./vat.mjs") },
  migrations: { does: "copies the SQL of a subsystem's tables", load: () => import("./migrations.mjs") },
  workflows: { does: "compiles workflows for a Worker", load: () => import("./workflows.mjs") },
  backup: { does: "writes all that a Worker has into a file", load: () => import("./backup.mjs") },
  restore: { does: "puts such a file into a Worker", load: () => import("./restore.mjs") },
  inspect: { does: "explains a frame, byte by byte", load: () => import("./inspect.mjs") },
};

const HELP = `ferrule VERB …

${Object.entries(VERBS)
  .map(([name, { does }]) => `  ${name.padEnd(10)} ${does}`)
  .join("\n")}

  ferrule VERB --help tells more.`;

/** Node 20 has a WebSocket behind a flag: the same command again, with the flag. */
function runAgain() {
  const flags = ["--experimental-websocket", "--no-warnings"];
  const { status, signal, error } = spawnSync(
    process.execPath,
    [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)],
    { stdio: "inherit", env: { ...process.env, FERRULE_AGAIN: "1" } },
  );
  if (error) throw error;
  if (signal) process.kill(process.pid, signal);
  return status;
}

const [verb, ...args] = process.argv.slice(2);
if (verb === undefined || verb === "--help" || verb === "-h") {
  console.log(HELP);
  process.exitCode = verb === undefined ? 2 : 0;
} else if (!Object.hasOwn(VERBS, verb)) {
  console.error(`ferrule: there is no verb "${verb}".\n\n${HELP}`);
  process.exitCode = 2;
} else if (VERBS[verb].socket && globalThis.WebSocket === undefined && !process.env.FERRULE_AGAIN) {
  // the terminal's signals reach the other one as well, and it says how it ends
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
  process.exitCode = runAgain();
} else {
  const { run } = await VERBS[verb].load();
  process.exitCode = await run(args);
}
