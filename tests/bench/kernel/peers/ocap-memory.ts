// Peer `ocap-kernel-memory`: MetaMask's kernel, @metamask/ocap-kernel 0.5.0 as npm has it, with a database in memory that keeps nothing.
// better-sqlite3 has no binary after an install without scripts, so its `:memory:` is played by node:sqlite, with the same statements in
// the same order; the kernel, liveslots and the vat are theirs.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment } from "../../../harness/environment.ts";
import { missingOcapKernel, OCAP_KERNEL } from "../../../harness/ocap-kernel.ts";
import type { Peer } from "./peer.ts";

/** What the process of the peer says. */
interface Told {
  readonly ms?: number;
  readonly sets?: number;
  readonly deletes?: number;
  /** The counter after the last message. */
  readonly last?: number;
}

/** `rows`: what one message sets and deletes in their database, on average of `count`. */
export interface OcapPeer extends Peer {
  rows(count: number): Promise<{ readonly sets: number; readonly deletes: number }>;
}

/** `where`: the vat in the kernel's own process, or in a worker, as their Node runtime has it. */
export function ocapMemory(where: "process" | "worker"): OcapPeer {
  let child: ChildProcess | undefined;
  const ask = async (count: number, concurrency: number): Promise<Required<Told>> => {
    child!.send({ count, concurrency });
    return (await heard(child!)) as Required<Told>;
  };
  return {
    async start() {
      child = await started(":memory:", where);
    },
    async send(count, concurrency) {
      return (await ask(count, concurrency)).ms;
    },
    async rows(count) {
      const { sets, deletes } = await ask(count, 1);
      return { sets: sets / count, deletes: deletes / count };
    },
    stop: () => stopped(child!),
  };
}

/**
 * What the same kernel loses with a file: it answers, for `forMs` and 100 messages at a time, and is killed. `answered`: the highest
 * count that somebody was told; `kept`: the count that the next process finds.
 */
export async function ocapLoss(forMs: number): Promise<{ readonly answered: number; readonly kept: number }> {
  const home = mkdtempSync(join(tmpdir(), "ferrule-ocap-loss-"));
  try {
    const file = join(home, "kernel.sqlite");
    const list = join(home, "answered");
    writeFileSync(list, "");
    const first = await started(file, "process");
    const ended = once(first, "exit");
    first.send({ count: 1_000_000, concurrency: 100, tell: list });
    setTimeout(() => first.kill("SIGKILL"), forMs);
    await ended;
    const answered = Math.max(0, ...readFileSync(list, "utf8").trim().split("\n").map(Number));
    const second = await started(file, "process");
    second.send({ count: 1, concurrency: 1 });
    const { last = 0 } = await heard(second);
    await stopped(second);
    return { answered, kept: last - 1 };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function started(file: string, where: "process" | "worker"): Promise<ChildProcess> {
  const missing = missingOcapKernel();
  if (missing !== undefined) throw new Error(missing);
  const child = fork(join(OCAP_KERNEL, "counter.mjs"), [JSON.stringify({ file, where })], {
    env: environment,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await heard(child);
  return child;
}

/** The next thing that the process says. */
async function heard(child: ChildProcess): Promise<Told> {
  const ended = once(child, "exit").then(() => {
    throw new Error("the peer's process ended");
  });
  const [told] = await Promise.race([once(child, "message"), ended]);
  return told as Told;
}

async function stopped(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.send({ count: 0, concurrency: 0 });
  await ended;
}
