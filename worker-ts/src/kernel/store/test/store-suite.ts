// The contract of a kernel's store as one suite, which every driver runs: in memory, on D1, on a Durable Object.
import { describe, expect, test } from "vitest";
import type { KernelErrorCode } from "../../kernel-error";
import { LOAD_ROWS_MAX, VALUE_BYTES_MAX } from "../../limits";
import type { KernelStore, Row, StoreBatch } from "../store";

/** A driver under test, with one fresh disk behind it. */
export interface Bench {
  /** One more owner of the same disk, not open yet. */
  store(): KernelStore;
  /** Removes the fence behind the driver's back, where there is one that can be missing. */
  readonly dropFence?: (() => Promise<void>) | undefined;
  /**
   * One more owner, whose way to the disk is bad: of its writes the first `writes` fall on the floor or land without an answer, and its
   * next `readings` of the fence fail. Only where a write can be of unknown outcome.
   */
  readonly unsure?: ((lost: "request" | "answer", writes: number, readings: number) => KernelStore) | undefined;
}

interface Change {
  readonly sets?: readonly (readonly [string, unknown])[];
  readonly deletes?: readonly string[];
  readonly wipes?: readonly string[];
  readonly nonce?: string;
}

/** A batch; every one has a nonce of its own unless it is given one. */
let nonces = 0;
export function batch(seq: number, { sets = [], deletes = [], wipes = [], nonce }: Change): StoreBatch {
  nonces += 1;
  return {
    seq,
    nonce: nonce ?? `nonce-${nonces}`,
    sets: JSON.stringify(sets),
    deletes: JSON.stringify(deletes),
    wipes: JSON.stringify(wipes),
  };
}

const all = (store: KernelStore): Promise<readonly Row[]> => store.load("", "", LOAD_ROWS_MAX);

/** That a call is refused with a code, thrown at once or later. */
export async function refused(code: KernelErrorCode, run: () => unknown): Promise<void> {
  await expect((async () => run())()).rejects.toMatchObject({ name: "KernelError", code });
}

/** `run` gives each test a fresh disk. */
export function testStore(name: string, run: (test: (bench: Bench) => Promise<void>) => Promise<void>): void {
  const law = (title: string, body: (bench: Bench) => Promise<void>) => test(title, () => run(body));

  describe(`KT store on ${name}`, () => {
    law("KT-S1 a batch wipes, then deletes, then sets", async (bench) => {
      const store = bench.store();
      expect(await store.open()).toEqual({ epoch: 1, seq: 0 });
      const first = [
        ["a/1", "1"],
        ["a/2", "2"],
        ["a0", "3"],
        ["b/1", "4"],
        ["b/2", "5"],
        ["c", "6"],
      ] as const;
      expect(await store.commit(batch(0, { sets: first }))).toBe("committed");
      const second = {
        wipes: ["a/", "zz"],
        deletes: ["b/1", "b/2", "none"],
        sets: [
          ["a/2", "7"],
          ["b/2", "8"],
        ],
      } as const;
      expect(await store.commit(batch(1, second))).toBe("committed");
      expect(await all(store)).toEqual([
        ["a/2", "7"],
        ["a0", "3"],
        ["b/2", "8"],
        ["c", "6"],
      ]);
    });

    law("KT-S2 two sets of one key: the later stands; an empty batch counts", async (bench) => {
      const store = bench.store();
      await store.open();
      expect(
        await store.commit(
          batch(0, {
            sets: [
              ["k", "1"],
              ["k", "2"],
            ],
          }),
        ),
      ).toBe("committed");
      expect(await store.commit(batch(1, {}))).toBe("committed");
      expect(await all(store)).toEqual([["k", "2"]]);
      expect(await bench.store().open()).toEqual({ epoch: 2, seq: 2 });
    });

    law("KT-S3 one row of three is no row: none is written, and the store goes on", async (bench) => {
      const store = bench.store();
      await store.open();
      await refused("STORE_FAILED", () =>
        store.commit(
          batch(0, {
            sets: [
              ["a", "1"],
              ["b", null],
              ["c", "3"],
            ],
          }),
        ),
      );
      expect(await all(store)).toEqual([]);
      expect(await store.commit(batch(0, { sets: [["a", "1"]] }))).toBe("committed");
    });

    law(
      "KT-S4 who took over last writes; the older owner's batch leaves nothing and its reads are refused",
      async (bench) => {
        const [old, young] = [bench.store(), bench.store()];
        await old.open();
        expect(await old.commit(batch(0, { sets: [["a", "old"]] }))).toBe("committed");
        expect(await young.open()).toEqual({ epoch: 2, seq: 1 });
        const late = {
          wipes: ["a"],
          deletes: ["a"],
          sets: [
            ["a", "late"],
            ["b", "late"],
          ],
        } as const;
        expect(await old.commit(batch(1, late))).toBe("fenced");
        await refused("FENCED", () => all(old));
        expect(await all(young)).toEqual([["a", "old"]]);
        expect(await young.commit(batch(1, { sets: [["a", "young"]] }))).toBe("committed");
        expect(await old.commit(batch(2, late))).toBe("fenced");
        expect(await all(young)).toEqual([["a", "young"]]);
      },
    );

    law("KT-S5 a batch of another number is fenced: too early, too late", async (bench) => {
      const store = bench.store();
      await store.open();
      await store.commit(batch(0, { sets: [["a", "1"]] }));
      expect(await store.commit(batch(0, { sets: [["a", "torn"]] }))).toBe("fenced");
      expect(await store.commit(batch(2, { sets: [["a", "torn"]] }))).toBe("fenced");
      expect(await all(store)).toEqual([["a", "1"]]);
    });

    law("KT-S6 a batch sent twice is written once, known by its nonce", async (bench) => {
      const store = bench.store();
      await store.open();
      const twice = batch(0, { sets: [["a", "1"]], nonce: "the same" });
      expect(await store.commit(twice)).toBe("committed");
      expect(await store.commit(twice)).toBe("committed");
      expect(await bench.store().open()).toEqual({ epoch: 2, seq: 1 });
    });

    law("KT-S7 pages come in the order of keys as bytes, each row once", async (bench) => {
      const store = bench.store();
      await store.open();
      // U+FFFD is above every surrogate in a string and below every character that needs two in UTF-8
      const keys = ["p/", "p/\u{1f600}", "p/\ufffd", "p/a", "p/a/b", "p/é", "p0", "o/z", "p", "p/\u0000"];
      await store.commit(batch(0, { sets: keys.map((key) => [key, key]) }));
      const found: Row[] = [];
      for (let after = ""; ; ) {
        const page = await store.load("p/", after, 2);
        if (page.length === 0) break;
        expect(page.length).toBeLessThanOrEqual(2);
        found.push(...page);
        after = page.at(-1)![0];
      }
      const expected = ["p/", "p/\u0000", "p/a", "p/a/b", "p/é", "p/\ufffd", "p/\u{1f600}"];
      expect(found).toEqual(expected.map((key) => [key, key]));
      expect(await store.load("p/a", "a", 9)).toEqual([
        ["p/a", "p/a"],
        ["p/a/b", "p/a/b"],
      ]);
      expect(await store.load("p/", "p0", 9)).toEqual([]);
    });

    law(
      "KT-S8 text comes back as it was: NUL, quotes, 1 MiB, the longest JSON; half a character is refused",
      async (bench) => {
        const store = bench.store();
        await store.open();
        const values = [
          "",
          "\u0000",
          "a\u0000b",
          '"\\',
          "\u{1f600}",
          "1",
          "null",
          "1e400",
          "\u0001".repeat(VALUE_BYTES_MAX),
        ];
        const large = Array.from({ length: 5 }, (_, at): [string, string] => [
          `l/${at}`,
          `${at}`.repeat(VALUE_BYTES_MAX),
        ]);
        const sets = [...values.map((value, at): [string, string] => [`k/${at}\u0000`, value]), ...large];
        expect(await store.commit(batch(0, { sets }))).toBe("committed");
        for (const row of sets) expect((await store.load(row[0], "", 1))[0]).toEqual(row);
        for (const half of ["\ud800", "a\udc00b", "\\\ud83d"]) {
          await refused("BAD_ROW", () => store.commit(batch(1, { sets: [["a", half]] })));
          await refused("BAD_ROW", () => store.commit(batch(1, { sets: [[half, "a"]] })));
          await refused("BAD_ROW", () => store.commit({ ...batch(1, {}), sets: `[["a","${half}"]]` }));
          await refused("BAD_ROW", () => store.commit(batch(1, { deletes: [half] })));
        }
        // an escape inside JSON inside JSON is text like any other
        expect(await store.commit(batch(1, { sets: [["in", JSON.stringify("\ud800")]] }))).toBe("committed");
        expect(await store.load("in", "", 1)).toEqual([["in", '"\\ud800"']]);
      },
    );

    law("KT-S9 a wipe of everything is refused", async (bench) => {
      const store = bench.store();
      await store.open();
      await refused("BAD_ROW", () => store.commit(batch(0, { wipes: [""] })));
      await refused("BAD_ROW", () => store.commit({ ...batch(0, {}), wipes: "[1]" }));
      await refused("BAD_ROW", () => store.commit({ ...batch(0, {}), wipes: "{}" }));
    });

    law("KT-S10 a store that is not open, or closed, refuses", async (bench) => {
      const store = bench.store();
      await refused("CLOSED", () => store.commit(batch(0, {})));
      await refused("CLOSED", () => all(store));
      await store.open();
      store.close();
      await refused("CLOSED", () => store.commit(batch(0, {})));
      await refused("CLOSED", () => store.open());
    });

    law("KT-S11 without the fence's row nothing is written", async (bench) => {
      if (bench.dropFence === undefined) return;
      const store = bench.store();
      await store.open();
      await store.commit(batch(0, { sets: [["a", "1"]] }));
      await bench.dropFence();
      expect(await store.commit(batch(1, { deletes: ["a"], sets: [["b", "2"]] }))).toBe("fenced");
      const after = bench.store();
      await after.open();
      expect(await all(after)).toEqual([["a", "1"]]);
    });

    law(
      "KT-S12 a lost answer is known to have landed; a lost request is sent again; at the third it is given up",
      async (bench) => {
        if (bench.unsure === undefined) return;
        const store = bench.unsure("answer", 1, 2);
        await store.open();
        expect(await store.commit(batch(0, { sets: [["a", "1"]] }))).toBe("committed");
        const again = bench.unsure("request", 2, 0);
        await again.open();
        expect(await again.commit(batch(1, { sets: [["a", "2"]] }))).toBe("committed");
        const never = bench.unsure("request", 3, 0);
        expect(await never.open()).toMatchObject({ seq: 2 });
        await refused("STORE_FAILED", () => never.commit(batch(2, { sets: [["a", "3"]] })));
        expect(await all(never)).toEqual([["a", "2"]]);
      },
    );

    law("KT-S13 after three readings that fail the outcome is unknown, landed or not", async (bench) => {
      if (bench.unsure === undefined) return;
      for (const lost of ["answer", "request"] as const) {
        const store = bench.unsure(lost, 1, 3);
        const { seq } = await store.open();
        await refused("OUTCOME_UNKNOWN", () => store.commit(batch(seq, { sets: [["a", lost]] })));
      }
      const next = bench.store();
      expect(await next.open()).toMatchObject({ seq: 1 });
      expect(await all(next)).toEqual([["a", "answer"]]);
    });

    law("KT-S14 an error while somebody else takes over: fenced", async (bench) => {
      if (bench.unsure === undefined) return;
      const store = bench.unsure("request", 1, 0);
      await store.open();
      const other = bench.store();
      await other.open();
      expect(await store.commit(batch(0, { sets: [["a", "1"]] }))).toBe("fenced");
      expect(await all(other)).toEqual([]);
    });
  });
}
