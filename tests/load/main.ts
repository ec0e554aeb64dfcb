// `npm run load`, behind scripts/measure/load.mjs: the sizes one after another, the claim judged and printed, `big-room.json` and `.svg`
// written. Exit code 0 only if every client got every message once and in order, and nothing grew faster than the room.
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine } from "../bench/harness/machine.ts";
import { judge, TOLERANCE } from "./judge.ts";
import { plotRoom } from "./plot.ts";
import { LOAD, measure } from "./run.ts";

const { values } = parseArgs({
  options: {
    sockets: { type: "string", default: "500,1000,5000" },
    relay: { type: "string", default: "1250" },
    "dry-run": { type: "boolean", default: false },
  },
});
const relaySockets = Number(values.relay);
if (!Number.isInteger(relaySockets) || relaySockets < 0) throw new Error("--relay takes a number from 0 up");
const load = relaySockets === 0 ? LOAD : { ...LOAD, relaySockets };
const sizes = values.sockets.split(",").map(Number);
if (sizes.length === 0 || sizes.some((size) => !Number.isInteger(size) || size < 50))
  throw new Error("--sockets takes numbers from 50 up, with commas between them");

const since = performance.now();
const note = (text: string) =>
  void process.stderr.write(`${((performance.now() - since) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);

const rounded = (value: number) => Number(value.toPrecision(4));
const sign = (kept: boolean) => (kept ? "  ok" : "FAIL");

const rooms = [];
for (const size of sizes.sort((a, b) => a - b)) rooms.push(await measure(size, load, note));
const figures = rooms.map((room) => ({ ...room, load: loadavg()[0]! }));
const growths = figures.length > 1 ? judge(figures) : [];

console.log(JSON.stringify(figures, (_, value) => (typeof value === "number" ? rounded(value) : value), 1));
for (const { name, unit, values: each, slope, linear } of growths)
  console.log(`${sign(linear)}  ${name}: ${each.map(rounded).join(", ")} ${unit}; grows with N^${slope.toFixed(2)}`);
const linear = growths.every((growth) => growth.linear);
console.log(`no worse than linear (slope at most ${1 + TOLERANCE}): ${linear ? "yes" : "NO"}`);

if (!values["dry-run"]) {
  const folder = fileURLToPath(new URL("../bench/results/", import.meta.url));
  const machine = describeMachine();
  const result = { machine, rooms: figures, growth: growths };
  const text = JSON.stringify(result, (_, value) => (typeof value === "number" ? rounded(value) : value), 2);
  writeFileSync(`${folder}big-room.json`, `${text}\n`);
  if (growths.length > 0)
    writeFileSync(`${folder}big-room.svg`, plotRoom(sizes, growths, `${machine}; sockets and server on one machine`));
  console.log("figures in tests/bench/results/big-room.json, the plot beside it");
}
process.exitCode = linear ? 0 : 1;
