// A short soak, kills and all, without its judgement of memory: that the long one (`npm run soak`) works, and what it compares holds.
import { expect, test } from "vitest";
import { soak } from "./soak.ts";

test("a short soak: after cuts, evictions and a kill, views, logs, pages and the archive are the same", {
  timeout: 480_000,
}, async () => {
  const lines: string[] = [];
  const options = { minutes: 1, sockets: 40, rooms: 5, kills: 1, restMs: 1_000, judgesMemory: false, seed: 9 };
  const result = await soak(options, (text) => void lines.push(text));
  expect(result.failures, lines.join("\n")).toEqual([]);
  const { written, changed, cuts, evictions, kills, delivered } = result;
  const enough = [written > 300, changed > 100, cuts > 5, evictions > 3, kills === 1, delivered.again > 0];
  expect(enough, JSON.stringify(result)).toEqual(enough.map(() => true));
});
