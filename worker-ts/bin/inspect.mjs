// `ferrule inspect HEX|FILE|-`: explains a frame of the rooms' wire, field by field. Reads, prints, decides nothing: what a frame
// says comes from @ferrule/worker/client.
import { existsSync, readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { parseArgs } from "node:util";

/** Exit codes. */
const GOOD = 0;
const REFUSED = 1;
const USAGE = 2;

const HELP = `ferrule inspect HEX|FILE|- [--up|--down] [--json]

Explains one frame of ferrule.v1: each field with its place, bytes, name, value and meaning, the frames within it, the body of an
LZ4 block, the checksum, and for a refused frame the reason and the field at fault.

  HEX      the frame as hex digits; spaces, line breaks, colons, bars and a leading 0x do not matter
  FILE     a file that holds the frame, as bytes or as hex digits
  -        the same from standard input
  --up     it travelled from the client to the server
  --down   from the server to the client; without either the side is guessed
  --json   the explanation as JSON, for programs

Exit code: 0 the frame is good (or to be skipped), 1 it is refused, 2 the call was wrong.`;

/** A mistake of whoever calls. */
class Usage extends Error {}

/**
 * Runs the verb.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function run(args) {
  try {
    const { values, positionals } = parse(args);
    if (values.help) {
      console.log(HELP);
      return GOOD;
    }
    if (positionals.length === 0)
      throw new Usage("Nothing to inspect: give hex digits, a file, or - for standard input.");
    if (values.up && values.down) throw new Usage("A frame travels up or down, not both.");
    const bytes = await read(positionals);
    const { explainFrame, guessSide } = await client();
    const side = values.up ? "up" : values.down ? "down" : guessSide(bytes);
    const explanation = explainFrame(side, bytes);
    const guessed = !values.up && !values.down;
    console.log(values.json ? asJson(explanation) : asText(explanation, guessed, painter(process.stdout)));
    return explanation.verdict === "refused" ? REFUSED : GOOD;
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    console.error(`ferrule inspect: ${error.message}\n\n${HELP}`);
    return USAGE;
  }
}

/** The package's own client, as published; in the repository it is built first. */
async function client() {
  try {
    return await import("@ferrule/worker/client");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Usage(`the package is not built (${error.message}): run \`npm run setup\` first.`);
  }
}

function parse(args) {
  const flag = { type: "boolean", default: false };
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { up: flag, down: flag, json: flag, help: { ...flag, short: "h" } },
    });
  } catch (error) {
    throw new Usage(error.message);
  }
}

/** The frame's bytes: a file if there is one of that name, else hex digits, perhaps in several words. */
async function read(words) {
  if (words.length === 1 && words[0] === "-") return bytesOf(await buffer(process.stdin));
  if (words.length === 1 && existsSync(words[0])) return bytesOf(readFileSync(words[0]));
  const bytes = fromHex(words.join(" "));
  if (bytes === undefined) throw new Usage(`"${words.join(" ").slice(0, 40)}" is neither hex digits nor a file.`);
  return bytes;
}

/** What a file or the input holds: hex digits when it is nothing else, else the frame itself. */
function bytesOf(data) {
  return fromHex(data.toString("latin1")) ?? new Uint8Array(data);
}

/** The bytes of hex digits, or undefined when there are others, or an odd number of them, or none. */
function fromHex(text) {
  const digits = text
    .trim()
    .replace(/^0x/i, "")
    .replace(/[\s:|]+/g, "");
  return digits.length > 0 && digits.length % 2 === 0 && /^[0-9a-f]+$/i.test(digits)
    ? new Uint8Array(Buffer.from(digits, "hex"))
    : undefined;
}

/** Colours for a terminal; plain text for everything else, and where NO_COLOR is set. */
function painter(stream) {
  const colourful = stream.isTTY === true && !process.env.NO_COLOR;
  const paint = (code) => (text) => (colourful ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { dim: paint(2), bold: paint(1), red: paint(31), green: paint(32), name: paint(36) };
}

const HEX_BYTES_SHOWN = 8;
const VALUE_LETTERS_SHOWN = 60;

/** Bytes in pairs; the first ones of many. */
function hexOf(bytes) {
  const pairs = bytes.match(/../g) ?? [];
  return pairs.length <= HEX_BYTES_SHOWN
    ? pairs.join(" ")
    : `${pairs.slice(0, HEX_BYTES_SHOWN - 1).join(" ")} … +${pairs.length - HEX_BYTES_SHOWN + 1}`;
}

/** Bytes and ids are told as they are. */
const DIGITS = /^(?:id|epoch|fileId|value)$/;

/** A text as JSON writes it, so that nothing in it reaches the terminal as a command. */
function shownValue({ name, value }) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const letters = [...value];
  const shown = letters.length <= VALUE_LETTERS_SHOWN ? value : `${letters.slice(0, VALUE_LETTERS_SHOWN).join("")}…`;
  if (DIGITS.test(name)) return shown;
  const escaped = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(shown).replace(/[\p{Cc}\p{Bidi_Control}]/gu, escaped);
}

function lineOf(row, indent, paint) {
  const depth = indent + "  ".repeat(row.within.length);
  const said = [shownValue(row), row.note && (row.fault ? row.note : paint.dim(row.note))].filter(Boolean).join("  ");
  const cells = [
    paint.dim(String(row.offset).padStart(6)),
    hexOf(row.bytes).padEnd(HEX_BYTES_SHOWN * 3 + 3),
    `${depth}${paint.name(row.name)}`,
    said,
    row.fault ? paint.red(`◄ ${row.fault}`) : "",
  ];
  return cells.filter(Boolean).join("  ");
}

/** Rows, with a line for everything they stand in. */
function linesOf(rows, paint, indent = "") {
  let open = [];
  return rows.flatMap((row) => {
    const lines = [];
    row.within.forEach((part, level) => {
      if (open[level] === part && open.length > level) return;
      open = [...row.within.slice(0, level), part];
      lines.push(`${" ".repeat(8 + HEX_BYTES_SHOWN * 3 + 5)}${indent}${"  ".repeat(level)}${paint.bold(part)}`);
    });
    open = [...row.within];
    lines.push(lineOf(row, indent, paint));
    if (row.inflated !== undefined) lines.push(...linesOf(row.inflated.rows, paint, `${indent}  ≈ `));
    return lines;
  });
}

function asText(explanation, guessed, paint) {
  const { side, size, crc, body, refusal, rows, summary } = explanation;
  const facts = [
    `${side}${guessed ? " (guessed)" : ""}`,
    `${size} ${size === 1 ? "byte" : "bytes"}`,
    ...(crc === undefined ? [] : [crc.ok ? "CRC good" : "CRC bad"]),
    ...(body?.lz4 ? [`LZ4 ${body.wire} of ${body.raw} bytes (${Math.round(body.ratio * 100)} %)`] : []),
  ];
  const colour = refusal === undefined ? paint.green : paint.red;
  const head = [paint.bold(colour(plain(summary))), facts.join(" · ")];
  const why =
    refusal === undefined
      ? []
      : [
          "",
          `reason ${refusal.number} ${refusal.reason}, at ${refusal.field}${refusal.offset === undefined ? "" : `, byte ${refusal.offset}`}`,
          `answer ERROR ${refusal.codeNumber} ${refusal.code}${refusal.fatal ? `, then close ${4000 + refusal.codeNumber}` : ", the connection goes on"}`,
        ];
  return [...head, "", ...linesOf(rows, paint), ...why].join("\n");
}

/** Without control characters: names and texts are not to be trusted. */
const plain = (text) => text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\ufffd");

/** Bytes as hex digits. */
function asJson(explanation) {
  return JSON.stringify(
    explanation,
    (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value),
    2,
  );
}
