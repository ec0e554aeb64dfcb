// Whether the files that people uploaded are in a backup as they came: the directory's rows stand before the objects and have the sum
// that each upload had. What differs was damaged in the bucket, or on its way; the backup is whole all the same. Memory: a sum for
// each file.
import { KIND, sumOf } from "./format.mjs";

/** Looks at records in their order; `damaged` are the keys of files that are not what was uploaded. */
export class Uploads {
  #sums = new Map();
  #open = null;
  damaged = [];

  /** @param {{kind: number}} one a record, as `walk` gives it */
  see(one) {
    if (one.kind === KIND.ROWS && one.store === "directory" && one.table === "file") this.#keep(one);
    if (one.kind === KIND.OBJECT) this.#begin(one);
    if (one.kind === KIND.BYTES && this.#open !== null) this.#add(one);
  }

  #keep({ columns, rows }) {
    const [id, room, crc] = ["id", "room_id", "crc"].map((name) => columns.indexOf(name));
    // a file of a server that kept no sums yet
    if (crc < 0) return;
    for (const row of rows) if (row[crc] !== null) this.#sums.set(`files/${row[room]}/${row[id]}`, row[crc]);
  }

  #begin({ bucket, name, size }) {
    const sum = bucket === "files" ? this.#sums.get(name) : undefined;
    this.#open = sum === undefined ? null : { name, expected: sum, sum: 0 };
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

/** What there is to say of damaged files, for people; nothing when there are none. */
export function damageOf(keys) {
  if (keys.length === 0) return "";
  const told = keys.slice(0, TOLD_MAX).join(", ");
  const more = keys.length > TOLD_MAX ? `, and ${keys.length - TOLD_MAX} more` : "";
  return `not what was uploaded (${keys.length}): ${told}${more}`;
}
