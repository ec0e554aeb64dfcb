// The counters can go red: each way in which a message can be lost or doubled is shown to the book.
import { expect, test } from "vitest";
import { Ledger } from "./ledger";

/** A bench that wrote `count` messages, acknowledged with seqs from 1 on. */
function bench(count: number): Ledger {
  const ledger = new Ledger();
  for (let n = 1; n <= count; n += 1) {
    ledger.wrote(`id ${n}`, `message ${n}`);
    ledger.acknowledged(`id ${n}`, n);
  }
  return ledger;
}
const seen = (n: number, seq = n) => ({ id: `id ${n}`, seq, text: `message ${n}` });
const hearAll = (ledger: Ledger, ...numbers: number[]) => {
  for (const n of numbers) ledger.heard(seen(n));
};

test("what is heard once and stored once is neither lost nor doubled", () => {
  const ledger = bench(3);
  expect(ledger.open).toBe(3);
  hearAll(ledger, 1, 2, 3);
  ledger.logged(1, 3, [seen(1), seen(2), seen(3)]);
  expect(ledger.counts).toEqual({
    written: 3,
    acknowledged: 3,
    received: 3,
    lost: 0,
    doubled: 0,
    checked: 3,
    archived: 0,
  });
  expect(ledger.settled).toBe(true);
});

test("a message that the listener passes over is lost, at once", () => {
  const ledger = bench(3);
  hearAll(ledger, 1, 3);
  expect(ledger.counts).toMatchObject({ received: 2, lost: 1 });
  expect(ledger.settled).toBe(true);
});

test("it is lost, too, when it was acknowledged after it had been passed over", () => {
  const ledger = new Ledger();
  ledger.wrote("late", "late");
  ledger.heard({ id: "other", seq: 9, text: "other" });
  expect(ledger.counts.lost).toBe(0);
  ledger.acknowledged("late", 8);
  expect(ledger.counts.lost).toBe(1);
});

test("a message that was acknowledged and is not in the log is lost, whatever was heard", () => {
  const ledger = bench(2);
  hearAll(ledger, 1, 2);
  ledger.logged(1, 2, [seen(1)]);
  expect(ledger.counts).toMatchObject({ lost: 1, checked: 1 });
});

test("a message is lost when the log holds it under another seq than was acknowledged, or with other words", () => {
  const moved = bench(1);
  moved.logged(1, 2, [seen(1, 2)]);
  expect(moved.counts.lost).toBe(1);
  const changed = bench(1);
  changed.logged(1, 1, [{ ...seen(1), text: "something else" }]);
  expect(changed.counts.lost).toBe(1);
});

test("a message that is only on its way is not lost: it was not asked for in the part that was read", () => {
  const ledger = bench(2);
  hearAll(ledger, 1);
  ledger.logged(1, 1, [seen(1)]);
  expect(ledger.counts).toMatchObject({ lost: 0, checked: 1 });
  expect(ledger.open).toBe(1);
});

test("heard twice is doubled, stored twice is doubled, and each counts once", () => {
  const ledger = bench(2);
  hearAll(ledger, 1, 1, 2);
  ledger.logged(1, 3, [seen(1), seen(2), seen(2, 3)]);
  ledger.logged(1, 3, [seen(1), seen(2), seen(2, 3)]);
  expect(ledger.counts).toMatchObject({ received: 2, lost: 0, doubled: 2 });
});

test("what others write is nobody's loss", () => {
  const ledger = bench(1);
  ledger.heard({ id: "a stranger's", seq: 1, text: "hello" });
  ledger.logged(1, 1, [{ id: "a stranger's", seq: 1, text: "hello" }, seen(1)]);
  expect(ledger.counts).toMatchObject({ received: 0, lost: 0, doubled: 0 });
});

test("the archive may be behind, but what it holds must be right and there once", () => {
  const ledger = bench(3);
  ledger.archived([seen(1), seen(2)]);
  ledger.archived([seen(1), seen(2)]);
  expect(ledger.counts).toMatchObject({ archived: 2, lost: 0, doubled: 0 });
  ledger.archived([seen(2, 9)]);
  expect(ledger.counts).toMatchObject({ doubled: 1 });
  ledger.archived([{ ...seen(3), text: "" }]);
  expect(ledger.counts).toMatchObject({ archived: 2, lost: 1 });
});

test("what is acknowledged and not heard when time is up is lost; what was never acknowledged is not", () => {
  const ledger = bench(2);
  ledger.wrote("unsent", "unsent");
  hearAll(ledger, 1);
  ledger.giveUp();
  expect(ledger.counts).toMatchObject({ written: 3, lost: 1 });
  expect(ledger.open).toBe(1);
});
