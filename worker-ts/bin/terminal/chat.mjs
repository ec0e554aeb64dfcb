// `ferrule chat URL ROOM`: a room in the terminal, to read and to write. On pipes the same as JSON objects, a line each.
import { createInterface } from "node:readline";
import { attempt, client, DONE, parseCall, SHARED_HELP, Usage } from "./call.mjs";
import { seen } from "./lines.mjs";
import { openRoom } from "./session.mjs";
import { oneLine, painter, toJson, toText, writeLine } from "./words.mjs";

const HELP = `ferrule chat URL ROOM

Talks in a room. What you type is said; a line that begins with / is a command:

  /reply SEQ TEXT    answers message #SEQ          /who              who is here
  /edit SEQ TEXT     changes a message of yours    /more             older messages
  /delete SEQ        deletes a message             /help             this list
  /react SEQ EMOJI   reacts; again takes it back   /quit, Ctrl-D     leaves
  //TEXT             says a text that begins with /

Where standard input is no terminal, it is a JSON object a line: {"type": "message", "text", "replyTo"?, "id"?},
{"type": "edit", "target", "text"}, {"type": "delete", "target"}, {"type": "react" | "unreact", "target", "emoji"}; each is answered
with {"type": "ack", "id", "seq"} or {"type": "refused", "id", "code", "message"}, and what happens in the room is printed as by
ferrule tail. It ends with standard input, once all is answered.
${SHARED_HELP}`;

const PAGE = 20;
const TYPING_REPEAT_MS = 3_000;
/** So long a pipe waits at its end for entries of its own. */
const OWN_ENTRIES_MS = 5_000;

/**
 * Runs the verb.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export const run = (args) =>
  attempt("chat", HELP, async () => {
    const call = parseCall("chat", args);
    if (call.help) {
      console.log(HELP);
      return DONE;
    }
    if (call.words.length > 0)
      throw new Usage(`"${call.words.join(" ")}" is too much; to say one thing there is \`ferrule say\`.`);
    const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    const { SYSTEM_EVENT } = await client();
    const names = Object.fromEntries(Object.entries(SYSTEM_EVENT).map(([name, number]) => [number, name]));
    const wants = terminal ? { presence: true, typing: true, receipts: true } : {};
    const { room } = await openRoom(call, { wants });
    const talk = terminal ? new Terminal(room, call.room) : new Pipe(room);
    try {
      await read(room, talk, names);
    } finally {
      await room.close();
      talk.end();
    }
    return DONE;
  });

async function read(room, talk, names) {
  let open = false;
  for await (const event of room.events()) {
    if (event.type === "state") {
      if (event.state === "closed" && event.error?.code !== "closed") throw event.error;
      if (event.state === "open" && !open) {
        open = true;
        await talk.begin(names);
      } else talk.tell(event);
      continue;
    }
    const entry = toJson(event, room, names);
    if (entry !== undefined) await talk.print(entry);
    else talk.tell(event);
  }
}

/** What a command or a JSON object asks for, done; answers what is under way. */
function act(room, { type, text, target, emoji, replyTo, id }) {
  switch (type) {
    case "message":
      return room.send(text, { ...(replyTo && { replyTo }), ...(id && { id }) });
    case "edit":
      return room.edit(target, text);
    case "delete":
      return room.remove(target);
    case "react":
      return room.react(target, emoji);
    default:
      return room.unreact(target, emoji);
  }
}

/** What each type of object needs besides, for programs. */
const NEEDS = {
  message: { text: "string" },
  edit: { target: "number", text: "string" },
  delete: { target: "number" },
  react: { target: "number", emoji: "string" },
  unreact: { target: "number", emoji: "string" },
};

/** Objects in, objects out. */
class Pipe {
  #room;
  #pending = new Set();
  /** The newest entry that was acknowledged, and the newest that was printed. */
  #stored = 0;
  #printed = 0;

  constructor(room) {
    this.#room = room;
  }

  async begin() {
    void this.#readAll();
  }

  tell() {}

  print(entry) {
    if (entry.type !== "ack" && entry.seq > this.#printed) this.#printed = entry.seq;
    return writeLine(process.stdout, JSON.stringify(entry));
  }

  end() {
    process.stdin.destroy();
  }

  async #readAll() {
    let number = 0;
    for await (const line of createInterface({ input: process.stdin })) {
      number++;
      if (line.trim() !== "") this.#take(line, number);
    }
    await Promise.all(this.#pending);
    // an entry of one's own may come behind its acknowledgement
    for (const end = Date.now() + OWN_ENTRIES_MS; this.#printed < this.#stored && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 20));
    await this.#room.close();
  }

  #take(line, number) {
    let asked;
    try {
      asked = JSON.parse(line);
    } catch {
      // told below
    }
    const needs = Object.hasOwn(NEEDS, asked?.type) ? NEEDS[asked.type] : undefined;
    if (!needs || Object.entries(needs).some(([name, type]) => typeof asked[name] !== type)) {
      const message = `line ${number} is not understood`;
      void this.print({ type: "refused", id: null, code: "bad_request", message });
      return;
    }
    const { id, done } = act(this.#room, asked);
    const answered = done.then(
      ({ seq }) => {
        this.#stored = Math.max(this.#stored, seq);
        return this.print({ type: "ack", id, seq });
      },
      ({ code, message }) => this.print({ type: "refused", id, code, message }),
    );
    this.#pending.add(answered);
    void answered.finally(() => this.#pending.delete(answered));
  }
}

/** People at a terminal. */
class Terminal {
  #room;
  #lines;
  #paint = painter(process.stdout);
  #oldest = 0;
  #mine = new Map();
  #names = {};
  #typedAt = 0;

  constructor(room, id) {
    this.#room = room;
    this.#lines = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt: `${id}> `,
      completer: (line) => [COMMANDS.filter((command) => command.startsWith(line)), line],
    });
    this.#lines.on("line", (line) => this.#take(line));
    this.#lines.on("close", () => void room.close());
    process.stdin.on("keypress", (_, key) => this.#typing(key));
  }

  async begin(names) {
    this.#names = names;
    await this.#more();
    this.#say(
      this.#paint.dim(
        `${oneLine(this.#room.title ?? "")} — you are ${oneLine(this.#room.self?.name ?? "")}; /help helps`,
      ),
    );
  }

  async print(entry) {
    if (entry.type === "react" || entry.type === "unreact") this.#remember(entry);
    this.#say(toText(entry, this.#paint));
    if (entry.seq !== undefined) this.#room.read(entry.seq);
  }

  /** Events that are no entries of the log: the line, and who types. */
  tell(event) {
    if (event.type === "typing") {
      const names = event.people.map(({ name }) => oneLine(name)).join(", ");
      this.#lines.setPrompt(names === "" ? this.#prompt : `${this.#paint.dim(`(${names} …)`)} ${this.#prompt}`);
      this.#lines.prompt(true);
    }
    if (event.type === "state" && event.state === "waiting")
      this.#say(this.#paint.red(`— offline, ${this.#room.unsent} unsent; it tries again by itself —`));
    if (event.type === "outbox" && event.status === "failed")
      this.#say(this.#paint.red(`— not stored: ${event.error.message} (${event.error.code}) —`));
  }

  end() {
    this.#lines.close();
    process.stdin.destroy(); // a terminal that is only paused keeps the process
    process.stdout.write("\n");
  }

  get #prompt() {
    return `${oneLine(this.#room.title ?? "")}> `;
  }

  #say(text) {
    process.stdout.write(`\r\x1b[K${text}\n`);
    this.#lines.prompt(true);
  }

  async #more() {
    const page = await this.#room.history({ before: this.#oldest, limit: PAGE });
    for (const message of page.messages)
      this.#say(toText(toJson({ type: "message", message }, this.#room, this.#names), this.#paint));
    this.#oldest = page.messages[0]?.seq ?? this.#oldest;
  }

  #remember({ mine, type, target, emoji }) {
    if (mine) this.#mine.set(`${target} ${emoji}`, type === "react");
  }

  #typing(key) {
    if (key?.name === "return" || this.#lines.line === "" || this.#lines.line.startsWith("/")) return;
    const now = Date.now();
    if (now - this.#typedAt < TYPING_REPEAT_MS) return;
    this.#typedAt = now;
    this.#room.typing(true);
  }

  #take(line) {
    // the room's own entry is what is shown
    process.stdout.write("\x1b[1A\x1b[K");
    this.#typedAt = 0;
    if (line.startsWith("/") && !line.startsWith("//")) this.#command(line);
    else if (line.trim() !== "") this.#room.send(seen(line.replace(/^\/\//, "/")));
    this.#lines.prompt(true);
  }

  #command(line) {
    const [, verb, rest] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? [];
    const [, number, words] = /^#?(\d+)\s*(.*)$/s.exec(rest ?? "") ?? [];
    const target = Number(number);
    if (verb === "quit") this.#lines.close();
    else if (verb === "who") this.#who();
    else if (verb === "more") void this.#more().catch((error) => this.#say(this.#paint.red(error.message)));
    else if (verb === "reply" && words) this.#room.send(words, { replyTo: target });
    else if (verb === "edit" && words) this.#room.edit(target, words);
    else if (verb === "delete" && number) this.#room.remove(target);
    else if (verb === "react" && words)
      act(this.#room, { type: this.#mine.get(`${target} ${words}`) ? "unreact" : "react", target, emoji: words });
    else this.#say(HELP.split("\n").slice(3, 9).join("\n"));
  }

  #who() {
    const here = [...this.#room.here().values()].map(
      ({ person, away }) => oneLine(person.name) + (away ? " (away)" : ""),
    );
    this.#say(this.#paint.dim(`here: ${here.join(", ") || "too many to tell"}`));
  }
}

const COMMANDS = ["/reply ", "/edit ", "/delete ", "/react ", "/who", "/more", "/help", "/quit"];
