// A Chromium for one test. Where it is, `scripts/setup/chromium.mjs` alone knows; without one the test is skipped and says why,
// or fails when FERRULE_BROWSER=required.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/setup/chromium.mjs", import.meta.url));

/** Its path, or why there is none. */
function find(): { readonly path: string } | { readonly missing: string } {
  const given = process.env["FERRULE_CHROMIUM"];
  if (given !== undefined && given !== "") return { path: given };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  const lines = (status === 0 ? stdout : stderr).trim().split("\n");
  if (status === 0) return { path: lines.at(-1)! };
  return { missing: lines.find((line) => line.startsWith("Error: "))?.slice(7) ?? "Chromium could not be found." };
}

/** A test in a fresh Chromium, which is closed at its end. */
export function browserTest(name: string, run: (browser: Browser) => Promise<void>): void {
  test(name, async ({ skip }) => {
    const found = find();
    if ("missing" in found) {
      if (process.env["FERRULE_BROWSER"] === "required") throw new Error(found.missing);
      return skip(found.missing);
    }
    const browser = await chromium.launch({
      executablePath: found.path,
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"],
    });
    try {
      await run(browser);
    } finally {
      await browser.close();
    }
  });
}
