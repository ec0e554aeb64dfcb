// Goes through a backup's file from its first byte to its last and holds it to BACKUP.md: order, counts, sums. What it gives is good as
// far as it has come; only when it has ended is the file whole. Memory: one record.
import { open } from "node:fs/promises";
import { Failure } from "../terminal/call.mjs";
import { BYTES_MAX, decodeRecords, jsonOf, KIND, MAGIC, NAMES, OBJECT_BYTES_MAX, ROWS_MAX, sumOf } from "./format.mjs";
import { Uploads } from "./uploads.mjs";

const bad = (message) => new Failure("malformed", message);
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isTexts = (value) =>
  typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");

/** Bytes of a file, in order; fewer than were asked for at its end. */
async function makeRead(path) {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw new Failure("no_file", `${path} cannot be read (${error.code})`);
  }
  let at = 0;
  const read = async (count) => {
    const bytes = Buffer.allocUnsafe(count);
    let filled = 0;
    while (filled < count) {
      const { bytesRead } = await file.read(bytes, filled, count - filled, at);
      if (bytesRead === 0) break;
      filled += bytesRead;
      at += bytesRead;
    }
    return bytes.subarray(0, filled);
  };
  return { read, close: () => file.close() };
}

/**
 * The records of a file with what they say: HEAD `{head}`, STORE `{store}`, ROWS `{store, table, columns, rows}`, OBJECT
 * `{bucket, name, size, http, custom}`, BYTES `{body}`, END `{counts}`.
 * @param {string} path
 */
export async function* walk(path) {
  const { read, close } = await makeRead(path);
  try {
    yield* checked(decodeRecords(read));
  } finally {
    await close();
  }
}

/** @param {AsyncIterable<object>} records */
async function* checked(records) {
  const at = {
    head: false,
    store: null,
    left: 0,
    ended: false,
    counts: {},
    records: 0,
    sum: sumOf(MAGIC),
    bytes: MAGIC.length,
  };
  for await (const record of records) {
    const name = NAMES[record.kind];
    if (at.ended) throw bad("something comes behind the end");
    if (!at.head && record.kind !== KIND.HEAD) throw bad(`the file begins with ${name}`);
    if (at.left > 0 && record.kind !== KIND.BYTES)
      throw bad(`${at.left} bytes of an object are missing before record ${record.place}`);
    const said = SAY[name](record, at);
    if (record.kind === KIND.END) at.ended = true;
    else {
      at.counts[name] = (at.counts[name] ?? 0) + 1;
      at.records++;
      at.bytes += record.bytes;
      for (const part of record.raw) at.sum = sumOf(part, at.sum);
    }
    yield { kind: record.kind, body: record.body, at: record.at, bytes: record.bytes, ...said };
  }
  if (!at.ended) throw new Failure("cut", "the file has no end: it was cut, or never finished");
}

/** What each kind says, and what must be true of it where it stands. */
const SAY = {
  HEAD(record, at) {
    const head = jsonOf(record);
    if (at.head) throw bad("there are two heads");
    const { schemas } = head;
    if (!isCount(head.at) || typeof schemas !== "object" || schemas === null || !Array.isArray(schemas.database))
      throw bad("the head says too little");
    at.head = true;
    return { head };
  },
  STORE(record, at) {
    if (record.key === "" || record.body.length > 0) throw bad(`record ${record.place} begins no store`);
    at.store = record.key;
    return { store: record.key };
  },
  ROWS(record, at) {
    const { table, columns, rows, ...more } = jsonOf(record);
    if (record.key === "" || record.key !== at.store)
      throw bad(`record ${record.place} has rows of "${record.key}" in "${at.store}"`);
    const whole =
      typeof table === "string" &&
      Array.isArray(columns) &&
      columns.every((column) => typeof column === "string") &&
      Array.isArray(rows) &&
      rows.length <= ROWS_MAX &&
      rows.every((row) => Array.isArray(row) && row.length === columns.length) &&
      Object.keys(more).length === 0;
    if (!whole) throw bad(`the rows of record ${record.place} are malformed`);
    return { store: record.key, table, columns, rows };
  },
  OBJECT(record, at) {
    const { size, http, custom } = jsonOf(record);
    const [, bucket, name] = /^(files|workflow)\/(.+)$/s.exec(record.key) ?? [];
    if (bucket === undefined || !isCount(size) || size > OBJECT_BYTES_MAX || !isTexts(http) || !isTexts(custom))
      throw bad(`the object of record ${record.place} is malformed`);
    at.left = size;
    at.store = null;
    return { bucket, name, size, http, custom };
  },
  BYTES(record, at) {
    const { length } = record.body;
    if (length === 0 || length > BYTES_MAX || length > at.left)
      throw bad(`record ${record.place} has ${length} bytes of an object that lacks ${at.left}`);
    at.left -= length;
    return { left: at.left };
  },
  END(record, at) {
    const { records, bytes, sum, counts } = jsonOf(record);
    const same = Object.keys({ ...counts, ...at.counts }).every((name) => counts?.[name] === at.counts[name]);
    if (records !== at.records || bytes !== at.bytes || sum !== at.sum || !same)
      throw new Failure("damaged", "the end tells of another file than this one");
    return { counts };
  },
};

/**
 * What a file holds; throws when anything of it is not as it should be. `damaged` are uploads that came into it otherwise, `missing` those
 * that did not.
 * @typedef {Awaited<ReturnType<typeof survey>>} Found
 * @param {string} path
 */
export async function survey(path) {
  const uploads = new Uploads();
  const found = { head: null, stores: {}, tables: {}, buckets: {}, bytes: 0, damaged: uploads.damaged, missing: [] };
  for await (const one of walk(path)) {
    found.bytes = one.at + one.bytes;
    uploads.see(one);
    if (one.kind === KIND.HEAD) found.head = one.head;
    if (one.kind === KIND.STORE) count(found.stores, one.store.includes(":") ? one.store.split(":")[0] : one.store);
    if (one.kind === KIND.ROWS) count(found.tables, `${one.store.split(":")[0]} ${one.table}`, one.rows.length);
    if (one.kind === KIND.OBJECT) {
      found.buckets[one.bucket] ??= { objects: 0, bytes: 0 };
      const bucket = found.buckets[one.bucket];
      bucket.objects++;
      bucket.bytes += one.size;
    }
  }
  found.missing = uploads.missing;
  return found;
}

const count = (counts, name, by = 1) => {
  counts[name] = (counts[name] ?? 0) + by;
};
