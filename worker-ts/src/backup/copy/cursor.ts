// Where a reader of a store is: which table, and behind which key of it. Opaque text to whoever carries it.
import { fromBase64url, parseJson, toBase64url } from "../../platform";
import { fromJson, type JsonValue, type SqlValue, toJson } from "./values";

/** The place of a table in the store's list, and the key of the last row that was read of it; null: none was. */
export interface Place {
  readonly table: number;
  readonly key: readonly SqlValue[] | null;
}

/** A place as text. */
export function toCursor({ table, key }: Place): string {
  const values: JsonValue[] | null = key === null ? null : key.map(toJson);
  return toBase64url(new TextEncoder().encode(JSON.stringify([table, values])));
}

/** The place again; null for what is no cursor. */
export function fromCursor(text: string): Place | null {
  const bytes = fromBase64url(text);
  if (bytes === null) return null;
  const value = parseJson(new TextDecoder().decode(bytes));
  if (!Array.isArray(value) || value.length !== 2 || !Number.isSafeInteger(value[0]) || value[0] < 0) return null;
  if (value[1] === null) return { table: value[0], key: null };
  if (!Array.isArray(value[1])) return null;
  const key = value[1].map(fromJson);
  return key.every((part) => part !== undefined) ? { table: value[0], key } : null;
}
