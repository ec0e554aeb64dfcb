// Closed-loop load: so many callers, each of which asks again as soon as it has its answer. Every answer is looked at; one that is not
// what it should be ends the run.
import { Agent, request as send } from "node:http";
import { performance } from "node:perf_hooks";

/** A request that is repeated, and what its answer must be. */
export interface Question {
  readonly port: number;
  readonly path: string;
  /** Body of a POST; a GET without it. */
  readonly form?: string;
  /** Throws when the body is not the right one. */
  readonly check: (body: string) => void;
}

/** What came of a load. */
export interface Carried {
  readonly answers: number;
  readonly perSecond: number;
}

/** Asks once; the body of an answer 200. */
export function ask(agent: Agent, { port, path, form, check }: Question): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers =
      form === undefined
        ? {}
        : { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(form) };
    const method = form === undefined ? "GET" : "POST";
    const request = send({ host: "127.0.0.1", port, path, agent, headers, method }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("error", reject);
      answer.on("end", () => {
        const body = Buffer.concat(pieces).toString();
        try {
          if (answer.statusCode !== 200)
            throw new Error(`${path} answered ${answer.statusCode}: ${body.slice(0, 200)}`);
          check(body);
          resolve(body);
        } catch (error) {
          reject(error);
        }
      });
    });
    request.on("error", reject);
    request.end(form);
  });
}

/** `callers` ask for `ms` milliseconds; those under way at the end are waited for and counted. */
export async function carry(question: Question, callers: number, ms: number): Promise<Carried> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  let answers = 0;
  const since = performance.now();
  const caller = async (): Promise<void> => {
    while (performance.now() - since < ms) {
      await ask(agent, question);
      answers += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: callers }, caller));
  } finally {
    agent.destroy();
  }
  return { answers, perSecond: (answers * 1000) / (performance.now() - since) };
}
