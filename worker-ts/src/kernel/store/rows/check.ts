// What a store takes at all: text that SQLite gives back as it was, and prefixes that are ranges. No store in here.
import { isWellFormed, parseJson } from "../../../platform/text";
import { KernelError } from "../../kernel-error";
import type { StoreBatch } from "../store";
import { aboveAll } from "./key-order";

/** An escape of half a surrogate pair that is not itself escaped. */
const HALF = /(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]/;

/**
 * Refuses with `BAD_ROW` what SQLite would keep as something else without an error, which a lone surrogate is, and answers the ranges of
 * keys `[first, above]` that the batch wipes.
 */
export function checkBatch(batch: StoreBatch): readonly (readonly [string, string])[] {
  for (const text of [batch.sets, batch.deletes, batch.wipes]) {
    if (!isWellFormed(text) || (HALF.test(text) && !allWellFormed(parseJson(text))))
      throw new KernelError("BAD_ROW", "a key or a value is not well-formed Unicode");
  }
  if (batch.wipes === "[]") return [];
  const prefixes = parseJson(batch.wipes);
  if (!Array.isArray(prefixes)) throw new KernelError("BAD_ROW", "wipes is no list");
  return prefixes.map((prefix: unknown) => {
    const above = typeof prefix === "string" ? aboveAll(prefix) : null;
    if (typeof prefix !== "string" || above === null) throw new KernelError("BAD_ROW", "a wipe is no prefix");
    return [prefix, above];
  });
}

/** Whether all text in a value that was JSON survives UTF-8. */
function allWellFormed(value: unknown): boolean {
  if (typeof value === "string") return isWellFormed(value);
  return !Array.isArray(value) || value.every(allWellFormed);
}
