// The SQL of a kernel's store, the same for D1 and Durable Objects. A batch is a fence and up to three statements in one transaction,
// whatever the number of rows: a stale epoch or seq, or no row of the fence, makes seq NULL, which its NOT NULL refuses.
import { utf8Length } from "../../../platform/text";
import { PARAMETER_BYTES_MAX } from "../../limits";
import type { Row, StoreBatch } from "../store";
import { aboveAll, compareKeys } from "./key-order";

/** One statement and the values of its parameters, `?1` first. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** What the fence holds. */
export interface Fence {
  readonly epoch: number;
  readonly seq: number;
  readonly nonce: string;
}

/** The tables, for a store that makes its own; in D1 the migration makes them. */
export const TABLES: readonly string[] = [
  "CREATE TABLE IF NOT EXISTS kernel_meta(kernel TEXT PRIMARY KEY NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, nonce TEXT NOT NULL) STRICT, WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS kernel_row(kernel TEXT NOT NULL, k TEXT NOT NULL, v TEXT NOT NULL, PRIMARY KEY(kernel, k)) STRICT, WITHOUT ROWID",
];

/** Takeover: the caller owns the epoch that it gets back; every older owner's next batch is fenced. */
export const OPEN =
  "INSERT INTO kernel_meta(kernel, epoch, seq, nonce) VALUES(?1, 1, 0, '') ON CONFLICT(kernel) DO UPDATE SET epoch = epoch + 1 RETURNING epoch, seq";

export const READ_FENCE = "SELECT epoch, seq, nonce FROM kernel_meta WHERE kernel = ?1";

/** ?2 epoch, ?3 seq before, ?4 nonce. An UPDATE would match nothing where the row is missing, and let the batch in. */
const FENCE = `INSERT INTO kernel_meta(kernel, epoch, seq, nonce)
  SELECT ?1, ?2, CASE WHEN m.epoch = ?2 AND m.seq = ?3 THEN ?3 + 1 END, ?4 FROM (SELECT 1) LEFT JOIN kernel_meta m ON m.kernel = ?1 WHERE true
  ON CONFLICT(kernel) DO UPDATE SET seq = excluded.seq, nonce = excluded.nonce`;
/** ?2: `[[first, above], ...]`, ranges of keys. */
const WIPES = `DELETE FROM kernel_row WHERE kernel = ?1 AND k IN (SELECT r.k FROM json_each(?2) AS w CROSS JOIN kernel_row AS r
  WHERE r.kernel = ?1 AND r.k >= w.value->>0 AND r.k < w.value->>1)`;
/** ?2: `[key, ...]` */
const DELETES = "DELETE FROM kernel_row WHERE kernel = ?1 AND k IN (SELECT value FROM json_each(?2))";
/** ?2: `[[key, value], ...]` */
const SETS =
  "INSERT INTO kernel_row(kernel, k, v) SELECT ?1, value->>0, value->>1 FROM json_each(?2) WHERE true ON CONFLICT(kernel, k) DO UPDATE SET v = excluded.v";
const SET =
  "INSERT INTO kernel_row(kernel, k, v) VALUES(?1, ?2, ?3) ON CONFLICT(kernel, k) DO UPDATE SET v = excluded.v";

/** What an error left behind, told by the fence: the batch landed, it did not, or somebody else owns the store. */
export function judge(found: Fence | null, epoch: number, batch: StoreBatch): "committed" | "absent" | "fenced" {
  if (found === null || found.epoch !== epoch) return "fenced";
  if (found.seq === batch.seq) return "absent";
  return found.seq === batch.seq + 1 && found.nonce === batch.nonce ? "committed" : "fenced";
}

/** The statements of a batch, to be run in one transaction. `ranges`: of the prefixes it wipes. */
export function statementsOf(
  kernel: string,
  epoch: number,
  batch: StoreBatch,
  ranges: readonly (readonly [string, string])[],
): Statement[] {
  const statements: Statement[] = [{ sql: FENCE, values: [kernel, epoch, batch.seq, batch.nonce] }];
  if (ranges.length > 0) statements.push({ sql: WIPES, values: [kernel, JSON.stringify(ranges)] });
  if (batch.deletes !== "[]")
    for (const part of parts(batch.deletes)) statements.push({ sql: DELETES, values: [kernel, part] });
  if (batch.sets === "[]") return statements;
  for (const part of parts(batch.sets)) {
    // JSON spells some characters in six bytes, so a row that is short enough may be too long as JSON
    if (typeof part === "string") statements.push({ sql: SETS, values: [kernel, part] });
    else statements.push({ sql: SET, values: [kernel, ...part] });
  }
  return statements;
}

/** The elements of a JSON array in texts that a parameter holds; one that is too long by itself comes as it is. */
function parts(text: string): readonly string[];
function parts(text: string): readonly (string | Row)[];
function parts(text: string): readonly (string | Row)[] {
  if (text.length * 3 <= PARAMETER_BYTES_MAX || utf8Length(text) <= PARAMETER_BYTES_MAX) return [text];
  const found: (string | Row)[] = [];
  let open: string[] = [];
  let bytes = 0;
  const close = () => {
    if (open.length > 0) found.push(`[${open.join(",")}]`);
    open = [];
    bytes = 0;
  };
  for (const element of JSON.parse(text) as Row[]) {
    const one = JSON.stringify(element);
    const length = utf8Length(one) + 1;
    if (bytes + length > PARAMETER_BYTES_MAX) close();
    if (length > PARAMETER_BYTES_MAX) found.push(element);
    else {
      open.push(one);
      bytes += length;
    }
  }
  close();
  return found;
}

/** A page of rows in the order of keys: those of `prefix` that come after `after`, "" being before the first. */
export function pageOf(kernel: string, prefix: string, after: string, rowsMax: number): Statement {
  // one bound below, or SQLite may pick the lower one and read every page from the first row
  const begun = after !== "" && compareKeys(after, prefix) >= 0;
  const above = aboveAll(prefix);
  return {
    sql: `SELECT k, v FROM kernel_row WHERE kernel = ?1 AND k ${begun ? ">" : ">="} ?2${above === null ? "" : " AND k < ?4"}
      ORDER BY k LIMIT ?3`,
    values: [kernel, begun ? after : prefix, rowsMax, ...(above === null ? [] : [above])],
  };
}
