// Many writers at once, who send again what they are not sure of, and several readers: no chunk is lost, none is doubled.
import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { newRun, readAll, runAlarm, streamsOf, stubOf, untilArchived } from "./world";

const WRITERS = 50;
const CHUNKS = 200;
const streams = streamsOf();

/** Writes its chunks in groups of one to seven, and sends each third group twice, the second time with what came before it. */
async function write(run: string, writer: number): Promise<void> {
  const session = streams.createWriteSession(run, "s", { writerId: `wrtr_${writer}` });
  const chunks = Array.from({ length: CHUNKS }, (_, at) => `${writer}:${at}`);
  for (let at = 0, turn = writer; at < CHUNKS; turn++) {
    const group = chunks.slice(at, at + 1 + (turn % 7));
    await session.write(at, group);
    const back = Math.min(at, turn % 4);
    if (turn % 3 === 0) await session.write(at - back, chunks.slice(at - back, at + group.length));
    at += group.length;
  }
}

function check(all: readonly string[]): void {
  expect(all).toHaveLength(WRITERS * CHUNKS);
  const next = new Map<string, number>();
  for (const chunk of all) {
    const [writer, at] = chunk.split(":") as [string, string];
    expect(Number(at)).toBe(next.get(writer) ?? 0);
    next.set(writer, Number(at) + 1);
  }
}

test("WS1, WS3: 50 writers of 200 chunks with repeats, 3 live readers: nothing lost, nothing doubled, one order", async () => {
  const run = newRun();
  const readers = [0, 0, 0].map(async () => readAll(await streams.get(run, "s")));
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(run, writer)));
  await streams.close(run, "s");
  const [one, two, three] = await Promise.all(readers);
  check(one!);
  expect(two).toEqual(one);
  expect(three).toEqual(one);
  await untilArchived(run, "s");
  // the same once more, from the archive alone
  expect(await readAll(await streams.get(run, "s"))).toEqual(one);
});

test("WS3: the same while the object is put to sleep and sealed again and again", async () => {
  const run = newRun();
  let writing = true;
  const trouble = (async () => {
    while (writing) {
      await evictDurableObject(stubOf(run, "s")).catch(() => undefined);
      await runAlarm(run, "s");
    }
  })();
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(run, writer)));
  writing = false;
  await trouble;
  const reader = readAll(await streams.get(run, "s"));
  await streams.close(run, "s");
  check(await reader);
}, 120_000);
