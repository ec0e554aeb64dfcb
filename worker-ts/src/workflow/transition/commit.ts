// Group commit: transitions that arrive while a batch is in flight leave together in the next one. No timer, no added wait. A refused
// guard is no error, so neighbours do not disturb each other; if the batch itself fails, each transition goes alone once.
import { GROUP_BYTES_MAX, GROUP_STATEMENTS_MAX, GROUP_TRANSITIONS_MAX } from "../limits";
import { type ReadPorts, type Statement, sendBatch } from "../store/reader";

/** Rows of each statement of a transition. */
export type Results = readonly (readonly Record<string, unknown>[])[];

interface Waiting {
  readonly statements: readonly Statement[];
  readonly transitions: number;
  readonly bytes: number;
  readonly resolve: (results: Results) => void;
  readonly reject: (error: unknown) => void;
}

/** The writes of one invocation. */
export class GroupCommit {
  readonly #ports: ReadPorts;
  #waiting: Waiting[] = [];
  #busy = false;
  /** Results of second sendings: the first may have been written, though its answer never came. */
  readonly #unsure = new WeakSet<Results>();

  constructor(ports: ReadPorts) {
    this.#ports = ports;
  }

  /** Sends statements that belong together; they are committed as a whole or not at all. `transitions`: how many they are. */
  commit(statements: readonly Statement[], transitions = 1): Promise<Results> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statements, transitions, bytes: bytesOf(statements), resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      // what else is asked for in this turn comes along
      queueMicrotask(() => void this.#drain());
    });
  }

  /** Whether what the results tell may have been done by the same statements, sent before. */
  isUnsure(results: Results): boolean {
    return this.#unsure.has(results);
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, groupLength(this.#waiting));
      try {
        await this.#send(group);
      } catch (error) {
        if (group.length === 1) group[0]!.reject(error);
        else for (const one of group) await this.#send([one], true).catch(one.reject);
      }
    }
    this.#busy = false;
  }

  async #send(group: readonly Waiting[], again = false): Promise<void> {
    const { sent, places } = fold(group.flatMap(({ statements }) => statements));
    const results = await sendBatch(this.#ports, sent);
    let at = 0;
    for (const { statements, resolve } of group) {
      const own = places.slice(at, at + statements.length).map((place) => results[place]!);
      if (again) this.#unsure.add(own);
      resolve(own);
      at += statements.length;
    }
  }
}

/** What is sent of the statements, and for each of them where its rows will stand: of equal shared reads only the last is sent. */
export function fold(statements: readonly Statement[]): { sent: Statement[]; places: number[] } {
  const keys = statements.map(({ sql, values, shared }) => (shared ? JSON.stringify([sql, values]) : undefined));
  const last = new Map(keys.map((key, at) => [key, at]));
  const sent: Statement[] = [];
  const placeOf = new Map<number, number>();
  statements.forEach((one, at) => {
    if (keys[at] === undefined || last.get(keys[at]) === at) placeOf.set(at, sent.push(one) - 1);
  });
  return { sent, places: keys.map((key, at) => placeOf.get(key === undefined ? at : last.get(key)!)!) };
}

/** How many of those who wait fit into one batch; the first always does. */
export function groupLength(
  waiting: readonly { statements: readonly unknown[]; transitions: number; bytes: number }[],
): number {
  let statements = 0;
  let transitions = 0;
  let bytes = 0;
  for (const [index, one] of waiting.entries()) {
    statements += one.statements.length;
    transitions += one.transitions;
    bytes += one.bytes;
    const full = statements > GROUP_STATEMENTS_MAX || transitions > GROUP_TRANSITIONS_MAX || bytes > GROUP_BYTES_MAX;
    if (full && index > 0) return index;
  }
  return waiting.length;
}

/** Characters of the parameters; payloads are base64, so these are bytes. */
export function bytesOf(statements: readonly Statement[]): number {
  let bytes = 0;
  for (const { values } of statements)
    for (const value of values) bytes += typeof value === "string" ? value.length : 8;
  return bytes;
}
