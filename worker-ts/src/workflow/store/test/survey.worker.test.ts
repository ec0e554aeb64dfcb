// What the watchdog and the limit of open runs look at: by their indexes, what is open alone. So their cost does not grow with the runs
// that have ended, nor with what is over in a run that goes on.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { fresh } from "../../../../../tests/worker/workflow/contract/kit.ts";
import type { ReadPorts } from "../reader";
import { countOpenRuns, findOpenRuns } from "../survey/open-runs";
import { findStaleRuns } from "../survey/stale";

/** Ports that note each statement with its values, and the rows that D1 read for it. */
function watched(): { ports: ReadPorts; asked: { sql: string; values: unknown[]; rows: number }[] } {
  const asked: { sql: string; values: unknown[]; rows: number }[] = [];
  const prepare = (sql: string) => ({
    bind: (...values: unknown[]) => ({
      async all() {
        const result = await env.DB.prepare(sql)
          .bind(...values)
          .all();
        asked.push({ sql, values, rows: result.meta.rows_read });
        return result;
      },
    }),
  });
  return { ports: { db: { prepare } as unknown as D1Database, spend: () => undefined }, asked };
}

const owner = `owner-${crypto.randomUUID()}`;
/** So many runs of the owner's, `status` all of them; the last event of each was long ago. */
const addRuns = (status: string, count: number) =>
  env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
     INSERT INTO workflow_runs(id, name, status, owner_id, deployment_id, spec_version, created_at, last_slot, last_event_at)
     SELECT ?1 || i, 'x', ?2, ?4, 'd', 7, 1, 1, 1 FROM n`,
  )
    .bind(fresh(), status, count, owner)
    .run();
/** So many steps and waits that are over, in each open run. */
const addEnded = (count: number) =>
  env.DB.batch(
    [
      "INSERT INTO workflow_steps(run_id, id, name, status, attempt, created_slot) SELECT r.id, ?2 || i, 's', 'completed', 1, 1",
      "INSERT INTO workflow_waits(run_id, id, status, resume_at, created_at) SELECT r.id, ?2 || i, 'completed', 1, 1",
    ].map((insert) =>
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3)
         ${insert} FROM n, workflow_runs AS r WHERE r.owner_id = ?1 AND r.status = 'running'`,
      ).bind(owner, fresh(), count),
    ),
  );

const ages = { wait: 60_000, step: 600_000, idle: 120_000 };
const look = async () => {
  const { ports, asked } = watched();
  const now = Date.now();
  const open = await countOpenRuns(ports, owner);
  const found = await findOpenRuns(ports, [owner], 100);
  const stale = await findStaleRuns(ports, { now, ages, all: false, limit: 100 });
  return { asked, answers: [open, found.length, stale.length] };
};

it("WQ4 the cost of looking follows what is open: the same rows at 1, 10 and 100 times as much that is over", async () => {
  await addRuns("running", 10);
  const costs: number[][] = [];
  for (const [runs, parts] of [
    [30, 3],
    [270, 27],
    [2_700, 270],
  ] as const) {
    for (const status of ["completed", "failed", "cancelled"]) await addRuns(status, runs / 3);
    await addEnded(parts);
    const { asked, answers } = await look();
    expect(answers).toEqual([10, 10, 10]);
    costs.push(asked.map(({ rows }) => rows));
  }
  expect(costs[1]).toEqual(costs[0]);
  expect(costs[2]).toEqual(costs[0]);
  expect(Math.max(...costs.flat())).toBeLessThan(100);
});

it("WQ4 each of these looks goes by the index of what is open", async () => {
  const { asked } = await look();
  const plans = await Promise.all(
    asked.map(async ({ sql, values }) => {
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...values)
        .all<{ detail: string }>();
      return results.map(({ detail }) => detail);
    }),
  );
  const [count, open, stale] = plans.map((plan) => plan.join("\n"));
  expect(count).toMatch(/SEARCH workflow_runs USING (?:COVERING )?INDEX workflow_runs_open \(owner_id=\?\)/);
  expect(open).toMatch(/SEARCH run USING (?:COVERING )?INDEX workflow_runs_open \(owner_id=\?\)/);
  expect(stale).toMatch(/SEARCH run USING INDEX workflow_runs_status \(status=\?\)/);
  expect(stale).toMatch(/SEARCH step USING (?:COVERING )?INDEX workflow_steps_open \(run_id=\?/);
  expect(stale).toMatch(/SEARCH wait USING (?:COVERING )?INDEX workflow_waits_open \(run_id=\?/);
  expect(plans.flat().filter((detail) => /^SCAN (?!owner VIRTUAL|CONSTANT)/.test(detail))).toEqual([]);
});
