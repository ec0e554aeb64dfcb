// What every contestant does when it is asked, with core's own functions on its own World: so all do the same, in the process that holds the
// World. Times are the World's, as its rows say them, or those of the one clock of this process.

/** What is used of core's `Run`. */
interface RunOfCore {
  readonly runId: string;
  getReadable<T>(): ReadableStream<T>;
}

/** What is used of a World. */
interface Rows {
  readonly runs: { get(id: string, params: { resolveData: "none" }): Promise<RunRow> };
  readonly steps: { list(params: object): Promise<{ data: readonly { startedAt?: Date | undefined }[] }> };
  readonly hooks: { getByToken(token: string): Promise<unknown> };
  readonly streams: {
    write(runId: string, name: string, chunk: Uint8Array): Promise<void>;
    /** What core itself writes with, where a World has it. */
    createWriteSession?(
      runId: string,
      name: string,
      options: { writerId: string },
    ): { write(chunkSeq: number, chunks: Uint8Array[]): Promise<void> } | undefined;
    close(runId: string, name: string): Promise<void>;
    get(runId: string, name: string): Promise<ReadableStream<Uint8Array>>;
  };
}
interface RunRow {
  readonly status: string;
  readonly createdAt: Date;
  readonly completedAt?: Date | undefined;
}

/** A World and core on it. */
export interface Exercised {
  readonly world: Rows;
  /** The ids of the workflows by their names. */
  readonly ids: Readonly<Record<string, string>>;
  start(workflow: { workflowId: string }, args: unknown[]): Promise<RunOfCore>;
  getRun(id: string): { readonly returnValue: Promise<unknown> };
  resumeHook(token: string, payload: unknown): Promise<unknown>;
}

/** What may be asked for. */
export type Exercise =
  | { readonly kind: "run" | "first-byte"; readonly workflow: string; readonly args: readonly unknown[] }
  | { readonly kind: "hook" }
  | { readonly kind: "stream"; readonly chunks: number; readonly bytes: number; readonly gapMs: number }
  | { readonly kind: "first-chunk"; readonly streams: number };

/** What came of it. */
export interface Told {
  /** ms from the run's creation to its end; of a hook from its resumption. */
  readonly execMs?: number;
  /** ms from the run's creation to the start of its first step. */
  readonly firstStepMs?: number;
  /** ms from `start` to the first byte of the run's stream. */
  readonly firstByteMs?: number;
  readonly value?: unknown;
  /** ms of each chunk from its writing to its reading. */
  readonly latencies?: readonly number[];
}

const POLL_MS = 50;
const HOOK_POLL_MS = 5;
/** What takes longer is given up, so that nobody works on while others are measured. */
export const EXERCISE_MS_MAX = 80_000;
const ENDED = /^(?:completed|failed|cancelled)$/;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Throws when it has taken too long. */
function checkTime(since: number, what: string): void {
  if (Date.now() - since > EXERCISE_MS_MAX) throw new Error(`${what} after ${EXERCISE_MS_MAX} ms`);
}

/** Does it. */
export async function exercise(on: Exercised, what: Exercise): Promise<Told> {
  switch (what.kind) {
    case "run":
      return timeRun(on, what.workflow, what.args);
    case "first-byte":
      return timeFirstByte(on, what.workflow, what.args);
    case "hook":
      return timeHook(on);
    case "stream":
    case "first-chunk":
      return timeStreams(on.world.streams, what);
  }
}

/** Only a stream, without a run. */
export async function timeStreams(streams: StreamsOfWorld, what: Exercise): Promise<Told> {
  if (what.kind === "stream") return { latencies: await timeChunks(streams, what.chunks, what.bytes, what.gapMs) };
  if (what.kind !== "first-chunk") throw new Error(`${what.kind} needs a World`);
  const latencies: number[] = [];
  // not in step with anybody's polling
  for (let one = 0; one < what.streams; one++) latencies.push(await timeFirstChunk(streams, 20 + 7 * one));
  return { latencies };
}

function startRun({ start, ids }: Exercised, workflow: string, args: readonly unknown[]): Promise<RunOfCore> {
  return start({ workflowId: ids[workflow]! }, [...args]);
}

/** The run when it is over. Everybody is asked as often: a World that wakes who waits, as ours, would not be compared by its own times. */
async function ended({ world }: Exercised, runId: string): Promise<RunRow> {
  for (const since = Date.now(); ; checkTime(since, "the run is open")) {
    await pause(POLL_MS);
    const run = await world.runs.get(runId, { resolveData: "none" });
    if (ENDED.test(run.status)) return run;
  }
}

async function timeRun(on: Exercised, workflow: string, args: readonly unknown[]): Promise<Told> {
  const { runId } = await startRun(on, workflow, args);
  const run = await ended(on, runId);
  const value = await on.getRun(runId).returnValue;
  const { data } = await on.world.steps.list({ runId, resolveData: "none", pagination: { limit: 1000 } });
  const begun = data.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [Number(startedAt)]));
  return {
    execMs: Number(run.completedAt) - Number(run.createdAt),
    ...(begun.length === 0 ? {} : { firstStepMs: Math.min(...begun) - Number(run.createdAt) }),
    value,
  };
}

async function timeFirstByte(on: Exercised, workflow: string, args: readonly unknown[]): Promise<Told> {
  const since = performance.now();
  const run = await startRun(on, workflow, args);
  const reader = run.getReadable<unknown>().getReader();
  await reader.read();
  const firstByteMs = performance.now() - since;
  await reader.cancel();
  await ended(on, run.runId);
  return { firstByteMs, value: await on.getRun(run.runId).returnValue };
}

async function timeHook(on: Exercised): Promise<Told> {
  const token = crypto.randomUUID();
  const { runId } = await startRun(on, "hooked", [token]);
  // the workflow comes to its hook, and to rest
  const begun = Date.now();
  while ((await on.world.hooks.getByToken(token).catch(() => null)) === null) {
    checkTime(begun, "there is no hook");
    await pause(HOOK_POLL_MS);
  }
  await pause(POLL_MS * 2);
  const since = Date.now();
  await on.resumeHook(token, { value: 7 });
  const run = await ended(on, runId);
  return { execMs: Number(run.completedAt) - since, value: await on.getRun(runId).returnValue };
}

/** Streams as a World has them, and as others do. */
export type StreamsOfWorld = Rows["streams"];

/** A run that is none, and a name that no other stream has: world-postgres tells streams apart by their names alone. */
function newStream(): [runId: string, name: string] {
  const id = crypto.randomUUID().replaceAll("-", "");
  return [`wrun_bench${id}`, `bench${id}`];
}

/** A reader that waits, and the first chunk `afterMs` later. */
async function timeFirstChunk(streams: StreamsOfWorld, afterMs: number): Promise<number> {
  const [runId, name] = newStream();
  const reader = (await streams.get(runId, name)).getReader();
  const came = reader.read().then(() => performance.now());
  await pause(afterMs);
  const since = performance.now();
  await streams.write(runId, name, new Uint8Array(100));
  const at = await came;
  await streams.close(runId, name);
  while (!(await reader.read()).done);
  return at - since;
}

/** One writer that pauses between its chunks, one reader; chunks carry their number. */
async function timeChunks(streams: StreamsOfWorld, chunks: number, bytes: number, gapMs: number): Promise<number[]> {
  const [runId, name] = newStream();
  const written: number[] = [];
  const seen: number[] = [];
  const session = streams.createWriteSession?.(runId, name, { writerId: `wrtr_${crypto.randomUUID()}` });
  const write = (number: number) => {
    const chunk = new Uint8Array(bytes);
    new DataView(chunk.buffer).setUint32(0, number);
    written[number] = performance.now();
    return session === undefined ? streams.write(runId, name, chunk) : session.write(number, [chunk]);
  };
  await write(0);
  const reading = read(await streams.get(runId, name), bytes, (number) => {
    seen[number] ??= performance.now();
  });
  for (let number = 1; number < chunks; number++) {
    await pause(gapMs);
    await write(number);
  }
  await streams.close(runId, name);
  const count = await reading;
  if (count !== chunks) throw new Error(`${count} of ${chunks} chunks came`);
  // the first was written before anybody read
  return seen.slice(1).map((at, index) => at - written[index + 1]!);
}

/** Reads chunks of one size to the end, however they are cut on the way; how many. */
async function read(stream: ReadableStream<Uint8Array>, bytes: number, tell: (number: number) => void) {
  let held = new Uint8Array(0);
  let count = 0;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const joined = new Uint8Array(held.length + part.value.length);
    joined.set(held);
    joined.set(part.value, held.length);
    let at = 0;
    for (; joined.length - at >= bytes; at += bytes) {
      const number = new DataView(joined.buffer).getUint32(at);
      if (number !== count) throw new Error(`chunk ${number} came in the place of ${count}`);
      count++;
      tell(number);
    }
    held = joined.slice(at);
  }
  return count;
}
