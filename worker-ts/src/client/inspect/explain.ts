// A frame, field by field: where each stands and what it says, for people who look at the wire. The core decides whether the frame
// is good and why not; the walk here says where. No clock, no network.
import { decode, ERROR_CODE, type ErrorName, type Side, WireError } from "@ferrule/core";
import { checksum, walkFrame, withChecksum } from "./frame";
import { KINDS, kindName } from "./layout";
import { allRows, type Explanation, pathOf, type Refusal, type Row } from "./row";
import { Walk } from "./walk";

const SUMMARY_FIELDS_MAX = 3;
/** Letters of a summary. */
const SUMMARY_LETTERS_MAX = 80;
const errorName = new Map(Object.entries(ERROR_CODE).map(([name, code]) => [code as number, name as ErrorName]));

/** Explains a frame that travelled on `side`, good or bad; never throws for what stands in `bytes`. */
export function explainFrame(side: Side, bytes: Uint8Array): Explanation {
  const reason = refusalOf(side, bytes);
  const walk = new Walk(bytes, side === "up", "bad_id");
  const section = walkFrame(walk);
  const { rows } = walk;
  const crc = checksum(bytes);
  const kind = bytes.length > 2 ? kindName(bytes[2]!) : undefined;
  const refusal = reason instanceof WireError ? locate(reason, rows) : undefined;
  const verdict = refusal !== undefined ? "refused" : reason === "skip" ? "skipped" : "accepted";
  const about = { side, size: bytes.length, kind, verdict, crc, body: section, rows, refusal } as const;
  return { ...about, summary: summarise(about, bytes) };
}

/**
 * The way a frame probably travelled: the one on which it is accepted. When it is on neither: the only one on which its kind may
 * travel, else the one on which more of it was good, else "down".
 */
export function guessSide(bytes: Uint8Array): Side {
  const [up, down] = [refusalOf("up", bytes), refusalOf("down", bytes)];
  if (up === undefined) return "up";
  if (down === undefined || up === "skip" || down === "skip") return "down";
  if (up.code === "bad_crc") return guessSide(withChecksum(bytes));
  const facts = bytes.length > 2 ? KINDS[kindName(bytes[2]!) ?? "MSG"] : KINDS.MSG;
  if (facts.down === undefined) return "up";
  return facts.up !== undefined && up.reason > down.reason ? "up" : "down";
}

/** What the core has against it: nothing, that it is to be skipped, or a reason. */
function refusalOf(side: Side, bytes: Uint8Array): WireError | "skip" | undefined {
  try {
    return "skip" in decode(side, bytes) ? "skip" : undefined;
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

/** What an inner frame's fields stand within: its kind. */
const INNER = /^(?:[A-Z_]+|frame)$/;

/** The row to blame: the first that this reader, too, finds bad for that reason; for bad_inner the first bad one inside. */
function locate({ code, reason, answer, fatal }: WireError, rows: readonly Row[]): Refusal {
  const all = allRows(rows);
  const inner = ({ within }: Row) => within[0] === "body" && INNER.test(within[2] ?? "");
  const wanted = (row: Row) =>
    code === "bad_inner" ? row.fault !== undefined && inner(row) : row.fault === code && !inner(row);
  const blamed = all.find(wanted);
  const told = { reason: code, number: reason, code: errorName.get(answer)!, codeNumber: answer, fatal };
  if (blamed === undefined)
    return { ...told, field: code === "bad_inner" ? "body › list" : "frame", offset: undefined };
  return { ...told, field: pathOf(blamed), offset: rows.includes(blamed) ? blamed.offset : undefined };
}

/** The first fields of the body and of the first entry of its list, or what a list of frames holds. */
function summarise(about: Omit<Explanation, "summary">, bytes: Uint8Array): string {
  const { kind, side, verdict, refusal, rows } = about;
  if (refusal !== undefined) return `refused: ${refusal.reason} at ${refusal.field}`;
  if (verdict === "skipped") return `skipped: kind ${bytes[2]} is of a later version`;
  const all = allRows(rows);
  const inner = all.filter(({ name, within }) => name === "kind" && within.length > 0).map(({ note }) => note);
  const fields = all.filter(({ within: [outer, entry] }) => outer === "body" && (entry ?? "list[0]") === "list[0]");
  const words = inner.length > 0 ? [inner.join(" + ")] : fields.flatMap(wordsOf).slice(0, SUMMARY_FIELDS_MAX);
  return [`${kind} ${side}`, shorten(words.join(", "))].filter(Boolean).join(": ");
}

/** A field in words; nothing for one that says nothing. */
function wordsOf({ name, value, note }: Row): string[] {
  const isName = /^[A-Z_]+$/.test(note);
  if (value === null || name === "epoch" || (value === 0 && !isName && note !== "")) return [];
  return [`${name} ${typeof value === "string" ? JSON.stringify(value) : isName ? note : value}`];
}

const shorten = (text: string): string => {
  const letters = [...text];
  return letters.length <= SUMMARY_LETTERS_MAX ? text : `${letters.slice(0, SUMMARY_LETTERS_MAX).join("")}…`;
};
