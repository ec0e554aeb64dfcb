// K28 in Node: the host dies at each of its awaits, before or after what it waits for is done; the rows must tell the rest.
import "../../vat/static";
import { describe, expect, test } from "vitest";
import { makeMemoryDisk, makeMemoryKernelStore } from "../../store/memory";
import { defineVat } from "../../vat/registry";
import { buildActor } from "./support/actor";
import { type Answers, type Cast, playSession } from "./support/session";
import { Death, start } from "./support/world";

defineVat("compiled", buildActor);

/** Runs the session until the host dies, then to its end on what is left. Answers how many awaits the first host had. */
async function crashAt(at: number, when: "before" | "after", cast: Cast): Promise<number> {
  const disk = makeMemoryDisk();
  const open = () => makeMemoryKernelStore({ disk });
  const answers: Answers = new Map();
  const death = new Death(at, when);
  const died = new Promise<void>((done) => {
    const look = () => (death.dead ? done() : void setTimeout(look, 1));
    look();
  });
  const first = start(open, {}, death).then(({ kernel }) => playSession(kernel, answers, cast));
  await (at === 0 ? first : Promise.race([first, died]));
  first.catch(() => {});
  const { awaits } = death;
  death.dead = true;
  const { kernel } = await start(open);
  await within(playSession(kernel, answers, cast), `after ${[...answers.keys()].at(-1)}`);
  expect(await kernel.audit()).toEqual([]);
  await kernel.rested();
  const { activityHash } = (await kernel.getStatus()).kernel;
  await kernel.close();
  // what was told is what the rows say
  if (cast.replayed) {
    const { kernel: next } = await start(open);
    expect((await next.getStatus()).kernel.activityHash).toBe(activityHash);
    await next.close();
  }
  return awaits;
}

/** What hangs says where. */
async function within<T>(work: Promise<T>, where: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs ${where}`)), 60_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

describe.each([
  { bundleName: "actor", replayed: true },
  { bundleName: "compiled", replayed: false },
])("vats of $bundleName", (cast) => {
  test.each(["before", "after"] as const)(
    "K28: dying at any await (%s it), the kernel goes on from what was written",
    async (when) => {
      const awaits = await crashAt(0, when, cast);
      expect(awaits).toBeGreaterThan(50);
      for (let at = 1; at <= awaits; at += 1)
        await crashAt(at, when, cast).catch((error: unknown) => {
          throw new Error(`dying ${when} await ${at} of ${awaits}: ${String(error)}`, { cause: error });
        });
    },
    600_000,
  );
});
