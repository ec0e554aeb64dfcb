// A bad way to D1: requests and answers that get lost by plan.

/** A way to `db` on which the first `writes` batches get lost, and then the first `readings` of single rows. */
export function badWay(db: D1Database, lost: "request" | "answer", writes: number, readings: number): D1Database {
  const left = { writes, readings };
  let armed = false;
  const real = new WeakMap<object, D1PreparedStatement>();
  const statement = (inner: D1PreparedStatement) => {
    const face = {
      bind: (...values: unknown[]) => statement(inner.bind(...values)),
      all: () => inner.all(),
      async first() {
        // the takeover comes before anything was written
        if (armed && left.readings-- > 0) throw new Error("the line is dead");
        return inner.first();
      },
    };
    real.set(face, inner);
    return face as unknown as D1PreparedStatement;
  };
  const face = {
    prepare: (sql: string) => statement(db.prepare(sql)),
    async batch(statements: D1PreparedStatement[]) {
      const lose = left.writes-- > 0;
      armed = true;
      if (lose && lost === "request") throw new Error("the request was lost");
      const answers = await db.batch(statements.map((one) => real.get(one)!));
      if (lose) throw new Error("the answer was lost");
      return answers;
    },
  };
  return face as unknown as D1Database;
}
