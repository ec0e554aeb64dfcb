// The law of the views: whatever breaks, every client's RoomView, the room's log and the archive say the same at the end. Real clients,
// the real room in workerd behind the Worker's door, the real consumer and D1. Seeded; a failing seed names itself, and
// FERRULE_LAW_SEEDS says how many more are tried.
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Figures, type Size, talk } from "./law/talk";
import { HeldQueue } from "./support/archive";

const MORE = Number((env as { FERRULE_LAW_SEEDS?: string }).FERRULE_LAW_SEEDS ?? 0);
/** Talks at once: they wait for each other's timers more than for the machine. */
const AT_ONCE = 5;

let queue: HeldQueue;
beforeAll(() => {
  queue = new HeldQueue();
  // the archive fails on purpose, and says so
  vi.spyOn(console, "error").mockImplementation(() => {});
  // a line for each of thousands of requests
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterAll(() => {
  queue.release();
  vi.restoreAllMocks();
});

/** Talks of these seeds, a few at once; the sum of what went on. */
async function talks(seeds: readonly number[], sizeOf: (seed: number) => Size): Promise<Figures> {
  const all: PromiseSettledResult<Figures>[] = [];
  for (let at = 0; at < seeds.length; at += AT_ONCE) {
    const some = seeds.slice(at, at + AT_ONCE);
    // one that fails does not take the others' world away under them
    all.push(...(await Promise.allSettled(some.map((seed) => talk(seed, sizeOf(seed), queue)))));
  }
  const failed = all.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  const [first, ...others] = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const sum = { ...first! };
  for (const other of others) for (const name of Object.keys(sum) as (keyof Figures)[]) sum[name] += other[name];
  console.info(JSON.stringify(sum));
  return sum;
}

test("R31 R33 R47 R48 R50 R64 200 clients with cuts, evictions and doubled deliveries: every view is the log is the archive", {
  timeout: 300_000,
}, async () => {
  const seeds = Array.from({ length: 10 + MORE }, (_, n) => 6_000 + n);
  const sum = await talks(seeds, (seed) => ({ tabs: 20, steps: 200, keep: seed % 2 === 0 ? 0 : 20 }));
  // worth its name: everything that may happen did
  for (const name of ["edits", "deletes", "reactions", "refused"] as const) expect(sum[name], name).toBeGreaterThan(50);
  for (const name of ["kills", "evictions", "failures"] as const) expect(sum[name], name).toBeGreaterThan(10);
  for (const name of ["pins", "files", "resets"] as const) expect(sum[name], name).toBeGreaterThan(0);
  expect(sum.deliveries, "deliveries").toBeGreaterThan(sum.failures);
});

test.runIf(MORE > 0)(
  "R64 200 clients of one room at once: every view is the log is the archive",
  {
    timeout: 600_000,
  },
  async () => {
    await talks([7_000], () => ({ tabs: 200, steps: 600, keep: 0 }));
  },
);
