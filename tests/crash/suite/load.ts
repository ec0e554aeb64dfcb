// What the conductor asks of the load on one subsystem.
import type { Findings } from "./findings.ts";

/** Counts by name. */
export type Counts = Readonly<Record<string, number>>;

/** How much was compared. */
export interface Compared {
  /** What was looked at: where one of these is 0, nothing is shown. */
  readonly checked: Counts;
  /** What has happened on the way, and may be 0. */
  readonly seen: Counts;
}

/** Somebody at work on a server that dies again and again. Who is not answered asks once more, under the same id or key. */
export interface Load {
  readonly name: "rooms" | "kernel" | "workflows";
  /** It lies in D1, and not in an object of its own. */
  readonly inD1: boolean;
  /** What was acknowledged so far. */
  readonly acknowledged: number;
  /** Begins to work; the server is well. */
  begin(): Promise<void>;
  /** A round begins. */
  handleRound(): void;
  /** The server is about to be killed. */
  handleLastWords(): void;
  /** The server is down: what lies on its disk has to be whole, and to have all that was acknowledged. */
  inspect(findings: Findings): void;
  /** The server is back. */
  handleReturn(): void;
  /** Nothing new is begun; resolves when everything has come to its end, or has had its time. */
  finish(findings: Findings): Promise<void>;
  /** Compares what was acknowledged with what there is. */
  compare(findings: Findings): Promise<Compared>;
  /** Nobody is at work any more, come what may. */
  end(): Promise<void>;
}
