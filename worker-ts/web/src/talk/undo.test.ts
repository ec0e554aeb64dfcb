// A deletion waits, can be taken back, and is never lost when the page goes.
import { beforeEach, expect, it } from "vitest";
import { UNDO_MS, Undo } from "./undo";

let timers: { ms: number; run: () => void }[];
let sent: number[];
let undo: Undo;
beforeEach(() => {
  timers = [];
  sent = [];
  undo = new Undo({
    after(ms, run) {
      const timer = { ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    send: (seq) => sent.push(seq),
    changed: () => {},
  });
});

it("sends after five seconds, once, whatever number of times it was asked", () => {
  undo.begin(7);
  undo.begin(7);
  expect(timers.map(({ ms }) => ms)).toEqual([UNDO_MS]);
  expect([...undo.seqs]).toEqual([7]);
  expect(sent).toEqual([]);
  timers[0]!.run();
  expect(sent).toEqual([7]);
  expect(undo.seqs.size).toBe(0);
});

it("sends nothing that was taken back, and takes it up again when asked again", () => {
  undo.begin(7);
  undo.begin(8);
  undo.cancel(7);
  undo.cancel(9);
  expect([...undo.seqs]).toEqual([8]);
  expect(timers).toHaveLength(1);
  undo.begin(7);
  for (const timer of [...timers]) timer.run();
  expect(sent.sort()).toEqual([7, 8]);
});

it("sends all at once when the page goes, and nothing of a log that is gone", () => {
  undo.begin(7);
  undo.begin(8);
  undo.flush();
  expect(sent).toEqual([7, 8]);
  expect(timers).toEqual([]);
  undo.begin(9);
  undo.drop();
  expect([timers, sent, undo.seqs.size]).toEqual([[], [7, 8], 0]);
});
