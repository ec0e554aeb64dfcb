// `ferrule restore FILE`: what a backup holds, in a running Worker.
import { parseArgs } from "node:util";
import { adminToken, LOCAL, originOf, progress, tellDamage } from "./backup/call.mjs";
import { giveBackup, giveUp } from "./backup/give.mjs";
import { Server } from "./backup/server.mjs";
import { attempt, DONE, Usage } from "./terminal/call.mjs";

const HELP = `ferrule restore FILE [--url URL] [--token TOKEN] [--yes] [--sessions] [--erasures NEWER]
ferrule restore --give-up [--url URL] [--token TOKEN]

Puts a backup into a running Worker. FILE is read to its end and every sum checked before anything is changed. A server that is in
use is refused without --yes: all that it holds is replaced. Whoever is connected goes on by itself.

From its beginning to its end a restore holds everybody off ("restoring"). One that was interrupted is begun again with the same call, or
with another FILE, and needs no --yes; it begins at the first byte. Or it is given up.

  FILE              what \`ferrule backup\` wrote
  --url URL         the Worker; ${LOCAL} when left out
  --token TOKEN     its ADMIN_TOKEN; better in the variable ADMIN_TOKEN
  --yes             replace what the server holds
  --sessions        people stay signed in, guests too, where the Worker has the same BETTER_AUTH_SECRET; whoever signed out
                    since the backup is signed in again. Without it people sign in anew; sessions of this server stay
  --erasures NEWER  a backup made later: accounts that had been deleted by then are erased again. Those that this server
                    knows of, and those in FILE, always are
  --give-up         ends a restore that was interrupted, without a FILE. What it had emptied is gone and what had come is half, so
                    that the server is empty then, like a new one, and serves; it still knows who was erased

Exit code: 0 all is done, 1 something was refused, damaged or could not be reached, 2 the call was wrong.`;

/**
 * Runs the verb.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export const run = (args) =>
  attempt("restore", HELP, async () => {
    const { values, positionals } = parse(args);
    if (values.help) {
      console.log(HELP);
      return DONE;
    }
    const [path, ...rest] = positionals;
    if (values["give-up"]) return end(values, positionals);
    if (path === undefined || rest.length > 0) throw new Usage("A restore reads one file.");
    const shown = progress();
    const began = performance.now();
    const { yes: replace = false, sessions = false } = values;
    const what = { path, replace, sessions, ...(values.erasures && { erasures: values.erasures }) };
    try {
      const { bytes, at, ...uploads } = await giveBackup(
        new Server(originOf(values.url), adminToken(values.token)),
        what,
        shown.tell,
      );
      shown.end();
      const made = new Date(at).toISOString();
      console.log(`${path}: ${bytes} of ${made} restored in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
      tellDamage("restore", uploads);
    } catch (error) {
      shown.end();
      if (error.code === "not_empty") error.message += " (--yes does it)";
      throw error;
    }
    return DONE;
  });

/** Gives up what was interrupted. */
async function end(values, positionals) {
  if (positionals.length > 0 || values.yes || values.sessions || values.erasures !== undefined)
    throw new Usage("A restore is given up without a file, and nothing else is done.");
  const shown = progress();
  try {
    await giveUp(new Server(originOf(values.url), adminToken(values.token)), shown.tell);
  } finally {
    shown.end();
  }
  console.log("The restore is given up; the server is empty, and serves.");
  return DONE;
}

function parse(args) {
  const text = { type: "string" };
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        url: text,
        token: text,
        yes: { type: "boolean" },
        sessions: { type: "boolean" },
        erasures: text,
        "give-up": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new Usage(error.message);
  }
}
