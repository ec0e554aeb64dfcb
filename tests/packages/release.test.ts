// The published @ferrule/core is made through wasm-pack, set-up's without: their bindings are the same byte for byte.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "../harness/environment.ts";
import { filesOf, readManifest } from "./fresh/entries.ts";

const out = mkdtempSync(join(tmpdir(), "ferrule-release-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** On first use wasm-pack is compiled. */
const FIRST_USE_MS = 900_000;

test("npm run build:wasm:release gives a tarball with the bytes of the quick path", { timeout: FIRST_USE_MS }, () => {
  const script = join(root, "scripts/wasm-release.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--out", out], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const tarball = stdout.trim().split("\n").at(-1)!;
  // Not into `out` itself, where the package was put together.
  const unpacked = mkdtempSync(join(out, "unpacked-"));
  expect(spawnSync("tar", ["-xzf", tarball, "-C", unpacked]).status).toBe(0);

  const published = join(unpacked, "package");
  const exported = Object.values(readManifest(published).exports).flatMap(filesOf);
  expect(exported.filter((path) => !existsSync(join(published, path)))).toEqual([]);

  const quick = join(root, "rust/wasm/npm/generated");
  const released = join(published, "generated");
  expect(readdirSync(released).sort()).toEqual(readdirSync(quick).sort());
  for (const name of readdirSync(quick)) {
    expect(readFileSync(join(released, name)).equals(readFileSync(join(quick, name))), name).toBe(true);
  }
});
