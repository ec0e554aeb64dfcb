// Readers and writers whose connection is cut, whose object dies or sleeps: neither sees anything of it.
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import type { StreamBindings, StreamStub } from "../answer";
import { makeReader } from "../object/reader";
import { createStreamer, type Streams } from "../streamer";
import { env, faultOf, newRun, readAll, settle, streamsOf, stubOf, Taker, TOLD, untilArchived } from "./world";

const streams = streamsOf();
const many = (count: number) => Array.from({ length: count }, (_, at) => `chunk ${at}`);

/** The streams of the Worker, whose objects' calls go through `around` first. */
function over(around: (stub: StreamStub) => Partial<StreamStub>): Streams {
  const WORKFLOW_STREAM = {
    getByName: (name: string): StreamStub => {
      const stub: StreamStub = env.WORKFLOW_STREAM.getByName(name);
      const plain: StreamStub = {
        append: (...group) => stub.append(...group),
        close: () => stub.close(),
        info: () => stub.info(),
        chunks: (from, count) => stub.chunks(from, count),
        read: (start) => stub.read(start),
        remove: () => stub.remove(),
      };
      return { ...plain, ...around(plain) };
    },
  };
  const bindings: StreamBindings = { ...env, WORKFLOW_STREAM };
  return createStreamer({ env: bindings, waitUntil: () => undefined });
}

/** Readers' streams, of which the first ones are cut behind so many bytes: by an end that is none, or by an error. */
function cutting(bytesMax: number, way: "end" | "error", times = Number.POSITIVE_INFINITY) {
  const starts: number[] = [];
  const cut = over((stub) => ({
    read: async (start) => {
      starts.push(start);
      const answer = await stub.read(start);
      if ("refused" in answer || starts.length > times) return answer;
      let left = bytesMax;
      const through = new TransformStream<Uint8Array, Uint8Array>({
        transform(part, controller) {
          controller.enqueue(part.subarray(0, left));
          left -= part.length;
          if (left > 0) return;
          if (way === "end") controller.terminate();
          else controller.error(new Error("cut off"));
        },
      });
      return { stream: answer.stream.pipeThrough(through) };
    },
  }));
  return { cut, starts };
}

describe("readers", () => {
  test.each([
    ["end", 100],
    ["end", 333],
    ["error", 333],
  ] as const)("WS4: cut by an %s after every %i bytes: the same chunks, each once", async (way, bytesMax) => {
    const run = newRun();
    await streams.writeMulti(run, "s", many(40));
    const { cut, starts } = cutting(bytesMax, way);
    const reader = readAll(await cut.get(run, "s", 3));
    await streams.writeMulti(run, "s", ["late"]);
    await streams.close(run, "s");
    expect(await reader).toEqual([...many(40).slice(3), "late"]);
    expect(starts[0]).toBe(3);
    expect(starts.length).toBeGreaterThan(1);
    expect(starts).toEqual(starts.toSorted((one, other) => one - other));
  });

  test("WS4: what counts from the tail means the same after a cut, wherever the cut is", async () => {
    for (const bytesMax of [1, 23, 24, 30, 47, 60]) {
      const run = newRun();
      await streams.writeMulti(run, "s", many(10));
      const { cut } = cutting(bytesMax, "end", 3);
      const taker = new Taker(await cut.get(run, "s", -4));
      expect(await taker.take(2)).toEqual(["chunk 6", "chunk 7"]);
      await streams.writeMulti(run, "s", ["more"]);
      expect(await taker.take(3)).toEqual(["chunk 8", "chunk 9", "more"]);
      await taker.leave();
    }
  });

  test.each([1, 24, 30])(
    "WS4: one that gets nowhere, cut after %i bytes, gives up after five tries",
    async (bytesMax) => {
      const run = newRun();
      await streams.write(run, "s", "a");
      const { cut, starts } = cutting(bytesMax, "end");
      const reader = (await cut.get(run, "s")).getReader();
      expect(await faultOf(reader.read())).toMatchObject({ name: "StreamError", status: 503 });
      expect(starts).toHaveLength(5);
    },
  );

  test("WS4: the object dies under its readers and comes back: nothing is missed or seen twice", async () => {
    const run = newRun();
    await streams.writeMulti(run, "s", many(5));
    const takers = await Promise.all([0, 0, -1].map(async (start) => new Taker(await streams.get(run, "s", start))));
    expect(await Promise.all(takers.map((taker) => taker.take(1)))).toEqual([["chunk 0"], ["chunk 0"], ["chunk 4"]]);
    const rest = takers.map((taker) => taker.take(20));
    await abortAllDurableObjects();
    await streams.writeMulti(run, "s", ["x", "y"]);
    await abortAllDurableObjects();
    await streams.write(run, "s", "z");
    await streams.close(run, "s");
    const all = [...many(5), "x", "y", "z"];
    expect(await Promise.all(rest)).toEqual([all.slice(1), all.slice(1), all.slice(5)]);
  });

  test("WS4: one that leaves is counted no more, whether it waits or reads", async () => {
    const run = newRun();
    await streams.write(run, "s", "a");
    await settle(run, "s", { readersMax: 2 });
    for (let round = 0; round < 5; round++) {
      // that somebody left is told in his own time
      const enter = (start: number) => vi.waitFor(async () => new Taker(await streams.get(run, "s", start)), TOLD);
      const waits = await enter(1);
      const reads = await enter(0);
      expect(await faultOf(streams.get(run, "s"))).toMatchObject({ name: "ThrottleError" });
      const waiting = waits.take(1);
      expect(await reads.take(1)).toEqual(["a"]);
      await Promise.all([waits.leave(), reads.leave()]);
      expect(await waiting).toEqual([]);
    }
  });
});

test("WS4: one that leaves while its read fails is counted out once", async () => {
  let fail: (() => void) | undefined;
  let left = 0;
  const source = {
    next: 1,
    closed: false,
    wait: async () => undefined,
    read: () =>
      new Promise<Uint8Array[]>((_, reject) => {
        fail = () => reject(new Error("no rows"));
      }),
  };
  const reader = makeReader(source, 0, () => {
    left++;
  }).getReader();
  const reading = reader.read().catch(() => undefined);
  await expect.poll(() => fail).toBeDefined();
  await reader.cancel();
  fail!();
  await reading;
  await scheduler.wait(10);
  expect(left).toBe(1);
});

describe("writers", () => {
  test("WS3: an answer that is lost is asked for again, and the group counts once", async () => {
    const run = newRun();
    let calls = 0;
    const lossy = over((stub) => ({
      append: async (...group) => {
        const answer = await stub.append(...group);
        if (++calls % 3 !== 0) throw new Error("the answer was lost");
        return answer;
      },
      close: async () => {
        await stub.close();
        if (++calls % 3 !== 0) throw new Error("the answer was lost");
      },
    }));
    await lossy.write(run, "s", "a");
    await lossy.writeMulti(run, "s", ["b", "c"]);
    const session = lossy.createWriteSession(run, "s", { writerId: "wrtr_1" });
    await session.write(0, ["d", "e"]);
    await session.close();
    expect(calls).toBe(12);
    expect(await readAll(await streams.get(run, "s"))).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("WS3: one that is not answered gives up with a StreamError 503 after five tries", async () => {
    let calls = 0;
    const dead = over(() => ({
      append: async () => {
        calls++;
        throw new Error("no answer");
      },
    }));
    expect(await faultOf(dead.write(newRun(), "s", "a"))).toMatchObject({ name: "StreamError", status: 503 });
    expect(calls).toBe(5);
  });

  test("WS3: how far a writer is outlives the object's sleep and its death", async () => {
    const run = newRun();
    const session = () => streams.createWriteSession(run, "s", { writerId: "wrtr_1" });
    await session().write(0, ["a", "b"]);
    await evictDurableObject(stubOf(run, "s"));
    await session().write(1, ["b", "c"]);
    await abortAllDurableObjects();
    await session().write(0, ["a", "b", "c"]);
    expect(await faultOf(session().write(4, ["e"]))).toMatchObject({ status: 409, code: "WRITER_GAP" });
    await session().write(3, ["d"]);
    await session().close();
    expect(await readAll(await streams.get(run, "s"))).toEqual(["a", "b", "c", "d"]);
  });

  test("WS2: an object that wakes goes on with its stream without D1", async () => {
    const run = newRun();
    await streams.write(run, "s", "a");
    await evictDurableObject(stubOf(run, "s"));
    await runInDurableObject(stubOf(run, "s"), (object) => {
      const prepare = () => {
        throw new Error("no D1");
      };
      Reflect.set(object, "env", { ...env, WORKFLOW_DB: { prepare } });
    });
    await streams.write(run, "s", "b");
    await streams.close(run, "s");
    expect(await readAll(await streams.get(run, "s"))).toEqual(["a", "b"]);
  });

  test("WS2: the first write is listed before it answers; where D1 fails it is not taken", async () => {
    const run = newRun();
    const failing = {
      ...env,
      WORKFLOW_DB: {
        prepare: () => {
          throw new Error("no D1");
        },
      },
    };
    await runInDurableObject(stubOf(run, "s"), (object) => {
      Reflect.set(object, "env", failing);
    });
    expect(await faultOf(streams.write(run, "s", "a"))).toMatchObject({ name: "StreamError", status: 503 });
    expect(await streams.list(run)).toEqual([]);
    await runInDurableObject(stubOf(run, "s"), (object) => {
      Reflect.set(object, "env", env);
    });
    await streams.write(run, "s", "a");
    expect(await streams.list(run)).toEqual(["s"]);
    await streams.close(run, "s");
    await untilArchived(run, "s");
    expect(await readAll(await streams.get(run, "s"))).toEqual(["a"]);
  });
});
