// D1's face on a SQLite of this process: what of it the kernel's store uses, so that the very statements run in Node.
import { DatabaseSync } from "node:sqlite";

interface Bound {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** `path`: a file, or `:memory:`. The statements of a migration make the tables. */
export function d1OnSqlite(path: string, migration: string): D1Database & { readonly sqlite: DatabaseSync } {
  const sqlite = new DatabaseSync(path);
  sqlite.exec(migration);
  const answer = ({ sql, values }: Bound) => {
    // node:sqlite cuts text at its first NUL; bytes come whole
    const whole = sql.startsWith("SELECT k, v ")
      ? `SELECT CAST(k AS BLOB) AS k, CAST(v AS BLOB) AS v FROM (${sql})`
      : sql;
    const results = sqlite.prepare(whole).all(...values) as Readonly<Record<string, unknown>>[];
    return { results: results.map(readable), success: true, meta: {} };
  };
  const statement = (sql: string, values: readonly (string | number)[] = []) => ({
    sql,
    values,
    bind: (...next: (string | number)[]) => statement(sql, next),
    first: async () => answer({ sql, values }).results[0] ?? null,
    all: async () => answer({ sql, values }),
  });
  const face = {
    sqlite,
    prepare: (sql: string) => statement(sql),
    async batch(statements: readonly Bound[]) {
      sqlite.exec("BEGIN IMMEDIATE");
      try {
        const answers = statements.map(answer);
        sqlite.exec("COMMIT");
        return answers;
      } catch (error) {
        sqlite.exec("ROLLBACK");
        throw error;
      }
    },
  };
  return face as unknown as D1Database & { readonly sqlite: DatabaseSync };
}

/** A row with its bytes read as UTF-8. */
function readable(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const decoder = new TextDecoder();
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? decoder.decode(value) : value]),
  );
}
