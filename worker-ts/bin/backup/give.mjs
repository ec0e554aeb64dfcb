// Gives a backup back to a server. The file is read whole before anything is changed, and its sums once more on the way; each call may
// come twice, and a restore that was interrupted is begun again from its first byte. Memory: one record.
import { Failure } from "../terminal/call.mjs";
import { KIND } from "./format.mjs";
import { jsonBody } from "./server.mjs";
import { size } from "./take.mjs";
import { survey, walk } from "./walk.mjs";

/**
 * @param {import("./server.mjs").Server} server
 * @param {{path: string, replace: boolean, sessions: boolean, erasures?: string}} what
 * @param {(text: string) => void} tell
 */
export async function giveBackup(server, { path, replace, sessions, erasures }, tell) {
  tell(`reading ${path}`);
  const { head, bytes, damaged, missing } = await survey(path);
  if (erasures !== undefined) await survey(erasures);
  const begun = await server.json("POST", "/api/admin/restores", {
    body: jsonBody({ at: head.at, schemas: head.schemas, replace }),
  });
  if (begun.again) tell("a restore was interrupted here; it begins again");
  const base = `/api/admin/restores/${begun.id}`;
  await step(server, base, "rows", tell);
  const wanted = ({ store, table }) => sessions || store !== "directory" || table !== "session";
  await giveAll(server, base, { path, wanted }, (at, what) => tell(`${Math.floor((100 * at) / bytes)} % · ${what}`));
  if (erasures !== undefined) await giveErasures(server, base, erasures);
  await step(server, base, "end", tell);
  return { bytes: size(bytes), at: head.at, damaged, missing };
}

/** What a server that needs nothing of its own would say. */
const NO_SCHEMAS = { database: [], room: 0, kernel: 0, stream: 0 };

/**
 * Gives up a restore that was interrupted: nothing can be made of what has come of it, so the server is emptied, and serves.
 * @param {import("./server.mjs").Server} server
 * @param {(text: string) => void} tell
 */
export async function giveUp(server, tell) {
  const begun = await server.json("POST", "/api/admin/restores", {
    body: jsonBody({ at: Date.now(), schemas: NO_SCHEMAS, giveUp: true }),
  });
  const base = `/api/admin/restores/${begun.id}`;
  await step(server, base, "rows", tell);
  await step(server, base, "end", tell);
}

async function step(server, base, to, tell) {
  for (;;) {
    const { phase, left } = await server.json("POST", `${base}/steps`, { body: jsonBody({ to }) });
    if (phase === to) return;
    tell(left === null ? phase : `${phase} · ${left} left`);
  }
}

async function giveAll(server, base, { path, wanted }, tell) {
  const records = walk(path);
  /** Where the store began that rows are of, and whether they have not come yet. */
  let [place, fresh] = [1, null];
  const empty = async () => {
    if (fresh !== null) await giveRows(server, base, { store: fresh, first: true, place, part: "null" });
    fresh = null;
  };
  for await (const record of records) {
    if (record.kind === KIND.ROWS && !wanted(record)) continue;
    if (record.kind === KIND.ROWS) {
      const first = fresh === record.store;
      fresh = null;
      await giveRows(server, base, { store: record.store, first, place, part: record.body });
      continue;
    }
    await empty();
    if (record.kind === KIND.STORE) {
      tell(record.at, record.store);
      [place, fresh] = [record.at, record.store];
    }
    if (record.kind === KIND.OBJECT) {
      tell(record.at, `${record.bucket}/${record.name}`);
      await giveObject(server, base, record, records);
    }
  }
}

/** A body as it stands in the file: what is in it, the server looks at. */
async function giveRows(server, base, { store, first, place, part }) {
  const head = `{"store":${JSON.stringify(store)},"first":${first},"place":${place},"part":`;
  await server.ask("POST", `${base}/rows`, {
    body: () => Buffer.concat([Buffer.from(head), Buffer.from(part), Buffer.from("}")]),
  });
}

/** Small ones are kept until the server has them; of a large one, which is not, a broken call is not tried again. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024;

async function giveObject(server, base, { bucket, name, size: bytes, http, custom }, records) {
  const query = { bucket, key: name, size: bytes, meta: JSON.stringify({ http, custom }) };
  const type = "application/octet-stream";
  if (bytes <= KEPT_BYTES_MAX) {
    const parts = [];
    for (let left = bytes; left > 0; ) {
      const { value } = await records.next();
      parts.push(Buffer.from(value.body));
      left = value.left;
    }
    const body = Buffer.concat(parts);
    await server.ask("POST", `${base}/object`, { query, type, body: () => body });
    return;
  }
  let used = false;
  const body = () => {
    if (used) throw new Failure("network", `${name} broke off; begin the restore again`);
    used = true;
    return streamOf(records, bytes);
  };
  await server.ask("POST", `${base}/object`, { query, type, body });
}

function streamOf(records, bytes) {
  let left = bytes;
  return new ReadableStream({
    async pull(controller) {
      if (left === 0) return controller.close();
      const { value } = await records.next();
      left = value.left;
      controller.enqueue(new Uint8Array(value.body));
    },
  });
}

/** Accounts that were erased by the time of a newer file: its list alone. */
async function giveErasures(server, base, path) {
  for await (const record of walk(path))
    if (record.kind === KIND.ROWS && record.store === "directory" && record.table === "erasure")
      await giveRows(server, base, { store: "directory", first: false, place: 1, part: record.body });
}
