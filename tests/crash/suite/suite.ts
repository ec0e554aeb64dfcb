// The crash suite: rooms, kernels and workflows at work in one real server, which is killed at random and suffers faults; in the end all
// that was acknowledged is compared, one by one, with what there is. Plan, loads and comparisons stand beside this file.
import { watchdog } from "../../../scripts/local.mjs";
import { call } from "../../harness/people.ts";
import { type Server, startServer } from "../../harness/server/server.ts";
import { compileTestWorkflows } from "../../harness/workflow/server.ts";
import { Findings, isInTime, type Kind, pause } from "./findings.ts";
import { KernelLoad } from "./kernel.ts";
import type { Compared, Load } from "./load.ts";
import { FAULTS, type Fault, faultsOf, NO_FAULTS, planOf, type Round } from "./plan.ts";
import { ROOM_VARS, RoomsLoad } from "./rooms.ts";
import { WorkflowsLoad } from "./workflows.ts";

export interface SuiteOptions {
  readonly rounds: number;
  readonly seed: number;
}

/** Of each subsystem: how much was compared, and how much of it is wrong. */
type Result = Readonly<Record<string, number> & Record<Kind, number>>;

/** What came of it. */
export interface SuiteResult {
  /** Nothing was lost, doubled or torn, something was checked of everything, all came to its end, and every fault has happened. */
  readonly ok: boolean;
  readonly seed: number;
  readonly rounds: number;
  readonly kills: number;
  readonly seconds: number;
  /** How many calls each fault met; of the clock, how often it jumped. */
  readonly faults: Readonly<Record<string, number>>;
  readonly rooms: Result;
  readonly kernel: Result;
  readonly workflows: Result;
  /** What is wrong, in words. */
  readonly failures: readonly string[];
}

const ENTRY = "tests/worker/crash/worker.ts";
/** Acknowledged by each load between two kills, at least, and how long that may take. */
const LOAD = 100;
const LOAD_MS_MAX = 90_000;
/** How long those who listen hear nothing before a kill. */
const LAST_MS = 50;
/** How long a kill waits for something to be acknowledged right before it. */
const ACKNOWLEDGED_MS_MAX = 5_000;
/** How long faults last at most until each has met something. */
const MEET_MS_MAX = 15_000;
/** How long a load may take to begin, and a single answer may. */
const BEGIN_MS_MAX = 180_000;
const ANSWER_MS_MAX = 60_000;
/** How long the watchdog may take to wake everything after a kill, while D1 is slow. */
const WATCH_MS_MAX = 180_000;
/** Characters of the server's log that a failure shows. */
const LOG_KEPT = 2_000;
/** How long those who are at work may take to notice that all is over. */
const END_MS_MAX = 30_000;
/** How long faults that outlive a kill last. */
const OUTLIVE_MS = 2_000;

/** Something under way. */
class Suite {
  readonly server: Server;
  readonly loads: readonly Load[];
  readonly findings: ReadonlyMap<Load, Findings>;
  readonly note: (text: string) => void;
  readonly counted: Record<string, number> = {};
  kills = 0;
  #turn = 0;
  #clockMs = 0;
  /** The most that the clock ever showed. */
  #clockMsMax = 0;
  /** False while the server is down, or about to be. */
  #up = true;

  constructor(server: Server, findings: ReadonlyMap<Load, Findings>, note: (text: string) => void) {
    this.server = server;
    this.loads = [...findings.keys()];
    this.findings = findings;
    this.note = note;
  }

  get url(): string | undefined {
    return this.#up ? this.server.url : undefined;
  }

  #told(faults: readonly Fault[]): string {
    return JSON.stringify({ ...NO_FAULTS, ...faultsOf(faults), clockMs: this.#clockMs });
  }

  /** Sets the faults of the process that runs; those before it ends are counted by `#count`. */
  async #set(faults: readonly Fault[]): Promise<void> {
    await fetchInTime(`${this.server.url}/api/crash/faults`, { method: "POST", body: this.#told(faults) });
  }

  /** Adds what the process that runs has counted: once for each, shortly before it ends. */
  async #count(): Promise<void> {
    const counts = await call<Record<string, number>>(this.server.url, "/api/crash/faults");
    for (const [name, often] of Object.entries(counts)) this.#add(name, often);
  }

  /** Whether each of these has met something by now, in this life or before. A server that does not answer has met enough. */
  async #haveMet(faults: readonly Fault[]): Promise<boolean> {
    const now = await call<Record<string, number>>(this.server.url, "/api/crash/faults").catch(() => undefined);
    if (now === undefined) return true;
    const often = (name: string) => (this.counted[name] ?? 0) + (now[name] ?? 0);
    return faults.every((fault) => (COUNTS[fault] ?? [fault]).every((name) => often(name) > 0));
  }

  #add(name: string, often = 1): void {
    this.counted[name] = (this.counted[name] ?? 0) + often;
  }

  /** Every load has got on by so much. */
  async #progress(what: string, least: number): Promise<void> {
    const before = this.loads.map(({ acknowledged }) => acknowledged);
    const behind = () =>
      this.loads.filter(({ name, acknowledged }, n) => name !== "workflows" && acknowledged < before[n]! + least);
    if (await isInTime(() => behind().length === 0, LOAD_MS_MAX)) return;
    const names = behind().map(({ name }) => name);
    throw new Error(`${what}: nothing more is acknowledged by ${names.join(" and ")}`);
  }

  /**
   * The moment at which something has just been acknowledged, by each load in turn: what was told too early is not stored yet then. While
   * D1 is slow, it is the turn of those who lie there.
   */
  async #acknowledgement(faults: readonly Fault[]): Promise<void> {
    const all = faults.includes("d1") ? this.loads.filter(({ inD1 }) => inD1) : this.loads;
    const load = all[this.#turn++ % all.length]!;
    const before = load.acknowledged;
    for (const end = performance.now() + ACKNOWLEDGED_MS_MAX; performance.now() < end; await pause(1))
      if (load.acknowledged > before) return;
  }

  /** Kills it while there are these faults, and starts it again with those. */
  async #kill(now: readonly Fault[], then: readonly Fault[]): Promise<void> {
    await this.#count();
    for (const load of this.loads) load.handleLastWords();
    await pause(LAST_MS);
    await this.#acknowledgement(now);
    this.#up = false;
    await this.server.kill();
    this.kills += 1;
    for (const [load, findings] of this.findings) {
      const known = findings.sentences.length;
      load.inspect(findings);
      for (const sentence of findings.sentences.slice(known)) this.note(`after kill ${this.kills}: ${sentence}`);
    }
    await this.server.restart({ CRASH_FAULTS: this.#told(then) });
    this.#up = true;
    // whatever the local queue held is gone, so every open run is woken, as `npm start` does
    (
      await inTime(
        watchdog(() => this.url),
        WATCH_MS_MAX,
        "the watchdog's round after a kill does not end",
      )
    )();
    for (const load of this.loads) load.handleReturn();
  }

  async round(round: Round, name: string): Promise<void> {
    const { faults, faultMs, killsMs, outlive, jumpMs } = round;
    this.note(`${name}: ${faults.join(" ")}, ${killsMs.length} kills; ${this.tell()}`);
    for (const load of this.loads) load.handleRound();
    await this.#progress(`before ${name}`, LOAD);
    this.#clockMs += jumpMs;
    this.#clockMsMax = Math.max(this.#clockMsMax, this.#clockMs);
    for (const fault of faults) if (fault.startsWith("clock")) this.#add(fault);
    await this.#set(faults);
    await pause(faultMs);
    await isInTime(() => this.#haveMet(faults), MEET_MS_MAX);
    const left = outlive ? faults : [];
    let now = faults;
    for (const ms of killsMs) {
      await pause(ms);
      await this.#kill(now, left);
      now = left;
    }
    await pause(outlive ? OUTLIVE_MS : 0);
    await this.#set([]);
    await this.#progress(`after ${name}`, LOAD / 5);
  }

  hasMet(fault: Fault): boolean {
    return (COUNTS[fault] ?? [fault]).every((name) => (this.counted[name] ?? 0) > 0);
  }

  tell(): string {
    return this.loads.map(({ name, acknowledged }) => `${name} ${acknowledged}`).join(", ");
  }

  /**
   * Lets everything come to its end, in a last life without faults, whose watchdog wakes at once what the faults have left lying. The
   * clock is set right: what was put off until a time that it has shown is not to wait for it.
   */
  async finish(): Promise<void> {
    this.#clockMs = this.#clockMsMax;
    await this.#kill([], []);
    await Promise.all(
      [...this.findings].map(([load, findings]) =>
        // who cannot be asked has not come to its end; the others may have
        load.finish(findings).catch((error) => findings.note("stuck", `it cannot be looked at: ${error}`)),
      ),
    );
  }
}

/** Runs it; `note` is told how it goes. */
export async function crashSuite(options: SuiteOptions, note: (text: string) => void): Promise<SuiteResult> {
  const since = performance.now();
  compileTestWorkflows();
  const server = await startServer({ entry: ENTRY, vars: ROOM_VARS });
  try {
    const result = await runOn(server, options, note);
    return { ...result, seconds: Math.round((performance.now() - since) / 1000) };
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

async function runOn(
  server: Server,
  { rounds, seed }: SuiteOptions,
  note: (text: string) => void,
): Promise<Omit<SuiteResult, "seconds">> {
  const token = await owner(server);
  const loads = [
    new WorkflowsLoad(server),
    ...["crash", "d1-crash"].map((name) => new KernelLoad(server, token, name)),
    new RoomsLoad(server),
  ];
  const findings = new Map<Load, Findings>(loads.map((load) => [load, new Findings()]));
  const suite = new Suite(server, findings, note);
  const failures: string[] = [];
  const sums = new Map<Load, Compared>();
  const stop = await inTime(
    watchdog(() => suite.url),
    ANSWER_MS_MAX,
    "the watchdog's first round does not end",
  );
  // what goes wrong on the way is a failure, and no reason to leave the comparisons out, nor one of them for another
  const step = async (what: string, done: () => Promise<unknown>) => {
    note(`${what}; ${suite.tell()}`);
    await done().catch((error) => failures.push(`${what}: ${error}`, server.log().slice(-LOG_KEPT)));
  };
  try {
    await step("the loads begin", async () => {
      for (const load of loads) await inTime(load.begin(), BEGIN_MS_MAX, `the load of ${load.name} does not begin`);
      for (const [n, round] of planOf(seed, rounds).entries()) await suite.round(round, `round ${n + 1} of ${rounds}`);
    });
    await step("nothing new is begun", () => suite.finish());
    // the rooms' comparison comes last: it starts the server anew
    for (const load of loads)
      await step(`comparing: ${load.name}`, async () => sums.set(load, await load.compare(findings.get(load)!)));
  } finally {
    stop();
    await Promise.race([Promise.all(loads.map((load) => load.end())), pause(END_MS_MAX)]);
  }
  for (const fault of FAULTS) if (!suite.hasMet(fault)) failures.push(`the fault "${fault}" has met nothing`);
  for (const load of loads) failures.push(...unchecked(load, sums.get(load)));
  for (const [{ name }, { sentences }] of findings) failures.push(...sentences.map((text) => `${name}: ${text}`));
  const resultOf = (name: Load["name"]): Result => {
    const mine = loads.filter((load) => load.name === name);
    const all = mine.map((load) => {
      const { checked, seen } = sums.get(load) ?? NOTHING;
      return { ...checked, ...seen, ...findings.get(load)!.counts };
    });
    return all.reduce<Record<string, number>>(added, {}) as Result;
  };
  return {
    ...{ ok: failures.length === 0, seed, rounds, kills: suite.kills, faults: suite.counted },
    ...{ rooms: resultOf("rooms"), kernel: resultOf("kernel"), workflows: resultOf("workflows"), failures },
  };
}

const NOTHING: Compared = { checked: {}, seen: {} };

/** What of a load was never looked at: that nothing is wrong with it says nothing then. */
export function unchecked(load: Pick<Load, "name">, { checked }: Compared = NOTHING): string[] {
  const none = Object.entries(checked).filter(([, count]) => !(count > 0));
  if (Object.keys(checked).length === 0) return [`${load.name}: nothing was checked`];
  return none.map(([what]) => `${load.name}: nothing was checked of "${what}"`);
}

/** By what the Worker counts a fault; what is not here is counted by its own name. */
const COUNTS: Partial<Record<Fault, readonly string[]>> = {
  disk: ["diskRefused", "diskAborted"],
  d1: ["d1Refused", "d1Lost"],
  queue: ["queueRefused"],
  r2: ["r2Slow"],
};

function added(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

/** A request whose answer, read whole, does not take for ever. */
async function fetchInTime(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  return new Response(await response.text(), response);
}

/** What it comes to; throws `otherwise` when that takes longer. */
async function inTime<T>(promise: Promise<T>, msMax: number, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), msMax);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A bearer token of the owner's. */
async function owner({ url, adminToken }: Server): Promise<string> {
  const response = await fetchInTime(`${url}/api/auth/sign-in/admin`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: adminToken }),
  });
  const token = response.headers.get("set-auth-token");
  if (token === null) throw new Error(`the owner cannot sign in: ${response.status} ${await response.text()}`);
  return token;
}
