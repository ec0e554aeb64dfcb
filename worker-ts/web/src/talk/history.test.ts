// Reading back: older pages, gaps, and the surroundings of a message far above, against a log of numbers.
import { expect, it } from "vitest";
import type { Gap, HistoryQuery, Page } from "../../../src/client";
import { History } from "./history";

/** A log of seqs 1 to `head`; `known` is what the view has got. */
class Log {
  readonly known = new Set<number>();
  readonly asked: HistoryQuery[] = [];
  down = false;
  readonly history: History;
  readonly #head: number;

  constructor(head: number) {
    this.#head = head;
    this.history = new History({
      read: async (query) => this.#read(query),
      take: ({ covers }) => {
        for (let seq = covers?.from ?? 1; seq <= (covers?.to ?? 0); seq += 1) this.known.add(seq);
      },
      changed: () => undefined,
    });
  }

  #read({ before, after, limit = 50 }: HistoryQuery): Page | undefined {
    this.asked.push({ ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) });
    if (this.down) return undefined;
    const to =
      after === undefined ? Math.min((before ?? this.#head + 1) - 1, this.#head) : Math.min(after + limit, this.#head);
    const from = after === undefined ? Math.max(1, to - limit + 1) : after + 1;
    const more = after === undefined ? from > 1 : to < this.#head;
    return { messages: [], system: [], covers: from <= to ? { from, to } : null, more, asOf: this.#head };
  }

  /** What is missing between the oldest known seq and the newest. */
  missing(): Gap[] {
    const gaps: Gap[] = [];
    for (let seq = Math.min(...this.known); seq <= this.#head; seq += 1) {
      if (this.known.has(seq)) continue;
      const last = gaps.at(-1);
      if (last?.to === seq - 1) gaps.splice(-1, 1, { from: last.from, to: seq });
      else gaps.push({ from: seq, to: seq });
    }
    return gaps;
  }
}

it("reads back to the beginning, page by page", async () => {
  const log = new Log(120);
  for (let pages = 0; pages < 5; pages += 1) await log.history.loadOlder();
  expect(log.asked).toEqual([{}, { before: 71 }, { before: 21 }]);
  expect(log.known.size).toBe(120);
  expect(log.history.more).toBe(false);
});

it("asks for one page at a time", async () => {
  const log = new Log(120);
  await Promise.all([log.history.loadOlder(), log.history.loadOlder()]);
  expect(log.asked).toEqual([{}]);
});

it("loads a message far above with its surroundings, and knows what it left open", async () => {
  const log = new Log(500);
  await log.history.loadOlder();
  expect(await log.history.loadAround(100)).toBe(true);
  expect(log.known.has(100) && log.known.has(76) && log.known.has(124)).toBe(true);
  expect(log.history.holes).toEqual(log.missing());

  // Another one inside of what is open, then one below everything.
  expect(await log.history.loadAround(300)).toBe(true);
  expect(log.history.holes).toEqual(log.missing());
  expect(await log.history.loadAround(3)).toBe(true);
  expect(log.history.holes).toEqual(log.missing());
  expect(log.history.more).toBe(false);
});

it("fills what is open from both ends until nothing is", async () => {
  const log = new Log(500);
  await log.history.loadOlder();
  await log.history.loadAround(100);
  for (let pages = 0; log.history.holes.length > 0 && pages < 20; pages += 1) {
    const [hole] = log.history.holes;
    await log.history.loadGap(hole!, pages % 2 === 0 ? "from" : "to");
    expect(log.history.holes).toEqual(log.missing());
  }
  expect(log.missing()).toEqual([]);
});

it("tells the first seq that a gap has brought", async () => {
  const log = new Log(500);
  await log.history.loadOlder();
  expect(await log.history.loadGap({ from: 400, to: 430 }, "to")).toBe(400);
  expect(await log.history.loadGap({ from: 100, to: 430 }, "to")).toBe(381);
});

it("says so when the line is down, and goes on when it is asked again", async () => {
  const log = new Log(120);
  await log.history.loadOlder();
  log.down = true;
  await log.history.loadOlder();
  expect(log.history.failed).toBe(true);
  expect(await log.history.loadAround(10)).toBe(false);
  log.down = false;
  expect(await log.history.loadAround(10)).toBe(true);
  expect(log.history.failed).toBe(false);
});

it("throws away a page that belongs to a log that is gone", async () => {
  const log = new Log(120);
  const page = log.history.loadOlder();
  log.history.drop();
  await page;
  expect(log.known.size).toBe(0);
  expect(log.history.loaded).toBe(false);
});
