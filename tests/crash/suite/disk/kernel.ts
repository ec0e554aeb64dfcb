// A kernel that counts, as it lies on the disk of a server that is down. A batch is there wholly or not at all, so at every moment the
// machine takes the rows, and what one crank has written in several places agrees: the count of the vat, and what each key was told.
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { KernelLoader } from "@ferrule/core/kernel";
import { filesWith, rowsOf } from "../../../harness/archive.ts";
import type { Wrong } from "../findings.ts";

/** Keys whose answers a kernel keeps (KEYS_MAX in rust/kernel/src/limit.rs), and how many of them may be out of their order. */
const KEYS_MAX = 10_000;
const OUT_OF_ORDER = 100;
/** What the machine keeps in RAM (rust/kernel/KERNEL.md, section 3). */
const IN_MACHINE = /^(?:k$|[opcqwvfgauex]\/)/;

/** What is kept of a kernel. */
export interface KernelRows {
  readonly rows: ReadonlyMap<string, string>;
  /** What its counter holds; 0 before it has begun. */
  readonly count: number;
  /** By the SHA-256 of a key, what it was told. */
  readonly kept: ReadonlyMap<string, number>;
}

/** The databases in which a kernel of this name has rows: one in D1 or one of an object; none before it has begun. */
export function kernelFiles(state: string, kernel: string): string[] {
  const objects = readdirSync(join(state, "v3/do")).filter((name) => name.endsWith("KernelObject"));
  const folders = ["v3/d1", ...objects.map((name) => join("v3/do", name))];
  return folders
    .flatMap((folder) => filesWith(join(state, folder), "kernel_row"))
    .filter((file) => rowsOf(file, "SELECT 1 FROM kernel_row WHERE kernel = ? LIMIT 1", kernel).length > 0);
}

/** Reads a kernel past its server. */
export function readKernel(file: string, kernel: string): KernelRows {
  const all = rowsOf<{ k: string; v: string }>(file, "SELECT k, v FROM kernel_row WHERE kernel = ? ORDER BY k", kernel);
  const rows = new Map(all.map(({ k, v }) => [k, v]));
  const found = [...rows].find(([key]) => /^s\/\d+\/b\.count$/.test(key));
  const kept = new Map<string, number>();
  for (const [key, value] of rows) {
    const told = key.startsWith("x/") ? toldBy(value) : undefined;
    if (told !== undefined) kept.set(key.slice("x/".length), told);
  }
  return { rows, count: found === undefined ? 0 : numberOf(JSON.parse(found[1])), kept };
}

const numberOf = ({ body }: { readonly body: string }): number => Number(body.replace("#", ""));

/** What the row of a key says that it was told; undefined where nobody has counted for it. */
function toldBy(row: string): number | undefined {
  const [, , text] = JSON.parse(row) as [number, string, string | null];
  if (text === null) return undefined;
  const { type, value } = JSON.parse(text) as { readonly type: string; readonly value: { readonly body: string } };
  return type === "value" ? numberOf(value) : undefined;
}

/** The least number that no key may lack: what older ones were told has made room. */
const firstKept = (count: number): number => count - KEYS_MAX + OUT_OF_ORDER;

/** What in the rows contradicts itself: half of a batch, or a key that was applied twice or not at all. */
export function wrongRows(found: KernelRows): Wrong[] {
  const { rows, count, kept } = found;
  const wrong: Wrong[] = refusals(rows).map((what) => ({ kind: "torn", what }));
  const last = Math.max(0, ...kept.values());
  if (last !== count)
    wrong.push({ kind: "torn", what: `it has counted to ${count}, and the last key was told ${last}` });
  const numbers = [...kept.values()].filter((number) => number > firstKept(count)).sort((a, b) => a - b);
  for (const [at, number] of numbers.entries()) {
    const before = numbers[at - 1] ?? number - 1;
    if (before === number) wrong.push({ kind: "lost", what: `two keys were told ${number}` });
    if (before < number - 1) wrong.push({ kind: "doubled", what: `no key was told ${before + 1}` });
  }
  return wrong;
}

/** What the machine has against the rows: it refuses those that contradict each other, as it would when a server starts. */
function refusals(rows: ReadonlyMap<string, string>): string[] {
  const loader = new KernelLoader();
  try {
    loader.add(JSON.stringify([...rows].filter(([key]) => IN_MACHINE.test(key))));
    const machine = loader.finish([]);
    const found = [...machine.audit()];
    machine[Symbol.dispose]();
    return found;
  } catch (error) {
    return [`the machine refuses the rows: ${error}`];
  } finally {
    loader[Symbol.dispose]();
  }
}

/** What is wrong with the keys that were answered: each is there with the answer that it was told, but those that had to make room. */
export function lostKeys({ count, kept }: KernelRows, told: ReadonlyMap<string, number>): string[] {
  const wrong: string[] = [];
  for (const [key, number] of told) {
    const found = kept.get(hashOf(key));
    if (found !== number && !(found === undefined && number <= firstKept(count)))
      wrong.push(`${key} was told ${number}, and the row of its key says ${found}`);
  }
  return wrong;
}

/** How many of these keys have a row. */
export const countKept = ({ kept }: KernelRows, told: ReadonlyMap<string, number>): number =>
  [...told.keys()].filter((key) => kept.has(hashOf(key))).length;

/** By what a kernel knows a key. */
export const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");
