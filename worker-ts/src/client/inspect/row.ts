// What an explanation is made of: shapes only.
import type { ErrorName, KindName, ReasonName, Side } from "@ferrule/core";

/** One field of a frame, where it stands. The rows of a frame cover all of its bytes, each once, in order. */
export interface Row {
  /** Place of its first byte, in the frame; in the decompressed body for rows of `inflated`. */
  readonly offset: number;
  /** Its bytes, as lower-case hex digits; empty for a field that is missing, which then is at fault. */
  readonly bytes: string;
  /** The field as PROTOCOL.md names it. A str stands in one row with its length. `rest` is what was not read. */
  readonly name: string;
  /** What it stands in, from outside to inside: `["body", "list[0] MSG", "body"]`. */
  readonly within: readonly string[];
  /** As a person would write it: a number, a text, an id; null for bytes without a meaning of their own. */
  readonly value: number | string | null;
  /** What the value means: a name, a date, a size; empty when the value says it all. */
  readonly note: string;
  /** What is wrong with this field, as far as this reader can tell. The verdict is the core's. */
  readonly fault?: ReasonName;
  /** The body that an LZ4 block holds, field by field, and its bytes. */
  readonly inflated?: { readonly bytes: Uint8Array; readonly rows: readonly Row[] };
}

/** Why a frame is refused, and where. */
export interface Refusal {
  readonly reason: ReasonName;
  /** Its number in the table of PROTOCOL.md section 4. */
  readonly number: number;
  /** The ERROR code that a server answers with, by name and number. */
  readonly code: ErrorName;
  readonly codeNumber: number;
  /** Whether the socket is closed after it. */
  readonly fatal: boolean;
  /** The field at fault, as well as can be told: with what it stands in, `body › list[0] MSG › text`. */
  readonly field: string;
  /** Where that field begins; undefined when no single row is to blame, or it stands in a decompressed body. */
  readonly offset: number | undefined;
}

/** A frame, field by field. */
export interface Explanation {
  readonly side: Side;
  /** Size of the whole frame in bytes. */
  readonly size: number;
  /** Name of its kind, or undefined when the byte is no kind of this version (or missing). */
  readonly kind: KindName | undefined;
  /** The core's answer: a frame of an unknown kind 64..127 is skipped. */
  readonly verdict: "accepted" | "skipped" | "refused";
  /** In one line: what it says, or why it is refused. */
  readonly summary: string;
  /** Checksum as it stands and as it should be; undefined for fewer than four bytes. */
  readonly crc: { readonly ok: boolean; readonly found: number; readonly computed: number } | undefined;
  /** The body's size on the wire and as it is read; `ratio` = wire / raw, 1 without LZ4. Undefined when it was not reached. */
  readonly body:
    | { readonly lz4: boolean; readonly wire: number; readonly raw: number; readonly ratio: number }
    | undefined;
  readonly rows: readonly Row[];
  readonly refusal: Refusal | undefined;
}

/** The rows of `rows` and, after each, those of the body it holds. */
export function allRows(rows: readonly Row[]): Row[] {
  return rows.flatMap((row) => [row, ...allRows(row.inflated?.rows ?? [])]);
}

/** A row's field with all that it stands in. */
export const pathOf = ({ within, name }: Row): string => [...within, name].join(" › ");
