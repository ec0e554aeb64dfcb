// JSON that comes from outside, as text and as values, measured before anything walks it. Decides nothing.
import { DEPTH_MAX, REQUEST_BYTES_MAX } from "./limits";

/** An object of JSON: neither null nor an array nor anything with a class of its own. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a text of JSON nests no deeper than DEPTH_MAX. Of a text that is no JSON it says something, too. */
export function isShallow(text: string): boolean {
  let depth = 0;
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (mark === "[" || mark === "{") depth++;
    else if (mark === "]" || mark === "}") depth--;
    if (depth > DEPTH_MAX) return false;
  }
  return true;
}

/** Why a value is no JSON that may come in; undefined when it is. */
export type Unfit = "is no JSON" | "nests too deep" | "is too large";

/**
 * Looks at a value that came as a value, over a port: structured clones may be circular, may name one object a thousand times, and may
 * hold what JSON cannot. No part of it is visited twice without being counted twice, so the walk ends when its text would be too long.
 */
export function unfit(whole: unknown): Unfit | undefined {
  let left = REQUEST_BYTES_MAX;
  const open: [value: unknown, depth: number][] = [[whole, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    left -= typeof value === "string" ? value.length + 1 : 1;
    if (left < 0) return "is too large";
    if (value === null || typeof value === "boolean" || typeof value === "string") continue;
    if (typeof value === "number") {
      if (!Number.isFinite(value)) return "is no JSON";
      continue;
    }
    if (depth >= DEPTH_MAX) return typeof value === "object" ? "nests too deep" : "is no JSON";
    if (Array.isArray(value)) {
      if (value.length > left) return "is too large";
      for (let i = 0; i < value.length; i++) open.push([value[i], depth + 1]);
    } else if (isRecord(value)) {
      const names = Object.keys(value);
      for (const name of names) {
        left -= name.length + 1;
        open.push([value[name], depth + 1]);
      }
    } else return "is no JSON";
  }
  return undefined;
}
