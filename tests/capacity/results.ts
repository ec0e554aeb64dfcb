// What was measured, as it stands in the repository.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Results } from "./units.ts";

/** Where it stands. */
export const RESULTS_FILE = fileURLToPath(new URL("../bench/results/capacity.json", import.meta.url));
/** Where its picture stands. */
export const PICTURE_FILE = fileURLToPath(new URL("../bench/results/capacity.svg", import.meta.url));
/** The page that shows both. */
export const PAGE_FILE = fileURLToPath(new URL("../../docs/capacity.md", import.meta.url));

/** Reads it anew. */
export const readResults = (): Results => JSON.parse(readFileSync(RESULTS_FILE, "utf8"));
