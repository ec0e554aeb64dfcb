// Every limit of streams crossed, back-pressure, and what a WASM handle costs: none is left.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { liveHandles } from "@ferrule/core/chunk";
import { describe, expect, test, vi } from "vitest";
import { checkWriterId } from "../identity";
import * as limits from "../limits";
import { groupsOf } from "../streamer";
import { env, faultOf, newRun, readAll, rowsOf, runAlarm, settle, streamsOf, stubOf, Taker, TOLD } from "./world";

const streams = streamsOf();
const MIB = 1 << 20;

/** Gives the object a bucket that takes nothing until `open` is called. */
async function closeBucket(run: string): Promise<() => Promise<void>> {
  const set = (given: object) =>
    runInDurableObject(stubOf(run, "s"), (object) => {
      Reflect.set(object, "env", given);
    });
  const bucket = new Proxy(env.WORKFLOW_BUCKET, {
    get: (target, name) =>
      name === "put" ? () => Promise.reject(new Error("no R2")) : Reflect.get(target, name).bind(target),
  });
  await set({ ...env, WORKFLOW_BUCKET: bucket });
  return () => set(env);
}

describe("limits", () => {
  test("groups: so many chunks, so many bytes, a larger chunk alone", () => {
    const sizes = (lengths: readonly number[]) =>
      [...groupsOf(lengths.map((length) => new Uint8Array(length)))].map((group) => group.map(({ length }) => length));
    expect(sizes([])).toEqual([]);
    expect(sizes([MIB, 3 * MIB, 1])).toEqual([[MIB, 3 * MIB], [1]]);
    expect(sizes([1, 8 * MIB, 2])).toEqual([[1], [8 * MIB], [2]]);
    const many = [...groupsOf(Array.from({ length: limits.GROUP_CHUNKS_MAX + 1 }, () => new Uint8Array(0)))];
    expect(many.map(({ length }) => length)).toEqual([limits.GROUP_CHUNKS_MAX, 1]);
  });

  test("the object itself refuses what the Worker's side would not send", async () => {
    const run = newRun();
    const stub = stubOf(run, "s");
    const refusal = async (seq: number, chunks: Uint8Array[]) => {
      const answer = await stub.append("w", seq, chunks);
      return "refused" in answer ? answer.refused : "taken";
    };
    const small = new Uint8Array(1);
    expect(
      await refusal(
        0,
        Array.from({ length: limits.GROUP_CHUNKS_MAX + 1 }, () => small),
      ),
    ).toBe("BAD_REQUEST");
    for (const seq of [-1, 0.5, Number.NaN]) expect(await refusal(seq, [small])).toBe("BAD_REQUEST");
    expect(await refusal(0, [new Uint8Array(limits.CHUNK_BYTES_MAX + 1)])).toBe("TOO_LONG");
    expect(await rowsOf(run, "s", "records")).toBe(-1);
    expect(await refusal(0, [new Uint8Array(limits.CHUNK_BYTES_MAX)])).toBe("taken");
    expect(await rowsOf(run, "s", "records")).toBe(limits.CHUNK_BYTES_MAX / limits.PART_BYTES_MAX);
  });

  test("a writer's id", () => {
    expect(() => checkWriterId("w".repeat(limits.WRITER_ID_BYTES_MAX))).not.toThrow();
    expect(() => checkWriterId("w".repeat(limits.WRITER_ID_BYTES_MAX + 1))).toThrow();
    expect(() => streams.createWriteSession("r", "s", { writerId: `wrtr_${"ß".repeat(100)}` })).toThrow();
  });

  test("WS4: 1000 readers, and one more is a ThrottleError until one leaves", async () => {
    const run = newRun();
    await streams.write(run, "s", "a");
    const readers = await Promise.all(
      Array.from({ length: limits.READERS_MAX }, async () => new Taker(await streams.get(run, "s"))),
    );
    expect(await faultOf(streams.get(run, "s"))).toMatchObject({ name: "ThrottleError" });
    await readers.pop()!.leave();
    readers.push(await vi.waitFor(async () => new Taker(await streams.get(run, "s")), TOLD));
    const all = Promise.all(readers.map((reader) => reader.take(2)));
    await streams.write(run, "s", "b");
    expect(new Set((await all).map(String))).toEqual(new Set(["a,b"]));
    // what they hold is theirs until they leave, and other tests count
    await Promise.all(readers.map((reader) => reader.leave()));
    await streams.close(run, "s");
  });

  test("a stream has as many segments as its index may", async () => {
    const run = newRun();
    await streams.write(run, "s", "a");
    await settle(run, "s", { segmentsMax: 2, idleMs: 0 });
    await runDurableObjectAlarm(stubOf(run, "s"));
    await streams.writeMulti(run, "s", ["b", "c"]);
    await expect.poll(() => rowsOf(run, "s", "segments")).toBe(2);
    expect(await faultOf(streams.write(run, "s", "d"))).toMatchObject({ name: "StreamError", status: 413 });
    await streams.close(run, "s");
    expect(await readAll(await streams.get(run, "s"))).toEqual(["a", "b", "c"]);
  });

  test("WS5: a page has at most 4 MiB, one chunk at least; 1000 chunks", async () => {
    const run = newRun();
    await streams.writeMulti(run, "s", [
      new Uint8Array(3 * MIB),
      new Uint8Array(3 * MIB),
      new Uint8Array(8 * MIB),
      "x",
    ]);
    const lengths: number[][] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await streams.getChunks(run, "s", { ...(cursor !== undefined && { cursor }) });
      lengths.push(page.data.map(({ data }) => data.length));
      cursor = page.cursor;
    }
    expect(lengths).toEqual([[3 * MIB], [3 * MIB], [8 * MIB], [1]]);
    const other = newRun();
    await streams.writeMulti(
      other,
      "s",
      Array.from({ length: 1_200 }, () => "x"),
    );
    expect((await streams.getChunks(other, "s")).data).toHaveLength(limits.PAGE_CHUNKS_DEFAULT);
    expect((await streams.getChunks(other, "s", { limit: 1_000 })).data).toHaveLength(limits.PAGE_CHUNKS_MAX);
  });
});

describe("back-pressure", () => {
  test("an append is answered late while too much is unsealed, and refused when that takes too long", async () => {
    const run = newRun();
    await streams.write(run, "s", "a");
    const open = await closeBucket(run);
    await settle(run, "s", { unsealedBytesMax: 2 * MIB, roomMs: 300, retryMs: 10, retryMsMax: 20 });
    await streams.write(run, "s", new Uint8Array(3 * MIB));
    const since = Date.now();
    expect(await faultOf(streams.write(run, "s", "b"))).toMatchObject({ name: "ThrottleError" });
    expect(Date.now() - since).toBeGreaterThanOrEqual(290);
    expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: 1, done: false });
    await settle(run, "s", { roomMs: 10_000 });
    const late = streams.write(run, "s", "b").then(() => "answered");
    expect(await Promise.race([late, new Promise((resolve) => setTimeout(resolve, 200, "waits"))])).toBe("waits");
    await open();
    await runAlarm(run, "s");
    expect(await late).toBe("answered");
    expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: 2, done: false });
  });

  test("of those who wait for room together, only so many find some", async () => {
    const run = newRun();
    await streams.write(run, "s", "a");
    const open = await closeBucket(run);
    const tight = { unsealedBytesMax: MIB, roomMs: 10_000, retryMs: 3_600_000, retryMsMax: 3_600_000 };
    await settle(run, "s", tight);
    await streams.write(run, "s", new Uint8Array(2 * MIB));
    await runAlarm(run, "s");
    const chunk = new Uint8Array(2 * MIB);
    const late = ["w1", "w2", "w3"].map((writer) => stubOf(run, "s").append(writer, 0, [chunk]));
    expect(await Promise.race([...late, new Promise((resolve) => setTimeout(resolve, 100, "all wait"))])).toBe(
      "all wait",
    );
    await open();
    await runAlarm(run, "s");
    expect(new Set((await Promise.all(late)).map((answer) => "next" in answer && answer.next))).toEqual(
      new Set([3, 4, 5]),
    );
    await expect.poll(() => rowsOf(run, "s", "records")).toBe(0);
    // each made the next one wait until it was sealed itself, so each has a segment of its own
    const firsts = await runInDurableObject(stubOf(run, "s"), (_object, { storage: { sql } }) =>
      sql.exec<{ first: number }>("SELECT first FROM segments WHERE first >= 2 ORDER BY first").toArray(),
    );
    expect(firsts.map(({ first }) => first)).toEqual([2, 3, 4]);
  });

  test("so many bytes wait for room; what comes on top is refused at once, what is known already is not", async () => {
    const run = newRun();
    const stub = stubOf(run, "s");
    await streams.write(run, "s", "a");
    const open = await closeBucket(run);
    await settle(run, "s", { unsealedBytesMax: MIB / 2, roomMs: 60_000, retryMs: 3_600_000, retryMsMax: 3_600_000 });
    expect(await stub.append("w", 0, [new Uint8Array(MIB)])).toEqual({ next: 2 });
    const half = limits.WAITING_BYTES_MAX / 2;
    const append = (writer: string, bytes: number) =>
      stub.append(writer, 0, [new Uint8Array(bytes - limits.CHUNK_EXTRA_BYTES)]);
    const waiting = [append("w1", half), append("w2", half)];
    expect(await Promise.race([...waiting, new Promise((resolve) => setTimeout(resolve, 200, "wait"))])).toBe("wait");
    expect(await append("w3", limits.CHUNK_EXTRA_BYTES)).toMatchObject({ refused: "NO_ROOM" });
    expect(await stub.append("w", 0, [new Uint8Array(MIB)])).toEqual({ next: 2 });
    await open();
    await streams.close(run, "s");
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ refused: "CLOSED" });
    // none of them is counted any more
    expect(await runInDurableObject(stub, (object) => object.waitingBytes)).toBe(0);
  });

  test("chunks without bytes count too, also after a sleep", async () => {
    const run = newRun();
    await streams.write(run, "s", "");
    await closeBucket(run);
    await streams.writeMulti(
      run,
      "s",
      Array.from({ length: 100 }, () => ""),
    );
    for (let round = 0; round < 2; round++) {
      await settle(run, "s", { unsealedBytesMax: 101 * limits.CHUNK_EXTRA_BYTES - 1, roomMs: 50, idleMs: 3_600_000 });
      expect(await faultOf(streams.write(run, "s", ""))).toMatchObject({ name: "ThrottleError" });
      await evictDurableObject(stubOf(run, "s"));
      await closeBucket(run);
    }
    await settle(run, "s", { unsealedBytesMax: 101 * limits.CHUNK_EXTRA_BYTES, idleMs: 3_600_000 });
    await streams.write(run, "s", "");
  });

  test("a close ends the wait: what is new is refused, nothing hangs", async () => {
    const run = newRun();
    await streams.write(run, "s", new Uint8Array(3 * MIB));
    await closeBucket(run);
    await streams.write(run, "s", new Uint8Array(3 * MIB));
    await settle(run, "s", { unsealedBytesMax: MIB, retryMs: 10, retryMsMax: 20 });
    const late = faultOf(streams.write(run, "s", "b"));
    await streams.close(run, "s");
    expect(await late).toMatchObject({ name: "StreamError", status: 409, code: "CLOSED" });
  });

  test("a reader that takes nothing makes its object read nothing ahead", async () => {
    const run = newRun();
    const chunk = new Uint8Array(64 * 1024);
    await streams.writeMulti(
      run,
      "s",
      Array.from({ length: 256 }, () => chunk),
    );
    let read = 0;
    await runInDurableObject(stubOf(run, "s"), (object) => {
      Reflect.set(object, "env", {
        ...env,
        WORKFLOW_BUCKET: new Proxy(env.WORKFLOW_BUCKET, {
          get: (target, name) => {
            if (name === "get") read++;
            return Reflect.get(target, name).bind(target);
          },
        }),
      });
    });
    await expect.poll(() => rowsOf(run, "s", "records")).toBe(0);
    const segments = await rowsOf(run, "s", "segments");
    expect(segments).toBeGreaterThan(3);
    const taker = new Taker(await streams.get(run, "s"));
    await taker.take(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(read).toBeLessThan(segments);
    await taker.leave();
  });

  test("writers of single writes are forgotten after a while, sessions are not", async () => {
    const run = newRun();
    await streams.write(run, "s", "a");
    await streams.createWriteSession(run, "s", { writerId: "wrtr_1" }).write(0, ["b"]);
    expect(await rowsOf(run, "s", "writers")).toBe(2);
    await settle(run, "s", { idleMs: 0, onceMs: -1 });
    await runDurableObjectAlarm(stubOf(run, "s"));
    expect(await rowsOf(run, "s", "writers")).toBe(1);
  });
});

test("no handle into the core is left when streams were written, read, left and sealed", async () => {
  // whoever left before has left nothing
  await expect.poll(liveHandles).toBe(0);
  const run = newRun();
  await streams.writeMulti(run, "s", ["a", "b", "c"]);
  const taker = new Taker(await streams.get(run, "s"));
  await taker.take(1);
  await taker.leave();
  const reader = readAll(await streams.get(run, "s"));
  await streams.close(run, "s");
  await reader;
  await runAlarm(run, "s");
  await expect.poll(() => rowsOf(run, "s", "records")).toBe(-1);
  await readAll(await streams.get(run, "s"));
  expect(liveHandles()).toBe(0);
});
