// What a suite has measured, as it stands in `results/SUITE.json`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Row } from "./suite.ts";

/** Of one suite. machine: the one that measured last. how: what one batch is, for the plot's caption. */
export interface Results {
  readonly machine: string;
  readonly how: string;
  readonly rows: readonly Row[];
}

/** Where results and plots stand; ends with a stroke. */
export const RESULTS = fileURLToPath(new URL("../results/", import.meta.url));

/** Undefined where the suite was never run. */
export function findResults(suite: string): Results | undefined {
  const file = `${RESULTS}${suite}.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** Replaces what stood there. */
export function writeResults(suite: string, results: Results): void {
  writeFileSync(`${RESULTS}${suite}.json`, `${JSON.stringify(results, null, 2)}\n`);
}
