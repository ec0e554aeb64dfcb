// Values of rows as JSON tells them, there and back: text, numbers and null as they are, bytes as `{"b": base64}`. Pure.
import { Buffer } from "node:buffer";

/** A value as SQLite gives it. */
export type SqlValue = string | number | null | ArrayBuffer;

/** A value as JSON. */
export type JsonValue = string | number | null | { readonly b: string };

/** Of D1 bytes come as arrays of numbers, of a Durable Object as an ArrayBuffer. */
export function toJson(value: unknown): JsonValue {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof ArrayBuffer) return { b: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return { b: Buffer.from(value as number[]).toString("base64") };
  throw new TypeError(`a row holds a ${typeof value}`);
}

/** What a JSON value is in SQLite; undefined for anything that `toJson` does not make. */
export function fromJson(value: unknown): SqlValue | undefined {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object" || Array.isArray(value)) return undefined;
  const { b, ...more } = value as Record<string, unknown>;
  if (typeof b !== "string" || Object.keys(more).length > 0) return undefined;
  const bytes = Buffer.from(b, "base64");
  return bytes.toString("base64") === b ? new Uint8Array(bytes).buffer : undefined;
}

/** Why a database does not take a row; throws what is no fault of the row. */
export function flawOf(thrown: unknown, table: string): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (!/constraint|datatype|cannot store|too big/i.test(text)) throw thrown;
  return `a row of ${table} is not taken`;
}

/** About how many bytes a row takes as JSON. */
export function sizeOf(row: readonly unknown[]): number {
  let bytes = 0;
  for (const value of row) {
    if (typeof value === "string") bytes += Buffer.byteLength(value);
    else if (value instanceof ArrayBuffer) bytes += value.byteLength * 1.4;
    else if (Array.isArray(value)) bytes += value.length * 1.4;
    bytes += 8;
  }
  return bytes;
}
