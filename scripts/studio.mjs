// `npm run db:studio`: Drizzle Studio on the local D1 database. Its page and its SQLite driver come from the network, which is
// why neither is a dependency. Further arguments are the studio's own (`-- --port N`).
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, fail, root, tools } from "./run.mjs";

const DRIVER = "@libsql/client@0.18.0";
const folder = join(root, ".wrangler/state/v3/d1/miniflare-D1DatabaseObject");

/** The database's file: the only one in which there are tables of ours, so not miniflare's own notes. */
function databaseFile() {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)) : [];
  if (files.length === 0) throw new Error("There is no local database yet: run `npm run db:migrate`, then this again.");
  if (files.length > 1)
    throw new Error(`There are ${files.length} local databases in ${folder}: run \`npm run clean -- --all\` first.`);
  return join(folder, files[0]);
}

/** The versions that the lockfile names, so that the studio is the drizzle-kit of `npm run schema`. */
function locked(name) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const path = Object.keys(packages).find((key) => key.endsWith(`node_modules/${name}`));
  return `${name}@${packages[path].version}`;
}

try {
  const config = join(tools, "studio.config.json");
  mkdirSync(tools, { recursive: true });
  writeFileSync(config, JSON.stringify({ dialect: "sqlite", dbCredentials: { url: `file:${databaseFile()}` } }));
  const packages = [locked("drizzle-kit"), locked("drizzle-orm"), DRIVER].flatMap((name) => ["--package", name]);
  const studio = ["drizzle-kit", "studio", "--host", "127.0.0.1", "--config", config, ...process.argv.slice(2)];
  const child = spawn("npx", ["--yes", ...packages, "--", ...studio], {
    // Outside of the repository: npx would take drizzle-kit from here, which then does not find the driver.
    cwd: tmpdir(),
    env: environment,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 0));
} catch (error) {
  fail(error);
}
