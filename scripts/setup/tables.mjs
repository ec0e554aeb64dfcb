// The local D1 tables. wrangler applies each migration in a workerd of its own, a second each; here a state without tables gets them all in
// one go, and wrangler's own list of them, so that it goes on from there.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root, tools } from "../run.mjs";

const MIGRATIONS = join(root, "worker-ts/migrations");
/** wrangler's table, as it makes it. */
const LIST = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);
`;

/** Every migration in the order in which wrangler takes them, each entered in the list. */
function allMigrations() {
  const paths = readdirSync(MIGRATIONS, { recursive: true, encoding: "utf8" });
  const names = paths.filter((path) => path.endsWith(".sql")).map((path) => path.replaceAll("\\", "/"));
  const texts = names.sort().map((name) => {
    const text = readFileSync(join(MIGRATIONS, name), "utf8");
    return `${text}\nINSERT INTO d1_migrations (name) VALUES ('${name}');\n`;
  });
  return LIST + texts.join("");
}

/** The file with all of them; whoever writes it at the same time writes the same. */
function provideFile() {
  const text = allMigrations();
  const file = join(tools, `tables-${createHash("sha256").update(text).digest("hex").slice(0, 16)}.sql`);
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return file;
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, text);
  renameSync(fresh, file);
  return file;
}

/**
 * What wrangler is to be told so that a state has the tables of today.
 * @param {string} state the folder that `--persist-to` names
 * @returns {string[]}
 */
export function tablesArguments(state) {
  const place = ["--local", "--persist-to", state];
  const has = statSync(resolve(root, state, "v3/d1"), { throwIfNoEntry: false }) !== undefined;
  return has
    ? ["d1", "migrations", "apply", "DB", ...place]
    : ["d1", "execute", "DB", "--yes", "--file", provideFile(), ...place];
}
