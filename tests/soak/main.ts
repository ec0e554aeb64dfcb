// `npm run soak`, behind scripts/test/soak.mjs: runs it, a line about every ten seconds, and at the end one line of JSON. Exit code 0 only if
// everything holds.
import { parseArgs } from "node:util";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    sockets: { type: "string", default: "200" },
    rooms: { type: "string", default: "20" },
    kills: { type: "string", default: "3" },
    rest: { type: "string", default: "8000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
/** A number that is at least `least`; throws what is wrong with it. */
function number(name: keyof typeof values, least: number): number {
  const value = Number(values[name]);
  if (!(value >= least)) throw new Error(`--${name} takes a number from ${least} up, not "${values[name]}"`);
  return value;
}
/** A shorter run ends before memory says anything. */
const JUDGED_MINUTES_MIN = 10;

const since = performance.now();
const note = (text: string) => console.log(`${((performance.now() - since) / 1000).toFixed(0).padStart(5)} s  ${text}`);
const minutes = number("minutes", 0.5);
const options = {
  ...{ minutes, sockets: number("sockets", 2), rooms: number("rooms", 1), kills: number("kills", 0) },
  ...{ restMs: number("rest", 1), judgesMemory: minutes >= JUDGED_MINUTES_MIN, seed: number("seed", 0) },
};
const { failures, ...rest } = await soak(options, note);
for (const failure of failures) console.log(`FAIL  ${failure}`);
console.log(JSON.stringify({ ok: failures.length === 0, ...options, ...rest, failures }));
process.exit(failures.length === 0 ? 0 : 1);
