// What the conductor asks of the load on one subsystem.
import type { Findings } from "./findings.ts";

/** Somebody at work on a server that dies again and again. Who is not answered asks once more, under the same id or key. */
export interface Load {
  readonly name: "rooms" | "kernel" | "workflows";
  /** What was acknowledged so far. */
  readonly acknowledged: number;
  /** Begins to work; the server is well. */
  begin(): Promise<void>;
  /** A round begins. */
  handleRound(): void;
  /** The server is about to be killed. */
  handleLastWords(): void;
  /** The server is back. */
  handleReturn(): void;
  /** Nothing new is begun; resolves when everything has come to its end, or has had its time. */
  finish(findings: Findings): Promise<void>;
  /** Compares what was acknowledged with what there is; answers how much was looked at. */
  compare(findings: Findings): Promise<Readonly<Record<string, number>>>;
  /** Nobody is at work any more, come what may. */
  end(): Promise<void>;
}
