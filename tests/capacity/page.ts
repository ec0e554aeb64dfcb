// docs/capacity.md: what stands between its marks comes from the results and the prices, never from a hand. Pure.
import { arithmetic } from "./arithmetic.ts";
import { simulate } from "./simulate.ts";
import { answerTable, limitTable, machineTable, priceTable, sourceList, unitTable } from "./tables.ts";
import type { Results } from "./units.ts";
import { PRESETS, type PresetName, USUAL } from "./use.ts";

const begin = (name: string) => `<!-- capacity: ${name}, written by npm run capacity -- --measure -->`;
const end = (name: string) => `<!-- end of ${name} -->`;

/** Everything that is written between marks, by name. */
export function parts(results: Results): Readonly<Record<string, string>> {
  const names = Object.keys(PRESETS) as PresetName[];
  const answers = names.map((name) => [name, simulate(results, { ...USUAL, ...PRESETS[name] })] as const);
  return {
    "unit costs": unitTable(results),
    "processor and disk": machineTable(results),
    prices: priceTable(),
    limits: limitTable(),
    arithmetic: arithmetic(results),
    presets: answerTable(answers),
    sources: sourceList(),
  };
}

/** The page with everything between its marks as it should be. Throws where a mark is missing. */
export function filled(page: string, results: Results): string {
  let text = page;
  for (const [name, part] of Object.entries(parts(results))) {
    const [from, to] = [text.indexOf(begin(name)), text.indexOf(end(name))];
    if (from < 0 || to < from) throw new Error(`docs/capacity.md lacks the marks of "${name}"`);
    text = `${text.slice(0, from + begin(name).length)}\n\n${part}\n\n${text.slice(to)}`;
  }
  return text;
}
