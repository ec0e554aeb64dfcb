// What comes by a pipe, made into messages: lines that come close together are one, up to what a message takes. Bounded: while the
// room is slower than the pipe, the pipe waits.
import { stripVTControlCharacters } from "node:util";

/** Lines that wait to be said, in characters, before the pipe has to wait. */
const WAITING_MAX = 1_048_576;
/** How long the first line waits for company. */
const GATHER_MS = 300;

const utf8 = new TextEncoder();
const bytesOf = (text) => utf8.encode(text).length;

/** A line as people would see it: of what was overwritten by carriage returns only the last, and no colours. */
export const seen = (line) =>
  stripVTControlCharacters(line.replace(/\r+$/, "").replace(/^.*\r/s, ""))
    .replace(/[^\P{Cc}\t]/gu, "")
    .trimEnd();

/** A text in pieces of at most `most` bytes; a character is never cut. */
export function pieces(text, most) {
  if (bytesOf(text) <= most) return [text];
  const found = [];
  let piece = "";
  let bytes = 0;
  for (const character of text) {
    const size = bytesOf(character);
    if (bytes + size > most) {
      found.push(piece);
      [piece, bytes] = ["", 0];
    }
    piece += character;
    bytes += size;
  }
  return [...found, piece];
}

/** Lines of a stream, whoever comes first: `pump` fills it, `take` empties it. */
export class Lines {
  #waiting = [];
  #size = 0;
  #over = false;
  #changed = () => {};

  /** Reads to the end of the stream, or until `stop`. */
  async pump(stream) {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      if (this.#over) return;
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      // a line without an end is said in parts
      if (rest.length > WAITING_MAX) {
        lines.push(rest);
        rest = "";
      }
      for (const line of lines) this.#add(line);
      while (this.#size > WAITING_MAX && !this.#over) await this.#change();
    }
    if (rest !== "") this.#add(rest);
    this.stop();
  }

  /** Nothing more comes; what waits is still taken. */
  stop() {
    this.#over = true;
    this.#changed();
  }

  /** The next line, or undefined at the end. */
  async next() {
    while (this.#waiting.length === 0 && !this.#over) await this.#change();
    const line = this.#waiting.shift();
    if (line !== undefined) this.#size -= line.length;
    this.#changed();
    return line;
  }

  /** The lines of the next message: those that wait, at most `most` bytes of them. Undefined at the end. */
  async take(most, gather = GATHER_MS) {
    const first = await this.next();
    if (first === undefined) return undefined;
    if (!this.#over) await new Promise((resolve) => setTimeout(resolve, gather));
    const lines = [first];
    let bytes = bytesOf(first);
    while (this.#waiting.length > 0) {
      const size = bytesOf(this.#waiting[0]) + 1;
      if (bytes + size > most) break;
      bytes += size;
      lines.push(await this.next());
    }
    return lines.join("\n");
  }

  #add(line) {
    this.#waiting.push(line);
    this.#size += line.length;
    this.#changed();
  }

  #change() {
    return new Promise((resolve) => {
      const before = this.#changed;
      this.#changed = () => {
        before();
        resolve(undefined);
      };
    });
  }
}
