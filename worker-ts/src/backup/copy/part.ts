// Rows on their way between a store and whoever keeps them.
import type { JsonValue } from "./values";

/** Rows of one table. */
export interface Part {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly JsonValue[])[];
}

/** Some rows of a store; `next` is where the next ones begin, null behind the last. */
export interface Parts {
  readonly parts: readonly Part[];
  readonly next: string | null;
}
