// Whether the files that people uploaded are in a backup, and as they came: the directory's rows stand before the objects and have the sum
// that each upload had. What differs was damaged in the bucket, or on its way; what is missing was not there, or was taken away while the
// backup was made. The backup is whole all the same. Memory: a sum for each file.
import { KIND, sumOf } from "./format.mjs";

/** Looks at records in their order; `damaged` are the keys of files that are not what was uploaded, `missing` of those that are not there. */
export class Uploads {
  /** By key, of those that did not come yet; null where none is known. */
  #sums = new Map();
  #open = null;
  damaged = [];

  get missing() {
    return [...this.#sums.keys()];
  }

  /** @param {{kind: number}} one a record, as `walk` gives it */
  see(one) {
    if (one.kind === KIND.ROWS && one.store === "directory" && one.table === "file") this.#keep(one);
    if (one.kind === KIND.OBJECT) this.#begin(one);
    if (one.kind === KIND.BYTES && this.#open !== null) this.#add(one);
  }

  #keep({ columns, rows }) {
    const [id, room, crc] = ["id", "room_id", "crc"].map((name) => columns.indexOf(name));
    // a file of a server that kept no sums yet has none
    for (const row of rows) this.#sums.set(`files/${row[room]}/${row[id]}`, row[crc] ?? null);
  }

  #begin({ bucket, name, size }) {
    const sum = bucket === "files" ? this.#sums.get(name) : undefined;
    if (bucket === "files") this.#sums.delete(name);
    this.#open = typeof sum === "number" ? { name, expected: sum, sum: 0 } : null;
    if (size === 0) this.#end();
  }

  #add({ body, left }) {
    this.#open.sum = sumOf(body, this.#open.sum);
    if (left === 0) this.#end();
  }

  #end() {
    if (this.#open !== null && this.#open.sum !== this.#open.expected) this.damaged.push(this.#open.name);
    this.#open = null;
  }
}

/** Most keys that are told. */
const TOLD_MAX = 20;

/** What there is to say of them, for people, a line for each kind. */
export function damageOf({ damaged, missing }) {
  const told = [
    ["not what was uploaded", damaged],
    ["not there, though the directory names them", missing],
  ];
  return told.filter(([, keys]) => keys.length > 0).map(([what, keys]) => `${what} (${keys.length}): ${listOf(keys)}`);
}

function listOf(keys) {
  const more = keys.length > TOLD_MAX ? `, and ${keys.length - TOLD_MAX} more` : "";
  return keys.slice(0, TOLD_MAX).join(", ") + more;
}
