// A random walk of four writers over the storage on D1, beside the oracle. In each round all writers act at once; then an order of their
// acts is looked for in which the oracle gives every one of them the answer it got. Log, entities, pages and old cursors must agree.
import type { Event, PaginationOptions, Storage } from "@workflow/world";
import type { D1Subject } from "../contract/d1.ts";
import { fresh, put } from "../contract/kit.ts";
import { createOracle, type OracleStorage } from "../contract/oracle-storage.ts";
import { plain, snapshot, told, toldBatch } from "./compare.ts";
import { Chance, drawOperation, type Operation } from "./operations.ts";

const WRITERS = 4;
/** After so many rounds all that can be read is compared. */
const LOOK_ROUNDS = 10;

/** A place in a log as both know it. */
interface Mark {
  readonly runId: string;
  readonly d1: string;
  readonly oracle: string;
}

/** What a walk has come to; `broken` says where it went apart. */
export interface Walk {
  readonly operations: number;
  readonly refused: number;
  readonly reordered: number;
  readonly broken?: string;
}

/** All orders of the first `count` numbers, the plain one first. */
function orders(count: number): number[][] {
  if (count === 0) return [[]];
  return orders(count - 1)
    .flatMap((rest) => Array.from({ length: count }, (_, at) => rest.toSpliced(at, 0, count - 1)))
    .toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
}

const ORDERS = orders(WRITERS);

function act(storage: Storage, { runId, event, batch }: Operation, since: string | undefined): Promise<string> {
  if (batch) return toldBatch(storage.events.createBatch!(runId, [...batch]));
  const [type, ask] = event!;
  return told(put(storage, runId, type, since ? { ...ask, params: { ...ask.params, sinceCursor: since } } : ask));
}

/** Walks; the seed says everything but the order in which D1 takes what comes at once. */
export async function walk(subject: D1Subject, seed: number, operations: number): Promise<Walk> {
  const chance = new Chance(seed);
  const { clock } = subject;
  const writers = Array.from({ length: WRITERS }, () => subject.scope());
  const names = (prefix: string, count: number) => Array.from({ length: count }, () => fresh(prefix));
  const stage = { runs: names("wrun", 3), hooks: names("hook", 6), tokens: names("token", 3), name: fresh("walk") };
  let oracle = createOracle(clock.now, () => fresh());
  const marks: Mark[] = [];
  let refused = 0;
  let reordered = 0;
  const rounds = Math.ceil(operations / WRITERS);
  for (let round = 0; round < rounds; round += 1) {
    clock.advance(chance.below(60) - 5);
    const acts = writers.map(() => drawOperation(chance, { ...stage, now: clock.now(), cursors: marks.length }));
    // a cursor is of one run: the operation goes there
    const aimed = acts.map((one) => (one.since === undefined ? one : { ...one, runId: marks[one.since]!.runId }));
    const mark = (one: Operation) => (one.since === undefined ? undefined : marks[one.since]);
    const got = await Promise.all(aimed.map((one, index) => act(writers[index]!, one, mark(one)?.d1)));
    refused += got.filter((answer) => answer.includes('"name"')).length;
    const found = await explain(oracle, aimed, got, (one) => mark(one)?.oracle);
    const broken = found ? undefined : await describeBreak(oracle, aimed, got, (one) => mark(one)?.oracle);
    if (!found) return { operations: round * WRITERS, refused, reordered, broken: `round ${round}: ${broken}` };
    oracle = found.oracle;
    reordered += found.order > 0 ? 1 : 0;
    if (round % LOOK_ROUNDS < LOOK_ROUNDS - 1 && round < rounds - 1) continue;
    const differs = await compareAll(chance, writers[0]!, oracle, stage, marks);
    if (differs) return { operations: round * WRITERS, refused, reordered, broken: `after round ${round}: ${differs}` };
  }
  return { operations: rounds * WRITERS, refused, reordered };
}

/** An order in which the oracle says what D1 said, and the oracle after it. */
async function explain(
  before: OracleStorage,
  acts: readonly Operation[],
  got: readonly string[],
  since: (one: Operation) => string | undefined,
): Promise<{ oracle: OracleStorage; order: number } | undefined> {
  for (const [order, places] of ORDERS.entries()) {
    const oracle = before.fork();
    let same = true;
    for (const place of places) {
      same &&= (await act(oracle, acts[place]!, since(acts[place]!))) === got[place];
      if (!same) break;
    }
    if (same) return { oracle, order };
  }
  return undefined;
}

/** The round in words: what was done, what D1 said, what the oracle says in the plain order. */
async function describeBreak(
  before: OracleStorage,
  acts: readonly Operation[],
  got: readonly string[],
  since: (one: Operation) => string | undefined,
): Promise<string> {
  const lines: string[] = [];
  for (const [index, one] of acts.entries()) {
    const expected = await act(before, one, since(one));
    const same = expected === got[index];
    lines.push(plain(one).slice(0, 300), same ? `  alike ${expected.slice(0, 200)}` : apart(got[index]!, expected));
  }
  return lines.join("\n");
}

/** Where two texts part. */
function apart(mine: string, theirs: string): string {
  let at = 0;
  while (at < mine.length && mine[at] === theirs[at]) at += 1;
  const from = Math.max(0, at - 250);
  return `  D1     …${mine.slice(from, at + 250)}\n  oracle …${theirs.slice(from, at + 250)}`;
}

/** Compares all that can be read; hands out a new mark. */
async function compareAll(
  chance: Chance,
  d1: Storage,
  oracle: OracleStorage,
  stage: { readonly runs: readonly string[]; readonly name: string },
  marks: Mark[],
): Promise<string | undefined> {
  for (const runId of stage.runs) {
    const [mine, theirs] = [await snapshot(d1, runId), await snapshot(oracle, runId)];
    if (mine !== theirs) return `${runId}\n${apart(mine, theirs)}`;
  }
  const runId = chance.pick(stage.runs);
  const sortOrder = chance.pick(["asc", "desc"] as const);
  const limit = 1 + chance.below(12);
  const walked = await comparePages(d1, oracle, runId, { sortOrder, limit });
  if (typeof walked === "string") return walked;
  if (walked && sortOrder === "asc") marks.push(walked);
  for (const mark of marks) {
    const list = (storage: Storage, cursor: string) =>
      storage.events
        .list({ runId: mark.runId, pagination: { cursor } })
        .then(({ data, hasMore }) => plain({ data, hasMore }));
    const [mine, theirs] = [await list(d1, mark.d1), await list(oracle, mark.oracle)];
    if (mine !== theirs) return `behind an old cursor\n${apart(mine, theirs)}`;
  }
  return compareRuns(chance, d1, oracle, stage.name);
}

/** Reads a log page by page on both; answers where a cursor in the middle of it stands. */
async function comparePages(
  d1: Storage,
  oracle: Storage,
  runId: string,
  pagination: PaginationOptions,
): Promise<Mark | string | undefined> {
  let at: Mark | undefined;
  let middle: Mark | undefined;
  for (;;) {
    const list = (storage: Storage, cursor: string | undefined) =>
      storage.events.list({ runId, pagination: { ...pagination, ...(cursor && { cursor }) } });
    const [mine, theirs] = [await list(d1, at?.d1), await list(oracle, at?.oracle)];
    const shown = (page: { data: Event[]; hasMore: boolean; cursor: string | null }) =>
      plain([page.data, page.hasMore, page.cursor === null]);
    if (shown(mine) !== shown(theirs)) return `pages\n${apart(shown(mine), shown(theirs))}`;
    if (mine.cursor && theirs.cursor) at = { runId, d1: mine.cursor, oracle: theirs.cursor };
    middle ??= at;
    if (!mine.hasMore) return middle;
  }
}

async function compareRuns(chance: Chance, d1: Storage, oracle: Storage, workflowName: string) {
  const status = chance.pick([["running"], ["pending", "completed"], ["failed", "cancelled"], []] as const);
  const list = async (storage: Storage) => {
    const all = await storage.runs.list({ workflowName });
    const some = await storage.runs.list({ workflowName, status: [...status], resolveData: "none" });
    return plain([all.data, some.data].map((runs) => runs.map(({ runId, status: now }) => [runId, now])));
  };
  const [mine, theirs] = [await list(d1), await list(oracle)];
  return mine === theirs ? undefined : `runs\n${apart(mine, theirs)}`;
}
