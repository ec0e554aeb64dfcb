// `ferrule backup FILE`: everything that a running Worker has, in one file; and what such a file holds, and whether it is whole.
import { parseArgs } from "node:util";
import { adminToken, LOCAL, originOf, progress, reportOf, tellDamage } from "./backup/call.mjs";
import { Server } from "./backup/server.mjs";
import { size, takeBackup } from "./backup/take.mjs";
import { survey } from "./backup/walk.mjs";
import { attempt, DONE, Usage } from "./terminal/call.mjs";

const HELP = `ferrule backup FILE [--url URL] [--token TOKEN]
ferrule backup --verify FILE
ferrule backup --list FILE

Writes everything that a running Worker has into FILE: rooms, people, files, kernels, workflows. It serves on meanwhile. The file
has its name only once it is whole; keep it as you keep the database: whoever has it has all that people said, and the hashes of
their passwords. docs/backup.md tells what is in it and what is not.

  FILE            where it goes; one that is there is replaced at the end
  --url URL       the Worker; ${LOCAL} when left out
  --token TOKEN   its ADMIN_TOKEN; better in the variable ADMIN_TOKEN, where other users of this machine do not see it
  --verify FILE   reads a file to its end and checks every sum; no server is asked.
                  Uploads that are missing, or are not what they were, are named on standard error
  --list FILE     the same, and prints what is in it

Exit code: 0 all is done, 1 something was refused, damaged or could not be reached, 2 the call was wrong.`;

/**
 * Runs the verb.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export const run = (args) =>
  attempt("backup", HELP, async () => {
    const { values, positionals } = parse(args);
    if (values.help) {
      console.log(HELP);
      return DONE;
    }
    const [path, ...rest] = positionals;
    if (values.verify !== undefined || values.list !== undefined) {
      if (path !== undefined || (values.verify !== undefined && values.list !== undefined))
        throw new Usage("One file is looked at, and nothing else is done.");
      const found = await survey(values.verify ?? values.list);
      console.log(values.list === undefined ? `${values.verify}: whole, ${size(found.bytes)}.` : reportOf(found));
      tellDamage("backup", found);
      return DONE;
    }
    if (path === undefined || rest.length > 0) throw new Usage("A backup goes into one file.");
    const shown = progress();
    const began = performance.now();
    const found = await takeBackup(new Server(originOf(values.url), adminToken(values.token)), path, shown.tell);
    shown.end();
    console.log(`${path}: ${size(found.bytes)}, whole, in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
    tellDamage("backup", found);
    return DONE;
  });

function parse(args) {
  const text = { type: "string" };
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { url: text, token: text, verify: text, list: text, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    throw new Usage(error.message);
  }
}
