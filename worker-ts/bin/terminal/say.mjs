// `ferrule say URL ROOM [TEXT…]`: says a text, or all that comes by standard input, and ends when the room has stored it.
import { attempt, client, DONE, FAILED, parseCall, SHARED_HELP, Usage } from "./call.mjs";
import { Lines, pieces, seen } from "./lines.mjs";
import { ended, opened, openRoom } from "./session.mjs";
import { writeLine } from "./words.mjs";

const HELP = `ferrule say URL ROOM [TEXT…] [--each] [--tee] [--json]

Says TEXT in a room, or what comes by standard input, and ends when all of it is stored there:

  make deploy 2>&1 | npx ferrule say https://chat.example ops

Lines that come close together become one message; colours and what a progress bar overwrote are left out.

  --each           a message for each line
  --tee            print what comes by standard input, too
  --json           standard input is a JSON object a line: {"text", "replyTo"?, "id"?}; for each message stored
                   {"id", "seq", "ts"} is printed. The same id (a UUID) again is stored once
${SHARED_HELP}`;

/** Messages that may be under way: more would only wait for the room. */
const UNDER_WAY_MAX = 32;

/**
 * Runs the verb.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export const run = (args) =>
  attempt("say", HELP, async () => {
    const call = parseCall("say", args, { each: "flag", tee: "flag", json: "flag" });
    if (call.help) {
      console.log(HELP);
      return DONE;
    }
    const { json, each } = call.values;
    if (json && (each || call.words.length > 0))
      throw new Usage("--json takes its messages from standard input, as they are.");
    const { TEXT_BYTES_MAX } = await client();
    const { room } = await openRoom(call);
    const speaker = new Speaker(room, json);
    const source = call.words.length > 0 ? [call.words.join(" ")] : piped(call.values, TEXT_BYTES_MAX, speaker);
    try {
      await Promise.race([ended(room), opened(room).then(() => speaker.sayAll(source, TEXT_BYTES_MAX))]);
    } finally {
      await room.close();
    }
    return speaker.failures === 0 ? DONE : FAILED;
  });

/** Messages of standard input: texts, or objects with --json. Ctrl-C ends it; what has come is said. */
async function* piped({ each, tee, json }, most, speaker) {
  const lines = new Lines();
  const interrupt = () => {
    if (speaker.interrupted) process.exit(130);
    speaker.interrupted = true;
    console.error(`ferrule say: ${speaker.underWay} under way; again to leave them unsaid.`);
    process.stdin.destroy();
    lines.stop();
  };
  process.on("SIGINT", interrupt);
  const input = tee ? teed(process.stdin) : process.stdin;
  const pumped = lines.pump(input).catch(() => lines.stop());
  for (let number = 1; ; number++) {
    const text = each || json ? await lines.next() : await lines.take(most);
    if (text === undefined) break;
    if (text.trim() === "") continue;
    yield json ? read(text, number) : text.split("\n").map(seen).join("\n");
  }
  await pumped;
}

async function* teed(stream) {
  for await (const chunk of stream) {
    process.stdout.write(chunk);
    yield chunk;
  }
}

function read(line, number) {
  let said;
  try {
    said = JSON.parse(line);
  } catch {
    // told below
  }
  const good =
    typeof said?.text === "string" &&
    said.text !== "" &&
    (said.replyTo === undefined || said.replyTo === null || Number.isSafeInteger(said.replyTo)) &&
    (said.id === undefined || /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(said.id));
  if (good) return said;
  throw new Usage(`line ${number} of standard input is no {"text", "replyTo"?, "id"?}.`);
}

/** Says one thing after another, and counts what the room refused. */
class Speaker {
  failures = 0;
  underWay = 0;
  interrupted = false;
  #room;
  #json;
  #freed = () => {};

  constructor(room, json) {
    this.#room = room;
    this.#json = json;
  }

  async sayAll(source, most) {
    try {
      for await (const said of source) {
        const texts = typeof said === "string" ? pieces(said.trimEnd(), most) : [said];
        for (const text of texts) await this.#say(text);
      }
    } finally {
      // what was said before something failed is stored all the same
      while (this.underWay > 0) await this.#free();
    }
  }

  async #say(said) {
    if (said === "") return;
    while (this.underWay >= UNDER_WAY_MAX) await this.#free();
    const { text, id, replyTo } = typeof said === "string" ? { text: said } : said;
    const sent = this.#room.send(text, { ...(id && { id }), ...(replyTo && { replyTo }) });
    this.underWay++;
    sent.done
      .then(({ seq, ts }) => this.#json && writeLine(process.stdout, JSON.stringify({ id: sent.id, seq, ts })))
      .catch((error) => {
        this.failures++;
        console.error(`ferrule say: not stored: ${error.message} (${error.code})`);
      })
      .finally(() => {
        this.underWay--;
        this.#freed();
      });
  }

  #free() {
    return new Promise((resolve) => {
      this.#freed = resolve;
    });
  }
}
