// The machine as the host sees it: the TypeScript face of `rust/kernel`, so that tests can put a fake in its place. Types only.
import type { MachineBatch, MachineOutput } from "@ferrule/core/kernel";
import type { CapData, Kref } from "../kernel";

export type { MachineBatch, MachineOutput };

/** Four verbs and some looks; the calling order is in `KERNEL.md`. */
export interface Machine {
  handleCommand(id: number, key: string | null, command: string): void;
  handleOutcome(crank: number, outcome: string): void;
  handleCommitted(batch: number): void;
  closeBatch(): MachineBatch | null;
  pollOutput(): MachineOutput | null;
  allow(cranks: number): void;
  readonly runnable: boolean;
  readonly pendingBytes: number;
  status(): string;
  graph(): string;
  watch(on: boolean): void;
  trace(after: number): string;
  audit(): readonly string[];
  isRevoked(kref: string): boolean;
  [Symbol.dispose](): void;
}

/** Takes the rows in pieces. */
export interface MachineLoader {
  /** `[[key, value], ...]` as JSON. */
  add(rows: string): void;
  finish(services: readonly string[]): Machine;
  /** Gives back what it holds; twice is once, and after `finish` there is nothing left. */
  [Symbol.dispose](): void;
}

/** What the machine is asked for; the Rust enum `Command`. */
export type Command =
  | {
      readonly type: "launch";
      readonly config: string;
      readonly bootstrap: string;
      readonly services: readonly string[];
      readonly vats: readonly VatSpec[];
    }
  | { readonly type: "terminateSubcluster"; readonly subcluster: string }
  | { readonly type: "terminateVat" | "restartVat"; readonly vat: string }
  | { readonly type: "terminateAll" | "collectGarbage" | "clear" }
  | {
      readonly type: "upgradeVat";
      readonly vat: string;
      readonly bundle: string;
      readonly parameters: CapData;
      readonly config: string;
    }
  | { readonly type: "send"; readonly target: Kref; readonly methargs: CapData }
  | { readonly type: "revoke" | "pin" | "unpin" | "releaseExternal"; readonly kref: Kref }
  | { readonly type: "issueUrl"; readonly kref: Kref; readonly token: string }
  | { readonly type: "redeemUrl"; readonly token: string }
  | { readonly type: "serviceResult"; readonly call: number; readonly rejected: boolean; readonly value: CapData };

/** How a vat is made; the Rust struct. */
export interface VatSpec {
  readonly name: string;
  /** `static:<registered name>` or the SHA-256 of a bundle in hex. */
  readonly bundle: string;
  readonly parameters: CapData;
  /** Its configuration as it was given, JSON text. */
  readonly config: string;
  readonly heap: "replay" | "forget";
  readonly whenFull: "restart" | "refuse";
}

/** What a command came to; the Rust enum `Answer`. */
export type Answer =
  | { readonly type: "value" | "rejected"; readonly value: CapData }
  | { readonly type: "done" }
  | { readonly type: "kref"; readonly kref: Kref }
  | { readonly type: "launched"; readonly subcluster: string; readonly root: Kref; readonly result: CapData }
  | { readonly type: "failed"; readonly code: number; readonly value: CapData | null };
