// A backup's file while it grows: under another name until it is whole, on disk, and was read again. What did not come through to its end
// can be taken back to a mark.
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../terminal/call.mjs";
import { encodeRecord, KIND, MAGIC, NAMES, sumOf } from "./format.mjs";
import { survey } from "./walk.mjs";

export class Writer {
  #file;
  #path;
  #at = { bytes: 0, sum: 0, records: 0, counts: {} };

  constructor(file, path) {
    this.#file = file;
    this.#path = path;
  }

  /** Begins `path`, for its owner's eyes only: what somebody has left there goes, and its rights with it. */
  static async begin(path) {
    await rm(`${path}.part`, { force: true });
    const writer = new Writer(await open(`${path}.part`, "wx", 0o600), path);
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
    // a disk that is nearly full takes a part, and refuses only what comes next
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#at.bytes + done);
      done += bytesWritten;
    }
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

  /** Closes the file with its end, and reads it again; only then it has its name. What it holds. */
  async end() {
    const { records, bytes, sum, counts } = this.#at;
    await this.#put(encodeRecord(KIND.END, "", Buffer.from(JSON.stringify({ records, bytes, sum, counts }))));
    await this.#file.sync();
    const found = await survey(`${this.#path}.part`);
    if (!(await this.#isOurs()))
      throw new Failure("conflict", `another backup is being written to ${this.#path}: this one is dropped`);
    await this.#file.close();
    await rename(`${this.#path}.part`, this.#path);
    await syncFolder(dirname(this.#path));
    return found;
  }

  /** It came to nothing. What another backup has begun under this name is not ours to take away. */
  async drop() {
    const ours = await this.#isOurs().catch(() => false);
    await this.#file.close().catch(() => undefined);
    if (ours) await rm(`${this.#path}.part`, { force: true });
  }

  async #isOurs() {
    const [own, there] = [await this.#file.stat(), await stat(`${this.#path}.part`).catch(() => null)];
    return there !== null && own.ino === there.ino && own.dev === there.dev;
  }
}

/** The new name is on disk, too. Not every system lets a folder be opened. */
async function syncFolder(path) {
  const folder = await open(path, "r").catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
