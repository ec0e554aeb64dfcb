// `ferrule tail URL ROOM`: prints the last messages of a room and then what happens, each entry of its log once and in order.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { attempt, client, DONE, Failure, parseCall, SHARED_HELP, Usage, wholeNumber } from "./call.mjs";
import { openRoom } from "./session.mjs";
import { painter, toJson, toText, writeLine } from "./words.mjs";

const HELP = `ferrule tail URL ROOM [--lines N] [--since SEQ] [--once] [--cursor FILE] [--json|--text]

Prints the last messages of a room, then what is said there, until Ctrl-C. On a terminal as text, into a pipe as one JSON object
a line (NDJSON), with type message, edit, delete, react, unreact, system or reset:

  npx ferrule tail https://chat.example ops | jq -r 'select(.type == "message") | .text'

  --lines N        how many messages to begin with (20 on a terminal, else 0; at most 200)
  --since SEQ      begin with all messages after this one
  --once           do not wait for more
  --cursor FILE    go on where the last call with this file ended, without a gap or a repetition
  --json, --text   the one or the other, whatever standard output is
${SHARED_HELP}`;

const PAGE = 200;
/** What this prints of the log; everything else is about the connection. */
const ENTRIES = new Set(["message", "edit", "delete", "react", "unreact", "system", "reset"]);

/**
 * Runs the verb.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export const run = (args) =>
  attempt("tail", HELP, async () => {
    const own = { lines: "text", since: "text", once: "flag", cursor: "text", json: "flag", text: "flag" };
    const call = parseCall("tail", args, own);
    if (call.help) {
      console.log(HELP);
      return DONE;
    }
    if (call.words.length > 0) throw new Usage(`"${call.words.join(" ")}" is too much.`);
    const { values } = call;
    if (values.json && values.text) throw new Usage("--json or --text, not both.");
    const terminal = process.stdout.isTTY === true;
    const asJson = values.json || (!values.text && !terminal);
    const lines = wholeNumber(values.lines, "lines", terminal ? 20 : 0, PAGE);
    const since = wholeNumber(values.since, "since", undefined, Number.MAX_SAFE_INTEGER);
    const { SYSTEM_EVENT } = await client();
    const resume = values.cursor === undefined ? undefined : readCursor(values.cursor);
    const { room } = await openRoom(call, resume === undefined ? {} : { resume });
    const names = Object.fromEntries(Object.entries(SYSTEM_EVENT).map(([name, number]) => [number, name]));
    const printer = new Printer(room, names, asJson);
    process.once("SIGINT", () => void room.close());
    process.once("SIGTERM", () => void room.close());
    try {
      await follow(room, printer, { ...values, lines, since, resume });
    } finally {
      await room.close();
    }
    return DONE;
  });

/**
 * Prints what was, then what comes. What was is read while the event that says "open" is being handled: those after it wait, so
 * nothing falls between the two.
 */
async function follow(room, printer, { lines, since, resume, once, cursor }) {
  if (once && resume !== undefined) throw new Usage("--once goes with --lines or --since, not with a cursor.");
  let upTo;
  for await (const event of room.events()) {
    if (event.type === "state") {
      if (event.state === "closed" && event.error?.code !== "closed") throw event.error;
      if (event.state !== "open" || upTo !== undefined) continue;
      upTo = resume
        ? 0
        : since === undefined
          ? await printLast(room, printer, lines)
          : await printSince(room, printer, since);
      if (once) return;
      continue;
    }
    if (!ENTRIES.has(event.type) || seqOf(event) <= (upTo ?? 0)) continue;
    if (event.type === "reset" && event.gap !== null && !event.drop) await printer.gap(event);
    else if (!(await printer.print(event))) return;
    if (cursor !== undefined && room.cursor !== undefined) keepCursor(cursor, { ...room.cursor, seq: seqOf(event) });
  }
}

const seqOf = (event) => event.message?.seq ?? event.entry?.seq ?? event.seq ?? Number.POSITIVE_INFINITY;

async function printLast(room, printer, limit) {
  if (limit === 0) return 0;
  const { messages, asOf } = await room.history({ limit });
  for (const message of messages) await printer.print({ type: "message", message });
  return asOf;
}

async function printSince(room, printer, since) {
  for (let after = since; ; ) {
    const { messages, more, asOf } = await room.history({ after, limit: PAGE });
    for (const message of messages) await printer.print({ type: "message", message });
    const last = messages.at(-1)?.seq;
    if (!more || last === undefined) return asOf;
    after = last;
  }
}

function readCursor(path) {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw new Usage(`--cursor ${path} cannot be read: ${error.message}`);
  }
  try {
    const { epoch, seq } = JSON.parse(text);
    if (typeof epoch === "string" && Number.isSafeInteger(seq)) return { epoch, seq };
  } catch {
    // told below
  }
  throw new Usage(`${path} is not a cursor that tail has written.`);
}

/** After each line: whoever dies in between prints the last one a second time, and never leaves one out. */
function keepCursor(path, cursor) {
  if (!Number.isSafeInteger(cursor.seq)) return; // a reset: the next entry has one
  try {
    writeFileSync(`${path}.new`, JSON.stringify(cursor));
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new Failure("cursor", `the cursor cannot be kept: ${error.message}`);
  }
}

class Printer {
  #room;
  #names;
  #asJson;
  #paint = painter(process.stdout);

  constructor(room, names, asJson) {
    this.#room = room;
    this.#names = names;
    this.#asJson = asJson;
  }

  /** False when nobody reads any more. */
  print(event) {
    const entry = toJson(event, this.#room, this.#names);
    return writeLine(process.stdout, this.#asJson ? JSON.stringify(entry) : toText(entry, this.#paint));
  }

  /** What could not be replayed is read from the history. */
  async gap(event) {
    await this.print(event);
    const { from, to } = event.gap;
    for (let after = from - 1; after < to; ) {
      const { messages } = await this.#room.history({ after, limit: PAGE });
      for (const message of messages) if (message.seq <= to) await this.print({ type: "message", message });
      const last = messages.at(-1)?.seq;
      if (last === undefined) return;
      after = last;
    }
  }
}
