// A PostgreSQL of the benchmark's own: Debian's package, its default settings, a folder and a port that are free, ended by its own id.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { environment } from "../../harness/environment.ts";
import { freePort } from "../../harness/server/free-port.ts";

const START_MS_MAX = 20_000;
const END_MS_MAX = 10_000;
const DEBIAN = "/usr/lib/postgresql";

/** A running server. */
export interface Postgres extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/** Where `initdb` and `postgres` lie; undefined: nowhere. */
function binaries(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(DEBIAN, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}

/** Why there is none; undefined when there is one. */
export function missingPostgres(): string | undefined {
  if (binaries() === undefined) return `no PostgreSQL below ${DEBIAN}`;
  return runner() === undefined ? "PostgreSQL does not run as root, and there is no user postgres" : undefined;
}

/** Whom it runs as: PostgreSQL refuses root. */
function runner(): { uid?: number; gid?: number } | undefined {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => spawnSync("id", [flag, "postgres"], { encoding: "utf8" });
  const [uid, gid] = [id("-u"), id("-g")];
  return uid.status === 0 && gid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined;
}

/** Starts one whose state lies in a new folder below `folder`; nothing is left of one that does not start. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const bin = binaries();
  const user = runner();
  if (bin === undefined || user === undefined) throw new Error(missingPostgres());
  const home = mkdtempSync(join(folder, "ferrule-postgres-"));
  let child: ChildProcess | undefined;
  const end = async (): Promise<void> => {
    if (child !== undefined) await stop(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    if (user.uid !== undefined) spawnSync("chown", [`${user.uid}:${user.gid}`, home]);
    const state = join(home, "state");
    const options = { ...user, cwd: home, env: { PATH: environment["PATH"], LC_ALL: "C" } };
    const args = ["-D", state, "-U", "world", "-A", "trust", "-E", "UTF8"];
    const made = spawnSync(join(bin, "initdb"), args, { ...options, encoding: "utf8" });
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    const port = await freePort();
    child = spawn(join(bin, "postgres"), ["-D", state, "-p", String(port), "-k", home, "-h", "127.0.0.1"], {
      ...options,
      stdio: ["ignore", "ignore", "pipe"],
    });
    await ready(child);
    return { url: `postgres://world@127.0.0.1:${port}/postgres`, pid: child.pid!, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A fast shutdown, or an immediate one when that takes too long. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGQUIT"), END_MS_MAX);
  await gone;
  clearTimeout(timer);
}

/** Until it takes connections. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`PostgreSQL was not ready in time:\n${text}`)), START_MS_MAX);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    child.once("error", fail);
    child.once("exit", () => fail(new Error(`PostgreSQL ended:\n${text}`)));
    child.stderr!.on("data", (data: Buffer) => {
      text += data.toString();
      if (!text.includes("ready to accept connections")) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
