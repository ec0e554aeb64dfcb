// Values of workflows as JSON. They may hold more than JSON can: what it has no word for is told in the nearest one, and nothing throws.
import { toBase64 } from "../base64";

/** How deep and how many; the rest is cut, and says so. */
const DEPTH_MAX = 32;
const ITEMS_MAX = 10_000;

/** A value as JSON: times as ISO text, bytes as base64, bigints as text, maps and sets as lists, errors by name and message. */
export function plain(value: unknown, depth = 0): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "symbol" || typeof value === "function") return null;
  if (typeof value !== "object") return value;
  if (depth >= DEPTH_MAX) return "…";
  return plainObject(value, depth + 1);
}

function plainObject(value: object, depth: number): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof URL || value instanceof RegExp) return String(value);
  if (value instanceof ArrayBuffer) return toBase64(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (value instanceof ReadableStream || value instanceof WritableStream) return null;
  if (Array.isArray(value) || value instanceof Set || value instanceof Map || value instanceof Headers) {
    const items: unknown[] = [];
    for (const item of value as Iterable<unknown>) {
      if (items.length === ITEMS_MAX) break;
      items.push(plain(item, depth));
    }
    return items;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && typeof item !== "function");
  return Object.fromEntries(entries.slice(0, ITEMS_MAX).map(([key, item]) => [key, plain(item, depth)]));
}
