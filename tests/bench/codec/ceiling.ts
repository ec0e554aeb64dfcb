// What the same Rust does natively: the example `ceiling` of rust/wire prints one JSON line per case.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Nanoseconds per operation of those `names` that the example knows. */
export async function nativeCeiling(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const args = ["run", "--quiet", "--locked", "--release", "--example", "ceiling", "-p", "wire"];
  const { stdout } = await promisify(execFile)("cargo", args, { cwd: root });
  const found = new Map<string, number>();
  for (const line of stdout.split("\n")) {
    if (!line.startsWith("{")) continue;
    const { case: name, nsPerOp }: { case: string; nsPerOp: number } = JSON.parse(line);
    if (names.includes(name)) found.set(name, nsPerOp);
  }
  return found;
}
