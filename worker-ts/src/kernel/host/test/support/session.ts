// A scripted session that may be begun again: every step has an idempotency key or may happen twice. After a crash anywhere in it, the
// same session on the rows that are left must come to the same end, and whatever was answered before must be answered the same.
import { expect } from "vitest";
import type { Kernel, Kref } from "../../../kernel";
import type { KernelError } from "../../../kernel-error";
import { said } from "./world";

/** What of the kernel's vats is under test. */
export interface Cast {
  /** The bundle of the vats. */
  readonly bundleName: string;
  /** Whether heaps come back as they were. */
  readonly replayed: boolean;
}

/** What was answered, by step. */
export type Answers = Map<string, string>;

/** Runs the session to its end, noting each answer when it comes. */
export async function playSession(kernel: Kernel, answers: Answers, { bundleName, replayed }: Cast): Promise<void> {
  const note = async <T>(step: string, work: Promise<T>): Promise<T> => {
    const value = await work;
    const told = JSON.stringify(value);
    if (answers.has(step)) expect(`${step}: ${told}`).toBe(`${step}: ${answers.get(step)}`);
    answers.set(step, told);
    return value;
  };
  const send = (step: string, target: Kref, method: string, ...args: unknown[]) =>
    note(step, kernel.queueMessage(target, method, args, { key: step }));

  const vats = { alice: { bundleName }, bob: { bundleName } };
  const config = { bootstrap: "alice", services: ["clock"], vats };
  // a launch that a crash cut in two has ended, and its key tells so
  const launched = kernel.launchSubcluster(config, { key: "launch" }).catch((error: KernelError) => {
    if (error.code !== "LAUNCH_FAILED" || answers.has("launch")) throw error;
    return kernel.launchSubcluster(config, { key: "launch again" });
  });
  const { rootKref: alice, subclusterId } = await note("launch", launched);
  const bob = (await send("bob", alice, "give", "bob")).slots[0]!;
  const { vats: running } = await kernel.getGraph();
  const vat = running.find(({ name, subcluster }) => name === "bob" && subcluster === subclusterId)!;
  const adding = [1, 2, 3].map((by) => send(`add ${by}`, alice, "add", by));
  const upgraded = note(
    "upgrade",
    kernel.upgradeVat(vat.id, { bundleName, parameters: { version: 2 } }, { key: "upgrade" }),
  );
  await Promise.all([...adding, upgraded]);
  await send("bob adds", bob, "add", 10);
  // what more than one crank does is rejected when the heap of one of them cannot come back
  if (replayed) {
    await send("clock", alice, "tell", "clock", "now");
    await Promise.all([1, 2].map((word) => send(`hear ${word}`, alice, "tell", "bob", "hear", word)));
    const later = send("later", bob, "later", "x");
    await send("settle", alice, "tell", "bob", "settle", "x", "settled");
    await later;
    expect(said(await kernel.queueMessage(bob, "heard", []))).toEqual([1, 2]);
  }
  const thing = (await send("make", alice, "make", "thing")).slots[0]!;
  await note("revoke", kernel.revoke(thing));
  const url = await kernel.issueOcapURL(bob);
  expect(await kernel.redeemOcapURL(url)).toBe(bob);

  expect(said(await kernel.queueMessage(alice, "count", []))).toBe(6);
  expect(said(await kernel.queueMessage(bob, "count", []))).toBe(10);
  expect(said(await kernel.queueMessage(bob, "version", []))).toBe(2);
  expect(await kernel.isRevoked(thing)).toBe(true);
  expect((await kernel.getStatus()).vats).toHaveLength(2);
}
