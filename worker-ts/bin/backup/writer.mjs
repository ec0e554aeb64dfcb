// A backup's file while it grows: under another name until it is whole and on disk. What did not come through to its end can be taken
// back to a mark.
import { open, rename, rm } from "node:fs/promises";
import { encodeRecord, KIND, MAGIC, NAMES, sumOf } from "./format.mjs";

export class Writer {
  #file;
  #path;
  #at = { bytes: 0, sum: 0, records: 0, counts: {} };

  constructor(file, path) {
    this.#file = file;
    this.#path = path;
  }

  /** Begins `path`, for its owner's eyes only. */
  static async begin(path) {
    const writer = new Writer(await open(`${path}.part`, "w", 0o600), path);
    await writer.#put(MAGIC);
    return writer;
  }

  get bytes() {
    return this.#at.bytes;
  }

  async add(kind, key, body) {
    await this.#put(encodeRecord(kind, key, typeof body === "string" ? Buffer.from(body) : body));
    this.#at.records++;
    this.#at.counts[NAMES[kind]] = (this.#at.counts[NAMES[kind]] ?? 0) + 1;
  }

  async #put(bytes) {
    await this.#file.write(bytes, 0, bytes.length, this.#at.bytes);
    this.#at.sum = sumOf(bytes, this.#at.sum);
    this.#at.bytes += bytes.length;
  }

  /** Where it stands. */
  mark() {
    return { ...this.#at, counts: { ...this.#at.counts } };
  }

  /** Takes back all that came behind a mark. */
  async back(mark) {
    await this.#file.truncate(mark.bytes);
    this.#at = { ...mark, counts: { ...mark.counts } };
  }

  /** Closes the file with its end; only then it has its name. */
  async end() {
    const { records, bytes, sum, counts } = this.#at;
    await this.#put(encodeRecord(KIND.END, "", Buffer.from(JSON.stringify({ records, bytes, sum, counts }))));
    await this.#file.sync();
    await this.#file.close();
    await rename(`${this.#path}.part`, this.#path);
  }

  /** It came to nothing. */
  async drop() {
    await this.#file.close();
    await rm(`${this.#path}.part`, { force: true });
  }
}
