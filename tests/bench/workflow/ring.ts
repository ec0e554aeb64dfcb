// Who runs: the contestants, started when they are first needed, and the rounds of a case among them.

import type { Row } from "../harness/suite.ts";
import { type Figures, Rounds, type Runner } from "../ws-kit/turns.ts";
import type { PeerName, StreamName, WorkflowCase } from "./cases.ts";
import { type Contestant, missingWorldPostgres, startLocal, startOurs, startWorldPostgres } from "./contestants.ts";

/** The streams beside ours, by what our Worker calls them. */
const STREAMS: Readonly<Record<StreamName, "bare" | "stored" | "strawman">> = {
  "bare object": "bare",
  "bare object, stored": "stored",
  "r2-polling": "strawman",
};
const isStream = (name: string): name is StreamName => Object.hasOwn(STREAMS, name);
/** Whose process it is. */
const keyOf = (name: string): string => (isStream(name) ? "ours" : name);

/** Tells people how far it is. */
export type Note = (text: string) => void;

/** The contestants of one run of the benchmark. */
export class Ring {
  readonly #start: (name: string) => Promise<Contestant>;
  readonly #started = new Map<string, Promise<Contestant>>();
  /** Why somebody does not run, by name. */
  readonly absent = new Map<string, string>();

  /** `folder`: where everybody's state lies, on one disk. */
  constructor(folder: string, start = (name: string) => startContestant(name, folder)) {
    this.#start = start;
  }

  /** A case's rows, and the rounds they were made of. A peer that fails is left out from then on, and the case begins again. */
  async measure(one: WorkflowCase, rounds: number, note: Note): Promise<{ rows: Row[]; all: Rounds }> {
    for (;;) {
      try {
        return await this.#measure(one, rounds, note);
      } catch (error) {
        if (!(error instanceof PeerFailed)) throw error;
        this.absent.set(error.peer, `${one.name}: ${error.message.split("\n")[0]}`);
        await this.#end(keyOf(error.peer));
      }
    }
  }

  async #measure(one: WorkflowCase, rounds: number, note: Note): Promise<{ rows: Row[]; all: Rounds }> {
    const runners: Runner[] = [];
    for (const name of ["ours", ...Object.keys(one.peers)] as ("ours" | PeerName)[]) {
      const contestant = await this.#provide(name);
      if (contestant !== undefined) runners.push(runnerOf(name, contestant, one));
    }
    const all = await Rounds.run(one.name, runners, rounds, note, "", one.warm);
    const metrics = Object.keys(all.last("ours"));
    const rows = metrics.flatMap((metric, at) => {
      // the goals are those of the first figure; the others are told
      const goals = at === 0 ? one.peers : Object.fromEntries(Object.keys(one.peers).map((name) => [name, undefined]));
      const shown = metric === PROCESSOR ? withoutStreams(goals) : goals;
      return all.rows(one.name, { metric, unit: one.unit, goals: shown });
    });
    return { rows, all };
  }

  async close(): Promise<void> {
    for (const key of [...this.#started.keys()]) await this.#end(key);
  }

  /** Ends a contestant: it might work on while others are measured. Ours, which has the other streams too, starts anew when it is needed. */
  async #end(key: string): Promise<void> {
    const starting = this.#started.get(key);
    this.#started.delete(key);
    await (await starting)?.[Symbol.asyncDispose]();
  }

  async #provide(name: "ours" | PeerName): Promise<Contestant | undefined> {
    const key = keyOf(name);
    if (this.absent.has(key) || this.absent.has(name)) return undefined;
    if (key === "world-postgres" && !this.#started.has(key)) {
      const missing = missingWorldPostgres();
      if (missing !== undefined) {
        this.absent.set(key, missing);
        return undefined;
      }
    }
    const starting = this.#started.get(key) ?? this.#start(key);
    this.#started.set(key, starting);
    try {
      return await starting;
    } catch (error) {
      this.#started.delete(key);
      if (key === "ours") throw error;
      this.absent.set(key, (error as Error).message.split("\n")[0]!);
      return undefined;
    }
  }
}

/** Starts a contestant whose state lies below `folder`. */
async function startContestant(name: string, folder: string): Promise<Contestant> {
  switch (name) {
    case "ours":
      return startOurs(folder, "d1");
    case "memory in workerd":
      return startOurs(folder, "memory");
    case "world-local":
      return startLocal(folder);
    default:
      return startWorldPostgres(folder);
  }
}

const PROCESSOR = "processor";

/** Somebody else's World gave no answer, or a wrong one. */
class PeerFailed extends Error {
  readonly peer: string;

  constructor(peer: string, cause: unknown) {
    super((cause as Error).message, { cause });
    this.peer = peer;
  }
}

/** They run in our own process. */
function withoutStreams(goals: WorkflowCase["peers"]): WorkflowCase["peers"] {
  return Object.fromEntries(Object.entries(goals).filter(([name]) => !isStream(name)));
}

function runnerOf(name: "ours" | PeerName, contestant: Contestant, { question, figures }: WorkflowCase): Runner {
  const asked = isStream(name) ? { ...question, peer: STREAMS[name] } : question;
  return {
    name,
    async turn(): Promise<Figures> {
      try {
        const before = contestant.processorMs();
        const told = await contestant.ask(asked);
        const after = contestant.processorMs();
        const processor = before === undefined || after === undefined ? {} : { [PROCESSOR]: after - before };
        return { ...figures(told), ...processor };
      } catch (error) {
        throw name === "ours" ? error : new PeerFailed(name, error);
      }
    },
  };
}
