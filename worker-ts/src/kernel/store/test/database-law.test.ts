// The database by law: whatever is set, deleted, wiped, saved and rolled back in whatever order, with whatever batches landing in between,
// memory is what a naive model says, and the disk holds a state that was sealed, in the end the last one.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type KernelDatabase, makeKernelDatabase } from "../database";
import { makeMemoryDisk, makeMemoryKernelStore } from "../memory";

type Step =
  | readonly ["set" | "vat", key: string, value: string]
  | readonly ["delete" | "unvat", key: string]
  | readonly ["save" | "roll" | "release", name: string]
  | readonly ["clear" | "wipe" | "wait" | "flush"];

const key = fc.constantFrom("a", "b/c", "\u{1f600}", "\ufffd");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom("set", "vat"), key, fc.constantFrom("1", "2")) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("delete", "unvat"), key) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom("save", "save", "roll", "release"), fc.constantFrom("t", "u")) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("clear", "wipe", "wait", "wait", "flush")) },
);

/** All rows, copied whole at every savepoint. */
class Model {
  rows = new Map<string, string>();
  /** Every state that was sealed, as text. */
  readonly sealed = new Set<string>(["{}"]);
  #saved: { readonly name: string; readonly rows: Map<string, string> }[] = [];

  do([what, key = "", value = ""]: Step): boolean {
    const wipe = (prefix: string) => {
      for (const held of [...this.rows.keys()]) if (held.startsWith(prefix)) this.rows.delete(held);
    };
    if (what === "set") this.rows.set(`h/kv/${key}`, value);
    if (what === "vat") this.rows.set(`h/vs/v1/${key}`, value);
    if (what === "delete") this.rows.delete(`h/kv/${key}`);
    if (what === "unvat") this.rows.delete(`h/vs/v1/${key}`);
    if (what === "wipe") wipe("h/vs/v1/");
    if (what === "clear") wipe("");
    if (what === "save") this.#saved.push({ name: key, rows: new Map(this.rows) });
    if (what === "roll" || what === "release") {
      const at = this.#saved.findLastIndex(({ name }) => name === key);
      if (at < 0) return false;
      const [before] = this.#saved.splice(at);
      if (what === "roll") this.rows = before!.rows;
    }
    if (this.#saved.length === 0) this.sealed.add(textOf(this.rows));
    return true;
  }

  /** What a flush of now makes durable. */
  get durable(): string {
    return textOf(this.#saved[0]?.rows ?? this.rows);
  }
}

const textOf = (rows: Iterable<readonly [string, string]>): string =>
  JSON.stringify(Object.fromEntries([...rows].sort(([a], [b]) => (a < b ? -1 : 1))));

function apply(database: KernelDatabase, [what, key = "", value = ""]: Step): void {
  const { kernelKVStore: kv } = database;
  const vat = database.makeVatStore("v1");
  if (what === "set") kv.set(key, value);
  if (what === "vat") vat.updateKVData([[key, value]], []);
  if (what === "delete") kv.delete(key);
  if (what === "unvat") vat.updateKVData([], [key]);
  if (what === "wipe") database.deleteVatStore("v1");
  if (what === "clear") database.clear();
  if (what === "save") database.createSavepoint(key);
  if (what === "roll") database.rollbackSavepoint(key);
  if (what === "release") database.releaseSavepoint(key);
}

function memoryOf(database: KernelDatabase): string {
  const { kernelKVStore: kv } = database;
  const rows: [string, string][] = database
    .makeVatStore("v1")
    .getKVData()
    .map(([key, value]) => [`h/vs/v1/${key}`, value]);
  for (let key = kv.getNextKey(""); key !== undefined; key = kv.getNextKey(key))
    rows.push([`h/kv/${key}`, kv.getRequired(key)]);
  return textOf(rows);
}

test("KT1 KT2 by law: memory is the model, the disk is always a sealed state, and a flush makes it the last", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const disk = makeMemoryDisk();
      const database = await makeKernelDatabase(makeMemoryKernelStore({ disk }));
      const model = new Model();
      for (const one of steps) {
        if (one[0] === "wait") await null;
        else if (one[0] === "flush") {
          await database.flush();
          expect(textOf(disk.rows())).toBe(model.durable);
        } else if (model.do(one)) apply(database, one);
        expect(memoryOf(database)).toBe(textOf(model.rows));
        expect(model.sealed).toContain(textOf(disk.rows()));
      }
      await database.flush();
      expect(textOf(disk.rows())).toBe(model.durable);
    }),
    { numRuns: 500 },
  );
});
