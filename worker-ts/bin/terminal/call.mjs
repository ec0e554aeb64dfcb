// What the verbs of the terminal share: their exit codes, their options, and how they tell that something went wrong.
import { parseArgs } from "node:util";

/** Exit codes. */
export const DONE = 0;
export const FAILED = 1;
export const USAGE = 2;

/** A mistake of whoever calls. */
export class Usage extends Error {}

/** Something that could not be done; `code` is the server's, or the client's own. */
export class Failure extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const flag = { type: "boolean", default: false };
const text = { type: "string" };

/** Options of every verb that enters a room. */
const SHARED = { token: text, name: text, invite: text, help: { ...flag, short: "h" } };

export const SHARED_HELP = `  --token TOKEN    who you are: a bearer token (or the variable FERRULE_TOKEN). Without it you are a guest, and stay
                   the same one: its token is kept in ${"$XDG_CONFIG_HOME"}/ferrule (~/.config/ferrule)
  --name NAME      the guest's name, or a new name of yours
  --invite TOKEN   the end of an invitation's address, for a private room

Exit code: 0 all is done, 1 something was refused or could not be reached, 2 the call was wrong.`;

/**
 * Reads a verb's call: `URL ROOM` and what follows. Options that only this verb has stand in `own`.
 * @param {string} verb
 * @param {string[]} args
 * @param {Record<string, "text" | "flag">} own
 */
export function parseCall(verb, args, own = {}) {
  const options = Object.fromEntries(Object.entries(own).map(([name, kind]) => [name, kind === "flag" ? flag : text]));
  let parsed;
  try {
    parsed = parseArgs({ args, allowPositionals: true, options: { ...SHARED, ...options } });
  } catch (error) {
    throw new Usage(error.message);
  }
  const { values, positionals } = parsed;
  if (values.help) return { values, help: true };
  const [address, room, ...words] = positionals;
  if (address === undefined || room === undefined)
    throw new Usage(`ferrule ${verb} takes the server's URL and a room.`);
  return { values, help: false, url: originOf(address), room, words };
}

/** The server's origin; `localhost:8787` is one, too. */
function originOf(address) {
  const given = URL.canParse(address) ? new URL(address) : undefined;
  if (given && /^https?:$/.test(given.protocol)) return given.origin;
  if (/^[a-z0-9.[\]:-]+$/i.test(address) && URL.canParse(`http://${address}`))
    return new URL(`http://${address}`).origin;
  throw new Usage(`"${address}" is no address: give one like https://chat.example.`);
}

/**
 * A whole number of an option, or what it is without the option.
 * @param {string | undefined} value
 * @param {string} name
 * @param {number} otherwise
 * @param {number} most
 */
export function wholeNumber(value, name, otherwise, most) {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (!/^\d{1,15}$/.test(value) || number > most) throw new Usage(`--${name} takes a whole number up to ${most}.`);
  return number;
}

/**
 * Runs a verb: what goes wrong is one sentence and an exit code, never a stack.
 * @param {string} verb
 * @param {string} help
 * @param {() => Promise<number>} work
 */
export async function attempt(verb, help, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Usage) {
      console.error(`ferrule ${verb}: ${error.message}\n\n${help}`);
      return USAGE;
    }
    if (typeof error?.code !== "string") throw error;
    console.error(`ferrule ${verb}: ${error.message} (${error.code})`);
    return FAILED;
  }
}

/** The package's own client, as published; in the repository it is built first. */
export async function client() {
  try {
    return await import("@ferrule/worker/client");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Usage(`the package is not built (${error.message}): run \`npm run setup\` first.`);
  }
}
