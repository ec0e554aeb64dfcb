// What every server of these tests begins with, made once for all of them: a state with the tables in it. To migrate anew took more than
// half of each start. Runs before all files of the projects that start servers (vitest.config.ts).
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tablesArguments } from "../../../scripts/setup/tables.mjs";
import { environment, root } from "../environment.ts";

/** Says the tests' processes where it is. */
const PLACE = "FERRULE_TEST_TABLES";

function migrate(state: string): void {
  const { status, stdout, stderr } = spawnSync("wrangler", tablesArguments(state), {
    cwd: root,
    env: environment,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`migrations failed:\n${stdout}${stderr}`);
}

/** Makes it; what it answers removes it. */
export default function make(): () => void {
  const home = mkdtempSync(join(tmpdir(), "ferrule-tables-"));
  migrate(home);
  process.env[PLACE] = home;
  return () => {
    delete process.env[PLACE];
    rmSync(home, { recursive: true, force: true });
  };
}

/** Puts the tables into a state folder: by a copy into a fresh one, else by migrating, as where nobody has made them before. */
export function provideTables(state: string, fresh: boolean): void {
  const home = process.env[PLACE];
  if (home !== undefined && fresh) cpSync(home, state, { recursive: true });
  else migrate(state);
}
