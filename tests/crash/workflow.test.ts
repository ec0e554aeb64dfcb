// kill -9 of workerd while fifty workflows are under way (steps, sleeps, retries, hooks, streams): after the restart each of them ends in
// its right state, with the right output, within a minute; each step has one result and no stream lacks a line. A body may run twice, which
// is counted and shown. FERRULE_CRASH_ROUNDS sets how many rounds (2 unless told); every other round kills twice.
import { afterAll, beforeAll, expect, test } from "vitest";
import { isOpen, Runs } from "../harness/workflow/runs.ts";
import { startWorkflowServer, type WorkflowServer } from "../harness/workflow/server.ts";
import { pause } from "./writer.ts";

const ROUNDS = Number(process.env["FERRULE_CRASH_ROUNDS"] ?? 2);
const RUNS = 50;
/** Until all runs have ended, counted from the last restart. */
const END_MS_MAX = 60_000;
/** When (ms after the runs were begun, or after a restart) the server is killed, at the latest. */
const KILL_MS_MAX = 5000;
/** How often the watchdog makes its round, as under `npm start`. */
const WATCH_MS = 30_000;

let server: WorkflowServer;
let all: Runs;
beforeAll(async () => {
  server = await startWorkflowServer();
  all = new Runs(server);
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** Kills at random and starts again, as `npm start` does: whatever the local queue held is gone, so every open run is woken. */
async function killOnce(): Promise<number> {
  const waited = Math.round(Math.random() * KILL_MS_MAX);
  await pause(waited);
  await server.kill();
  await server.restart();
  await all.ask("/_watch?all", {});
  return waited;
}

test(`WQ7 ${ROUNDS} rounds of kills with ${RUNS} runs under way: each ends as it should within a minute of the restart`, {
  timeout: 60_000 + ROUNDS * 180_000,
}, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const runs = await all.begin(RUNS, round * RUNS);
    let over = false;
    const attending = all.attend(runs, () => over);
    const waited = [await killOnce()];
    if (round % 2 === 1) waited.push(await killOnce());
    const since = performance.now();
    const passed = () => Math.round(performance.now() - since);
    const open = runs.filter(isOpen).length;
    for (let watched = 0; runs.some(isOpen) && passed() < END_MS_MAX; await pause(50))
      if (passed() - watched >= WATCH_MS) {
        watched = passed();
        await all.ask("/_watch", {});
      }
    over = true;
    await attending;
    const endMs = passed();
    const left = runs.filter(isOpen);
    const where = await Promise.all(left.slice(0, 5).map((run) => all.whereIs(run)));
    expect(where, `${left.length} of ${open} runs are open after ${endMs} ms`).toEqual([]);
    let [repeats, doubled] = [0, 0];
    for (const run of runs) {
      const found = await all.check(run);
      expect(found.wrong).toEqual([]);
      repeats += found.repeats;
      doubled += found.doubled;
    }
    console.log(
      `round ${round}: killed after ${waited.join(" and ")} ms, ${open} open; all ended in ${endMs} ms; ${repeats} bodies ran again, ${doubled} lines twice`,
    );
  }
});
