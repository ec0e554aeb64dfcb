// How a room's events look in a terminal: as a line for people, as JSON for programs. What people wrote never reaches the
// terminal as a command.

/** Without what a terminal would obey or what turns the reading around; line breaks and tabs stay. */
export const plain = (text) =>
  text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (c) => (c === "\n" || c === "\t" ? c : "\ufffd"));

/** The same in one line. */
export const oneLine = (text) => plain(text).replaceAll(/[\n\t]+/g, " ");

/** Colours for a terminal; plain text for everything else, and where NO_COLOR is set. */
export function painter(stream) {
  const colourful = stream.isTTY === true && !process.env.NO_COLOR;
  const paint = (code) => (text) => (colourful ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { dim: paint(2), bold: paint(1), red: paint(31), names: [36, 35, 34, 33, 32].map(paint) };
}

const who = (person) => (person === undefined ? null : { id: person.id, name: person.name, guest: person.guest });

/** An event of the log as one JSON object; undefined for what is no entry of the log. */
export function toJson(event, room, events) {
  switch (event.type) {
    case "message": {
      const { seq, ts, clientId, author, text, files, replyTo, editedAt, deletedAt, mine } = event.message;
      return {
        type: "message",
        seq,
        ts,
        id: clientId,
        author: who(author),
        mine,
        text,
        files,
        replyTo,
        editedAt,
        deletedAt,
      };
    }
    case "edit":
    case "delete":
    case "react":
    case "unreact": {
      const { type, seq, ts, target, person, mine } = event;
      const said = type === "edit" ? { text: event.text } : type === "delete" ? {} : { emoji: event.emoji };
      return { type, seq, ts, target, by: who(person), mine, ...said };
    }
    case "system": {
      const { seq, ts, event: number, sender, subject, text } = event.entry;
      const by = who(room.person(sender));
      return {
        type: "system",
        seq,
        ts,
        event: events[number] ?? String(number),
        by,
        subject: who(room.person(subject)),
        text,
      };
    }
    case "reset":
      return { type: "reset", reason: event.reason, gap: event.gap };
    default:
      return undefined;
  }
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** The same colour for the same person. */
const colourOf = (name, paint) =>
  paint.names[[...name].reduce((sum, c) => sum + c.codePointAt(0), 0) % paint.names.length];

/** An entry of `toJson` as text for people. */
export function toText(entry, paint) {
  if (entry.type === "reset") return paint.red(`— some messages were skipped here (${entry.reason}) —`);
  const person = entry.author ?? entry.by;
  const name = oneLine(person?.name ?? "somebody");
  const at = paint.dim(TIME.format(entry.ts));
  const seq = (number) => paint.dim(`#${number}`);
  const does = (what) => `${at} ${paint.dim("*")} ${colourOf(name, paint)(name)} ${what}`;
  switch (entry.type) {
    case "message":
      return message(entry, { at, name: colourOf(name, paint)(name), seq, paint });
    case "edit":
      return does(`changed ${seq(entry.target)}: ${oneLine(entry.text)}`);
    case "delete":
      return does(`deleted ${seq(entry.target)}`);
    case "react":
      return does(`reacted to ${seq(entry.target)} with ${oneLine(entry.emoji)}`);
    case "unreact":
      return does(`took ${oneLine(entry.emoji)} back from ${seq(entry.target)}`);
    default:
      return `${at} ${paint.dim("*")} ${paint.dim(system(entry))}`;
  }
}

function message({ seq, replyTo, text, files, editedAt, deletedAt }, shown) {
  const { at, name, paint } = shown;
  const head = `${at} ${shown.seq(seq)} ${name}${replyTo === null ? "" : ` ${paint.dim(`→ #${replyTo}`)}`}`;
  if (deletedAt !== null || text === "") return `${head} ${paint.dim("(deleted)")}`;
  const [first, ...rest] = plain(text).split("\n");
  const lines = [`${head}  ${first}`, ...rest.map((line) => `      ${line}`)];
  for (const file of files) lines.push(paint.dim(`      file: ${oneLine(file.name)}, ${file.size} bytes`));
  return lines.join("\n") + (editedAt === null ? "" : paint.dim(" (edited)"));
}

const SYSTEM = {
  TITLE: ({ text }) => `named the room "${text}"`,
  JOINED: () => "joined",
  LEFT: () => "left",
  ROLE: ({ text }) => `is ${text} now`,
  BANNED: () => "was banned",
  UNBANNED: () => "may come again",
  CLOSED: () => "closed the room",
  REOPENED: () => "opened the room again",
  SLOW_MODE: ({ text }) => `set ${text} ms between messages`,
  PINNED: ({ text }) => `pinned #${text}`,
  UNPINNED: ({ text }) => `unpinned #${text}`,
};

function system(entry) {
  const tell = SYSTEM[entry.event];
  const person = entry.subject ?? entry.by;
  return oneLine(tell === undefined ? entry.text : `${person?.name ?? "the room"} ${tell(entry)}`);
}

/**
 * Writes a line and waits while the reader is slow. Resolves to false when the reader has gone.
 * @param {import("node:stream").Writable} stream
 * @param {string} line
 */
export function writeLine(stream, line) {
  if (!stream.writable) return Promise.resolve(false);
  return new Promise((resolve) => {
    stream.write(`${line}\n`, (error) => resolve(!error));
  });
}
