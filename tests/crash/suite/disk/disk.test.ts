// What the suite sees on a disk: whole rows are found whole, and of half a batch it says so, whichever half is there.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { KernelLoader, type KernelMachine } from "@ferrule/core/kernel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../../../harness/environment.ts";
import { countKept, hashOf, lostKeys, readKernel, wrongRows } from "./kernel.ts";
import { sizes, tornTables } from "./workflows.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ferrule-disk-"));
  file = join(folder, "rows.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function sql(...statements: readonly string[]): void {
  const database = new DatabaseSync(file);
  for (const statement of statements) database.exec(statement);
  database.close();
}

/** The tables of a subsystem, empty. */
function tables(subsystem: string): void {
  const home = join(root, "worker-ts/migrations", subsystem);
  const files = readdirSync(home).filter((name) => name.endsWith(".sql"));
  sql(...files.sort().map((name) => readFileSync(join(home, name), "utf8")));
}

describe("a kernel that counts", () => {
  type Row = readonly [key: string, value: string];
  interface Batch {
    readonly sets: readonly Row[];
    readonly deletes: readonly string[];
  }
  const NUL = { body: "#null", slots: [] };
  let rows: Map<string, string>;
  let machine: KernelMachine;

  const apply = ({ sets, deletes }: Batch): void => {
    for (const key of deletes) rows.delete(key);
    for (const [key, value] of sets) rows.set(key, value);
  };

  /** Runs until nothing is left; the batch that this makes. A message is counted, if it asks for that. */
  function run(count: () => number): Batch {
    for (;;) {
      const output = machine.pollOutput();
      if (output === null) break;
      if (output.kind !== "deliver") continue;
      const [kind, , message] = JSON.parse(output.delivery);
      const counts = kind === "message" && message.methargs.body.includes("increment");
      const value = counts ? { body: `#${count()}`, slots: [] } : NUL;
      const syscalls = kind === "message" ? [["resolve", [[message.result, false, value]]]] : [];
      const before = rows.get("s/0000000000000001/b.count") ?? null;
      const base = rows.has("b/0000000000000001/b.count") ? [] : [before];
      const sets = counts ? [["b.count", JSON.stringify(value), ...base]] : [];
      const outcome = { hash: "0011223344556677", syscalls, sets, deletes: [], stored: 20 };
      machine.handleOutcome(output.crank, JSON.stringify(outcome));
    }
    const batch = machine.closeBatch()!;
    machine.handleCommitted(batch.id);
    return { sets: JSON.parse(batch.sets), deletes: JSON.parse(batch.deletes) };
  }

  /** Three keys have counted; the third one's batch has not been written yet. */
  function counted(): Batch {
    rows = new Map();
    machine = new KernelLoader().finish([]);
    machine.allow(1_000_000);
    const vat = { name: "counter", bundle: "static:counter", parameters: NUL, config: "{}", heap: "forget" };
    const vats = [{ ...vat, whenFull: "restart" }];
    const launch = { type: "launch", config: "{}", bootstrap: "counter", services: [], vats };
    machine.handleCommand(1, null, JSON.stringify(launch));
    apply(run(() => 0));
    const send = (n: number): Batch => {
      const methargs = { body: '#["increment",[]]', slots: [] };
      const command = JSON.stringify({ type: "send", target: "ko1", methargs });
      machine.handleCommand(1 + n, hashOf(`key-${n}`), command);
      return run(() => n);
    };
    apply(send(1));
    apply(send(2));
    return send(3);
  }
  afterEach(() => machine[Symbol.dispose]());

  /** Reads it as from a disk. */
  function found() {
    rmSync(file, { force: true });
    tables("kernel");
    const database = new DatabaseSync(file);
    const insert = database.prepare("INSERT INTO kernel_row(kernel, k, v) VALUES('it', ?, ?)");
    for (const row of rows) insert.run(...row);
    database.close();
    return readKernel(file, "it");
  }

  const told = new Map([1, 2, 3].map((n) => [`key-${n}`, n]));

  test("its rows are whole after each batch, and have what every key was told", () => {
    const last = counted();
    expect(wrongRows(found())).toEqual([]);
    apply(last);
    expect(wrongRows(found())).toEqual([]);
    expect([lostKeys(found(), told), countKept(found(), told), found().count]).toEqual([[], 3, 3]);
  });

  test("half of a batch is torn, whichever half it is", () => {
    const { sets } = counted();
    for (const prefix of ["k", "s/", "x/"]) {
      const all = counted();
      const without = (key: string) => key === prefix || (prefix.endsWith("/") && key.startsWith(prefix));
      expect(
        sets.some(([key]) => without(key)),
        prefix,
      ).toBe(true);
      apply({ ...all, sets: all.sets.filter(([key]) => !without(key)) });
      expect(
        wrongRows(found()).map(({ kind }) => kind),
        `all but ${prefix}`,
      ).toContain("torn");
      // counters alone are only further on than what they count
      if (prefix === "k") continue;
      counted();
      apply({ ...all, sets: all.sets.filter(([key]) => without(key)) });
      expect(
        wrongRows(found()).map(({ kind }) => kind),
        `only ${prefix}`,
      ).toContain("torn");
    }
  });

  test("an answer whose batch is not there is lost, and a key with another answer too", () => {
    const last = counted();
    expect(lostKeys(found(), told)).toEqual(["key-3 was told 3, and the row of its key says undefined"]);
    apply(last);
    expect(lostKeys(found(), new Map([["key-3", 2]]))).toEqual(["key-3 was told 2, and the row of its key says 3"]);
  });

  test("a key that was applied twice, or two that were told one number", () => {
    apply(counted());
    const kept = found().kept;
    const change = (from: string, number?: number) =>
      new Map(
        [...kept].flatMap(([key, n]) =>
          key !== hashOf(from) ? [[key, n] as const] : number === undefined ? [] : [[key, number] as const],
        ),
      );
    expect(wrongRows({ ...found(), kept: change("key-2") }).map(({ kind }) => kind)).toEqual(["doubled"]);
    expect(wrongRows({ ...found(), kept: change("key-2", 3) }).map(({ kind }) => kind)).toEqual(["doubled", "lost"]);
  });
});

describe("workflows", () => {
  const event = (slot: number, type: string, id: string | null) =>
    `INSERT INTO workflow_events(run_id, slot, type, correlation_id, spec_version, created_at, payload_bytes)
     VALUES('run', ${slot}, '${type}', ${id === null ? "NULL" : `'${id}'`}, 4, 1, 0)`;
  const LOG = [
    event(1, "run_created", null),
    event(2, "run_started", null),
    event(3, "hook_created", "hook"),
    event(4, "step_created", "step"),
    event(5, "step_started", "step"),
    event(6, "step_retrying", "step"),
    event(7, "step_started", "step"),
    event(8, "step_completed", "step"),
    event(9, "wait_created", "wait"),
  ];
  const ROWS = [
    `INSERT INTO workflow_runs(id, name, status, deployment_id, spec_version, last_slot, last_event_at, created_at)
     VALUES('run', 'journey', 'running', 'd', 4, 9, 1, 1)`,
    `INSERT INTO workflow_steps(run_id, id, name, status, attempt, created_slot, terminal_slot, error_slot)
     VALUES('run', 'step', 'addOne', 'completed', 2, 4, 8, 6)`,
    "INSERT INTO workflow_waits(run_id, id, status, resume_at, created_at) VALUES('run', 'wait', 'waiting', 1, 1)",
    `INSERT INTO workflow_hooks(id, run_id, token, created_slot, spec_version, is_webhook, is_system, resume_context, created_at)
     VALUES('hook', 'run', 'token', 3, 4, 0, 0, '{}', 1)`,
  ];
  /** An end, whole. */
  const END = [
    event(10, "wait_completed", "wait"),
    "UPDATE workflow_waits SET status = 'completed'",
    event(11, "run_completed", null),
    "UPDATE workflow_runs SET status = 'completed', last_slot = 11, terminal_slot = 11",
    "DELETE FROM workflow_hooks",
  ];

  beforeEach(() => tables("workflow"));

  test("tables are whole before and after the end of a run", () => {
    sql(...LOG, ...ROWS);
    expect(tornTables(file)).toEqual([]);
    sql(...END);
    expect([tornTables(file), sizes(file)]).toEqual([[], { events: 11, steps: 1, waits: 1 }]);
  });

  test.each([...LOG, ...ROWS, ...END].map((left) => [left.replace(/\s+/g, " ").slice(0, 150), left]))(
    "torn without: %s",
    (_, left) => {
      const isEnd = END.includes(left);
      sql(...[...LOG, ...ROWS, ...(isEnd ? END : [])].filter((statement) => statement !== left));
      expect(tornTables(file)).not.toEqual([]);
    },
  );
});
