// What the verbs backup and restore share: which server, whose token, how progress shows, and what a file holds in words.
import { Usage } from "../terminal/call.mjs";
import { size } from "./take.mjs";
import { damageOf } from "./uploads.mjs";

/** The server of `npm start`. */
export const LOCAL = "http://localhost:8787";
/** Where nobody sits and watches, a line of progress comes so seldom. */
const LINE_MS = 5_000;
const LINE_WIDTH = 100;

/** A server's origin. */
export function originOf(given = LOCAL) {
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return new URL(given).origin;
  throw new Usage(`"${given}" is no address: give one like https://chat.example.`);
}

/** The admin's token. */
export function adminToken(given) {
  const token = given ?? process.env.ADMIN_TOKEN;
  if (!token) throw new Usage("ADMIN_TOKEN is not set: it is the one that the Worker has.");
  return token;
}

/** Progress on standard error: one line that changes where somebody watches, else a line now and then. */
export function progress() {
  const watched = process.stderr.isTTY === true;
  let last = -Infinity;
  return {
    tell(text) {
      const now = performance.now();
      if (!watched && now - last < LINE_MS) return;
      last = now;
      const line = text.length > LINE_WIDTH ? `${text.slice(0, LINE_WIDTH - 1)}…` : text;
      process.stderr.write(watched ? `\r\u001b[K${line}` : `${line}\n`);
    },
    end() {
      if (watched) process.stderr.write("\r\u001b[K");
    },
  };
}

/** Uploads of a file that are not as they should be: the file is whole with them, so that this is no failure; whoever reads the log hears of them. */
export function tellDamage(verb, { damaged, missing }) {
  for (const line of damageOf({ damaged, missing })) console.error(`${verb}: ${line}`);
}

/** What a file holds, for people. */
export function reportOf({ head, stores, tables, buckets, bytes }) {
  const lines = [
    `made     ${new Date(head.at).toISOString()}`,
    `from     ${head.from}`,
    `size     ${size(bytes)}, whole`,
    `schemas  ${head.schemas.database.length} migrations, room ${head.schemas.room}, kernel ${head.schemas.kernel}, stream ${head.schemas.stream}`,
    `objects  ${["room", "kernel", "stream"].map((kind) => `${stores[kind] ?? 0} ${kind}s`).join(", ")}`,
    ...Object.entries(buckets).map(
      ([name, found]) => `bucket   ${name}: ${found.objects} objects, ${size(found.bytes)}`,
    ),
    "rows",
    ...Object.entries(tables).map(([name, rows]) => `  ${String(rows).padStart(9)}  ${name}`),
  ];
  return lines.join("\n");
}
