// `npm run capacity`, behind scripts/measure/capacity.mjs: reckons what is asked for, or measures the unit costs and writes them, the picture and the
// page's tables.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { filled } from "./page.ts";
import { picture } from "./picture.ts";
import { PAGE_FILE, PICTURE_FILE, RESULTS_FILE, readResults } from "./results.ts";
import { simulate } from "./simulate.ts";
import { text } from "./tables.ts";
import type { Results } from "./units.ts";
import { ArgumentError, type Asked, help, readArguments } from "./use.ts";

/** The picture, and the tables of the page. */
function write(results: Results): void {
  writeFileSync(PICTURE_FILE, picture(results));
  writeFileSync(PAGE_FILE, filled(readFileSync(PAGE_FILE, "utf8"), results));
}

async function run({ use, json, measure, draw }: Asked): Promise<void> {
  for (const part of measure) {
    console.error(`measuring: ${part}`);
    const measuring = await import("./measure/main.ts");
    const found = await measuring.measure(part);
    // read now: other parts may be measured beside this one
    const all = measuring.merge(existsSync(RESULTS_FILE) ? readResults() : {}, part, found);
    writeFileSync(RESULTS_FILE, `${JSON.stringify(all, null, 2)}\n`);
  }
  const results = readResults();
  if (measure.length > 0 || draw) write(results);
  const answer = simulate(results, use);
  console.log(json ? JSON.stringify(answer, null, 2) : text(answer));
}

const words = process.argv.slice(2);
if (words.includes("--help") || words.includes("-h")) console.log(help());
else
  try {
    await run(readArguments(words));
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    process.exitCode = 1;
  }
