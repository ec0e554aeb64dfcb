// `ferrule migrations SUBSYSTEM --out DIR`: copies the SQL of a subsystem's tables to where `wrangler d1 migrations apply` looks. A file that
// is there is never written over: what was applied once must stay what it was.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { attempt, DONE, FAILED, Usage } from "./terminal/call.mjs";

const HOME = fileURLToPath(new URL("../migrations/", import.meta.url));

/** Entries of this package that have tables in D1, and the binding under which each looks for them. */
export const SUBSYSTEMS = {
  kernel: { binding: "DB", tables: "the kernel demo, and every kernel with KERNEL_STORE=d1" },
  rooms: { binding: "DB", tables: "the archive of rooms" },
  workflow: { binding: "WORKFLOW_DB", tables: "runs, their logs, hooks and streams" },
};

const HELP = `ferrule migrations SUBSYSTEM --out DIR [--check]

Copies the SQL of a subsystem's tables into DIR; \`wrangler d1 migrations apply\` makes the tables from it. After an update of the package
the same call brings what is new. A file that is there stays as it is; where one says something else than ours of the same name, that is
refused and nothing is written.

${Object.entries(SUBSYSTEMS)
  .map(([name, { binding, tables }]) => `  ${name.padEnd(9)}  ${tables}; in D1 bound as ${binding}`)
  .join("\n")}

  --out DIR  a folder for this subsystem alone, such as migrations/rooms: in each the names begin with 0000 again
  --check    writes nothing, and tells what a call without it would write

wrangler finds all of them with  "migrations_dir": "migrations", "migrations_pattern": "migrations/*/*.sql".

Exit code: 0 all is there (with --check: nothing is missing), 1 a file differs or is missing, 2 the call was wrong.`;

/**
 * Runs the verb.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export const run = (args) =>
  attempt("migrations", HELP, async () => {
    const { values, positionals } = parse(args);
    if (values.help) {
      console.log(HELP);
      return DONE;
    }
    const [name, ...rest] = positionals;
    const known = Object.keys(SUBSYSTEMS).join(", ");
    if (name === undefined || rest.length > 0) throw new Usage(`Name one subsystem: ${known}.`);
    if (!Object.hasOwn(SUBSYSTEMS, name)) throw new Usage(`"${name}" has no tables of this package: ${known}.`);
    if (!values.out) throw new Usage(`Say where the files go: --out migrations/${name}.`);
    return copy(name, values.out, values.check);
  });

function parse(args) {
  const flag = { type: "boolean", default: false };
  const options = { out: { type: "string" }, check: flag, help: { ...flag, short: "h" } };
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new Usage(error.message);
  }
}

/** Writes what is missing, and says what became of it. */
function copy(name, out, isCheck) {
  const ours = readdirSync(join(HOME, name))
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(HOME, name, file), "utf8"), found: textAt(join(out, file)) }));
  const different = ours.filter(({ text, found }) => found !== undefined && found !== text);
  if (different.length > 0) {
    const names = different.map(({ file }) => join(out, file)).join(", ");
    const why = `another subsystem's, or changed; give ${name} a folder of its own, or put them back as they were`;
    console.error(`ferrule migrations: not what this package brings: ${names} (${why})`);
    return FAILED;
  }
  const missing = ours.filter(({ found }) => found === undefined);
  if (isCheck && missing.length > 0) {
    console.error(`ferrule migrations: missing: ${missing.map(({ file }) => join(out, file)).join(", ")}`);
    return FAILED;
  }
  mkdirSync(out, { recursive: true });
  // `wx`: also what came meanwhile is not written over
  for (const { file, text } of missing) writeFileSync(join(out, file), text, { flag: "wx" });
  console.log(`${out}  ${ours.length} files, ${missing.length} of them new`);
  return DONE;
}

/** A file's text; undefined when it is not there. How git ends its lines on this machine makes no difference. */
function textAt(path) {
  try {
    return readFileSync(path, "utf8").replaceAll("\r\n", "\n");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}
