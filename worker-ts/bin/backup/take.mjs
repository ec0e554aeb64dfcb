// Takes a backup: everything that a server has, in the order in which what comes later knows what came before. Memory: one answer, and
// the names of the objects.
import { Failure } from "../terminal/call.mjs";
import { BYTES_MAX, KIND } from "./format.mjs";
import { jsonBody } from "./server.mjs";
import { Writer } from "./writer.mjs";

const KINDS = ["room", "kernel", "stream"];
const BUCKETS = ["files", "workflow"];
/** How often a store or an object is begun again that broke off. */
const TRIES = 3;

/**
 * @param {import("./server.mjs").Server} server
 * @param {string} path
 * @param {(text: string) => void} tell
 * @returns {Promise<import("./walk.mjs").Found>} what the file holds, read again
 */
export async function takeBackup(server, path, tell) {
  const begun = await server.json("POST", "/api/admin/backups", { body: jsonBody({}) });
  const base = `/api/admin/backups/${begun.id}`;
  let writer;
  try {
    writer = await Writer.begin(path);
  } catch (error) {
    await server.ask("DELETE", base);
    throw new Failure("no_file", `${path} cannot be written (${error.code})`);
  }
  try {
    const head = { at: begun.at, from: server.origin, schemas: begun.schemas };
    await writer.add(KIND.HEAD, "", JSON.stringify(head));
    // the directory last: whatever an object names by then is in it
    const [archive, workflow, directory] = ["archive", "workflow", "directory"];
    for (const store of [archive, workflow]) await takeStore(server, base, writer, store, tell);
    for (const kind of KINDS)
      for await (const name of names(server, base, kind))
        await takeStore(server, base, writer, `${kind}:${name}`, tell);
    await takeStore(server, base, writer, directory, tell);
    for (const bucket of BUCKETS) await takeBucket(server, base, writer, bucket, tell);
    tell(`reading ${path} again · ${size(writer.bytes)}`);
    return await writer.end();
  } catch (error) {
    await writer.drop();
    throw error;
  } finally {
    await server.ask("DELETE", base).catch(() => undefined);
  }
}

async function* names(server, base, kind) {
  for (let after = ""; after !== null; ) {
    const page = await server.json("GET", `${base}/stores`, { query: { kind, after } });
    yield* page.names;
    after = page.next;
  }
}

/** Does something that leaves the file as it was when it fails; a few times. */
async function whole(writer, work) {
  const mark = writer.mark();
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      await writer.back(mark);
      if (tries === TRIES || !error.brokeOff) throw error;
    }
  }
}

async function takeStore(server, base, writer, store, tell) {
  tell(`${store} · ${size(writer.bytes)}`);
  await whole(writer, async () => {
    await writer.add(KIND.STORE, store, "");
    for (let cursor; cursor !== null; ) {
      const page = await server.json("GET", `${base}/rows`, { query: { store, cursor } }).catch(toBeginAgain);
      for (const part of page.parts) if (part.rows.length > 0) await writer.add(KIND.ROWS, store, JSON.stringify(part));
      cursor = page.next;
      if (cursor !== null) tell(`${store} · ${size(writer.bytes)}`);
    }
  });
}

/** What was read of a store may be gone: its room was purged meanwhile. From its beginning it is what it is now. */
function toBeginAgain(error) {
  throw error.code === "not_found" ? Object.assign(error, { brokeOff: true }) : error;
}

async function takeBucket(server, base, writer, bucket, tell) {
  for (let cursor; cursor !== null; ) {
    const page = await server.json("GET", `${base}/objects`, { query: { bucket, cursor } });
    for (const object of page.objects) {
      tell(`${bucket}/${object.key} · ${size(writer.bytes)}`);
      await whole(writer, () => takeObject(server, base, writer, bucket, object));
    }
    cursor = page.next;
  }
}

/** One object; what is gone since it was listed is left out. */
async function takeObject(server, base, writer, bucket, { key, http, custom }) {
  let response;
  try {
    response = await server.ask("GET", `${base}/object`, { query: { bucket, key } });
  } catch (error) {
    if (error.code === "not_found") return;
    throw error;
  }
  const bytes = Number(response.headers.get("content-length"));
  await writer.add(KIND.OBJECT, `${bucket}/${key}`, JSON.stringify({ size: bytes, http, custom }));
  let left = bytes;
  try {
    for await (const chunk of response.body ?? []) {
      for (let at = 0; at < chunk.length; at += BYTES_MAX)
        await writer.add(KIND.BYTES, "", chunk.subarray(at, at + BYTES_MAX));
      left -= chunk.length;
    }
  } catch (error) {
    throw Object.assign(new Failure("network", `${key} broke off: ${error.message}`), { brokeOff: true });
  }
  if (left !== 0)
    throw Object.assign(new Failure("network", `${key} came with ${left} bytes too few`), { brokeOff: true });
}

/** Bytes for people. */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let value = bytes;
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`;
}
