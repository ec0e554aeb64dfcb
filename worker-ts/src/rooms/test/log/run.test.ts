// Runs of the log, which are what a replay reads: whatever bytes the frames have, they come back as they were stored.
import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { dice } from "../../../../../tests/worker/support/random";
import { freshRoom } from "../../../../../tests/worker/support/room-client";
import { Log } from "../../log/log";
import type { Run } from "../../log/reader";
import { openTables } from "../../log/tables";

/** A room of `sizes.length` entries with random bytes, and its log read in runs of at most `entries` and `bytes`. */
async function runsOf(sizes: readonly number[], entries: number, bytes: number, seed: number) {
  return runInDurableObject(freshRoom("run"), (_room, { storage }) => {
    const roll = dice(seed);
    const meta = openTables(storage, () => new Uint8Array(8));
    const log = new Log(storage, meta, () => undefined);
    const frames = sizes.map((size) => Uint8Array.from({ length: size }, () => roll(256)));
    for (const [at, frame] of frames.entries())
      log.add({ seq: at + 1, ts: at, kind: 4, ref: at % 3, id: Uint8Array.of(at >> 8, at), sum: 0, frame });
    const runs: Run[] = [];
    for (let seq = 0; ; seq = runs.at(-1)!.upTo) {
      const run = log.run(seq, entries, bytes);
      if (run === undefined) return { frames, runs };
      runs.push(run);
    }
  });
}

it("R09 a run is byte for byte what was stored, in its order: zeros, what is no UTF-8, one frame and many", async () => {
  for (const [seed, count] of [1, 2, 40, 300].entries()) {
    const roll = dice(seed);
    const sizes = Array.from({ length: count }, () => (roll(20) === 0 ? 5_000 + roll(3_000) : 1 + roll(200)));
    const { frames, runs } = await runsOf(sizes, 64, 8_192, seed);
    expect(
      runs.flatMap((run) => run.frames.map((frame) => Array.from(frame))),
      `seed ${seed}`,
    ).toEqual(frames.map((frame) => Array.from(frame)));
    for (const { frames: part } of runs) {
      expect(part.length).toBeLessThanOrEqual(64);
      expect(part.length === 1 || part.reduce((sum, frame) => sum + frame.length, 0) <= 8_192, "bounded").toBe(true);
    }
  }
});

it("R09 a run names each sender once, and a frame above all bounds is a run of its own", async () => {
  const { runs } = await runsOf([10, 10, 10, 10, 9_000, 10], 4, 1_000, 7);
  expect(runs.map(({ upTo, frames }) => [upTo, frames.length])).toEqual([
    [4, 4],
    [5, 1],
    [6, 1],
  ]);
  expect(runs.map(({ refs }) => [...refs].sort())).toEqual([[0, 1, 2], [1], [2]]);
});
