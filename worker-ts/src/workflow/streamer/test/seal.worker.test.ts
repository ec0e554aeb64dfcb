// From rows to R2: when, in which order, and what is left when the object dies between any two steps. Nothing is lost, nothing is doubled,
// and a stream that R2 has all of needs its object no more.
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { StreamObject, StreamObjectEnv } from "../../stream-object";
import { streamFolder } from "../identity";
import { createStreamer, removeStreams } from "../streamer";
import {
  bytes,
  collect,
  env,
  faultOf,
  keysOf,
  newRun,
  readAll,
  rowsOf,
  runAlarm,
  settle,
  streamsOf,
  stubOf,
  Taker,
  untilArchived,
} from "./world";

const streams = streamsOf();
const CHUNKS = Array.from({ length: 200 }, (_, at) => `chunk ${at}`);

const pause = (ms: number) => new Promise<false>((resolve) => setTimeout(resolve, ms, false));

/** Where the object is cut off: before the call or behind it. */
type Cut = "before" | "behind";
/** How: the call fails, or the object dies of it. */
type Way = "a failure" | "its death";

/** Gives the object bindings with one method that fails once, before or behind what it does. */
async function breakOnce(
  run: string,
  binding: keyof StreamObjectEnv,
  cut: Cut,
  hits: (key: string) => boolean,
  way: Way = "a failure",
): Promise<() => boolean> {
  let die = (): void => undefined;
  let left = 1;
  const guard = async <T>(key: string, call: () => Promise<T>): Promise<T> => {
    if (left === 0 || !hits(key)) return call();
    left--;
    if (cut === "behind") await call();
    if (way === "its death") die();
    throw new Error("cut off");
  };
  const bucket = new Proxy(env.WORKFLOW_BUCKET, {
    get: (target, name) =>
      name === "put"
        ? (key: string, ...rest: [Uint8Array, R2PutOptions]) => guard(key, () => target.put(key, ...rest))
        : Reflect.get(target, name).bind(target),
  });
  const database = {
    prepare: (sql: string) => ({
      bind: (...values: unknown[]) => ({
        run: () =>
          guard(sql, () =>
            env.WORKFLOW_DB.prepare(sql)
              .bind(...values)
              .run(),
          ),
      }),
    }),
  };
  const broken = { ...env, [binding]: binding === "WORKFLOW_BUCKET" ? bucket : database };
  await runInDurableObject(stubOf(run, "s"), (object: StreamObject, state) => {
    die = () => state.abort("cut off");
    Reflect.set(object, "env", broken);
  });
  return () => left === 0;
}

/** Holds every put of the object until `open`; `keys`: what was put. */
async function holdPuts(run: string) {
  const hold = { keys: [] as string[], isOpen: false, open: () => Object.assign(hold, { isOpen: true }) };
  const slow = async (key: string, ...rest: [Uint8Array, R2PutOptions]) => {
    hold.keys.push(key);
    while (!hold.isOpen) await pause(5);
    return env.WORKFLOW_BUCKET.put(key, ...rest);
  };
  const bucket = new Proxy(env.WORKFLOW_BUCKET, {
    get: (target, name) => (name === "put" ? slow : Reflect.get(target, name).bind(target)),
  });
  await runInDurableObject(stubOf(run, "s"), (object: StreamObject) => {
    Reflect.set(object, "env", { ...env, WORKFLOW_BUCKET: bucket });
  });
  return hold;
}

/** Points between which an object may die, as its sealing passes them. */
const POINTS: readonly (readonly [name: string, binding: keyof StreamObjectEnv, cut: Cut, hits: RegExp])[] = [
  ["before the first segment is put", "WORKFLOW_BUCKET", "before", /0{16}\.seg$/],
  ["when the first segment is put, but not noted", "WORKFLOW_BUCKET", "behind", /0{16}\.seg$/],
  ["before the index is put", "WORKFLOW_BUCKET", "before", /index$/],
  ["when the index is put, but not told to D1", "WORKFLOW_BUCKET", "behind", /index$/],
  ["before D1 is told", "WORKFLOW_DB", "before", /^UPDATE/],
  ["when D1 is told, but the rows are there still", "WORKFLOW_DB", "behind", /^UPDATE/],
];

describe("sealing", () => {
  const ways = POINTS.flatMap((point) => [["a failure", ...point] as const, ["its death", ...point] as const]);
  test.each(ways)("WS4: %s %s: all chunks once, live and from the archive", async (way, _, binding, cut, hits) => {
    const run = newRun();
    const early = new Taker(await streams.get(run, "s"));
    await streams.writeMulti(run, "s", CHUNKS);
    await settle(run, "s", { retryMs: 3_600_000, retryMsMax: 3_600_000 });
    const wasHit = await breakOnce(run, binding, cut, (key) => hits.test(key), way);
    await streams.close(run, "s");
    await runAlarm(run, "s");
    await expect.poll(wasHit).toBe(true);
    expect(await early.take(CHUNKS.length)).toEqual(CHUNKS);
    expect(await early.ends()).toBe(true);
    // between the failure and the next try it reads as ever
    expect(await readAll(await streams.get(run, "s"))).toEqual(CHUNKS);
    expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: 199, done: true });
    await evictDurableObject(stubOf(run, "s"));
    await untilArchived(run, "s");
    expect(await rowsOf(run, "s", "records")).toBe(-1);
    expect(await keysOf(run)).toEqual(["0000000000000000.seg", "index"]);
    expect(await readAll(await streams.get(run, "s"))).toEqual(CHUNKS);
    const row = await env.WORKFLOW_DB.prepare("SELECT archived, chunk_count FROM workflow_streams WHERE run_id = ?1")
      .bind(run)
      .first();
    expect(row).toEqual({ archived: 1, chunk_count: 200 });
  });

  test("WS4: a segment that was put and not noted is taken as it is, though there is more by now", async () => {
    const run = newRun();
    await streams.writeMulti(run, "s", CHUNKS.slice(0, 10));
    const wasHit = await breakOnce(run, "WORKFLOW_BUCKET", "behind", (key) => key.endsWith(".seg"));
    await settle(run, "s", { idleMs: 0, retryMs: 3_600_000, retryMsMax: 3_600_000 });
    await runAlarm(run, "s");
    expect(wasHit()).toBe(true);
    await streams.writeMulti(run, "s", CHUNKS.slice(10));
    await streams.close(run, "s");
    await untilArchived(run, "s");
    expect(await keysOf(run)).toEqual(["0000000000000000.seg", "0000000000000010.seg", "index"]);
    expect(await readAll(await streams.get(run, "s"))).toEqual(CHUNKS);
  });

  test("WS4: what comes while a segment is put is not in it, and stays; the object may die then", async () => {
    for (const sleep of [evictDurableObject, abortAllDurableObjects]) {
      const run = newRun();
      await streams.writeMulti(run, "s", CHUNKS.slice(0, 100));
      const hold = { puts: 0, open: false };
      await runInDurableObject(stubOf(run, "s"), (object) => {
        const slow = async (key: string, ...rest: [Uint8Array, R2PutOptions]) => {
          hold.puts++;
          while (!hold.open) await new Promise((resolve) => setTimeout(resolve, 5));
          return env.WORKFLOW_BUCKET.put(key, ...rest);
        };
        const bucket = new Proxy(env.WORKFLOW_BUCKET, {
          get: (target, name) => (name === "put" ? slow : Reflect.get(target, name).bind(target)),
        });
        Reflect.set(object, "env", { ...env, WORKFLOW_BUCKET: bucket });
        object.settings = { ...object.settings, idleMs: 0 };
      });
      const sealing = runAlarm(run, "s");
      await expect.poll(() => hold.puts).toBe(1);
      await settle(run, "s", { idleMs: 3_600_000 });
      await streams.writeMulti(run, "s", CHUNKS.slice(100));
      hold.open = true;
      await sealing;
      expect(await rowsOf(run, "s", "records")).toBe(100);
      await sleep(stubOf(run, "s"));
      expect(await readAll((await streams.get(run, "s")).pipeThrough(first(200)))).toEqual(CHUNKS);
      await streams.close(run, "s");
      await untilArchived(run, "s");
      expect(await readAll(await streams.get(run, "s"))).toEqual(CHUNKS);
    }
  });

  test("WS4: a stream that is closed while a segment is put is archived with what came in between", async () => {
    const run = newRun();
    await streams.writeMulti(run, "s", CHUNKS.slice(0, 100));
    let [puts, open] = [0, (): void => undefined];
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await runInDurableObject(stubOf(run, "s"), (object) => {
      const slow = async (key: string, ...rest: [Uint8Array, R2PutOptions]) => {
        puts++;
        while (puts === 1 && !(await Promise.race([gate.then(() => true), pause(5)])));
        return env.WORKFLOW_BUCKET.put(key, ...rest);
      };
      const bucket = new Proxy(env.WORKFLOW_BUCKET, {
        get: (target, name) => (name === "put" ? slow : Reflect.get(target, name).bind(target)),
      });
      Reflect.set(object, "env", { ...env, WORKFLOW_BUCKET: bucket });
      object.settings = { ...object.settings, idleMs: 0 };
    });
    const sealing = runAlarm(run, "s");
    await expect.poll(() => puts).toBe(1);
    await streams.writeMulti(run, "s", CHUNKS.slice(100));
    await streams.close(run, "s");
    open();
    await sealing;
    await untilArchived(run, "s");
    expect(await readAll(await streams.get(run, "s"))).toEqual(CHUNKS);
  });

  test.each([
    ["segment", 2, /0{15}1\.seg$/],
    ["index", 0, /index$/],
  ] as const)("WS2: a removal waits for the %s that is put: nothing comes to R2 later", async (_, unsealed, key) => {
    const run = newRun();
    const large = new Uint8Array(3 << 20);
    await streams.write(run, "s", "a");
    await settle(run, "s", { idleMs: 0 });
    await runAlarm(run, "s");
    await expect.poll(() => rowsOf(run, "s", "records")).toBe(0);
    const hold = await holdPuts(run);
    if (unsealed > 0) await streams.writeMulti(run, "s", Array(unsealed).fill(large));
    await streams.close(run, "s");
    await expect.poll(() => hold.keys.length).toBe(1);
    expect(hold.keys[0]).toMatch(key);
    const removing = removeStreams(env, run).then(() => "removed");
    expect(await Promise.race([removing, pause(100)])).toBe(false);
    expect(await stubOf(run, "s").append("w", 0, [bytes("more")])).toMatchObject({ refused: "CLOSED" });
    hold.open();
    expect(await removing).toBe("removed");
    await pause(50);
    // neither the next segment nor the index
    expect(hold.keys).toHaveLength(1);
    expect(await keysOf(run)).toEqual([]);
    expect(await rowsOf(run, "s", "meta")).toBe(-1);
    expect(await runInDurableObject(stubOf(run, "s"), (_object, { storage }) => storage.getAlarm())).toBeNull();
  });

  test("a chunk whose row is gone is an error, not another chunk", async () => {
    const run = newRun();
    await streams.writeMulti(run, "s", ["a", "b", "c"]);
    await runInDurableObject(stubOf(run, "s"), (_object, { storage }) => {
      storage.sql.exec("DELETE FROM records WHERE idx = 1");
    });
    await evictDurableObject(stubOf(run, "s"));
    expect(await faultOf(streams.getChunks(run, "s"))).toMatchObject({ name: "StreamError", status: 503 });
  });

  test("another segment in its place is an error, and the rows are kept", async () => {
    const run = newRun();
    await streams.writeMulti(run, "s", ["a", "b"]);
    await streams.writeMulti(run, "other", ["a", "x"]);
    await streams.close(run, "other");
    await untilArchived(run, "other");
    const key = (name: string) => `${streamFolder({ runId: run, name })}0000000000000000.seg`;
    const foreign = await (await env.WORKFLOW_BUCKET.get(key("other")))!.arrayBuffer();
    await env.WORKFLOW_BUCKET.put(key("s"), foreign);
    await streams.close(run, "s");
    await runAlarm(run, "s");
    expect(await rowsOf(run, "s", "records")).toBe(2);
    expect(await readAll(await streams.get(run, "s"))).toEqual(["a", "b"]);
  });

  test("few chunks are sealed when nobody wrote for a while, many at once; the alarm stands for both", async () => {
    const run = newRun();
    await streams.write(run, "s", "a");
    const alarm = () => runInDurableObject(stubOf(run, "s"), (_object, { storage }) => storage.getAlarm());
    expect((await alarm())! - Date.now()).toBeGreaterThan(20_000);
    await runAlarm(run, "s");
    expect(await rowsOf(run, "s", "records")).toBe(1);
    await settle(run, "s", { idleMs: 0 });
    await runAlarm(run, "s");
    expect(await rowsOf(run, "s", "records")).toBe(0);
    expect(await alarm()).toBeNull();
    await streams.writeMulti(run, "s", [...CHUNKS, ...CHUNKS]);
    await expect.poll(() => rowsOf(run, "s", "records")).toBe(0);
    expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: 400, done: false });
    expect(await readAll((await streams.get(run, "s", -1)).pipeThrough(first(1)))).toEqual(["chunk 199"]);
    expect(await readAll((await streams.get(run, "s")).pipeThrough(first(401)))).toEqual(["a", ...CHUNKS, ...CHUNKS]);
  });

  test("large chunks go through parts, segments and the archive unharmed", async () => {
    const run = newRun();
    const large = [3 << 20, 5 << 20, 1, 0, (1 << 20) + 1, 8 << 20].map((length, at) => {
      const chunk = new Uint8Array(length).fill(at + 1);
      for (let i = 0; i < length; i += 97) chunk[i] = i % 251;
      return chunk;
    });
    await streams.writeMulti(run, "s", large);
    const live = collect(await streams.get(run, "s"));
    await streams.close(run, "s");
    const same = (chunks: readonly Uint8Array[]) =>
      chunks.length === large.length && chunks.every((chunk, at) => Buffer.compare(chunk, large[at]!) === 0);
    expect(same(await live)).toBe(true);
    await untilArchived(run, "s");
    expect(await rowsOf(run, "s", "records")).toBe(-1);
    expect(same(await collect(await streams.get(run, "s")))).toBe(true);
  });
});

describe("the archive", () => {
  /** Streams whose objects cannot be called. */
  const without = createStreamer({
    env: {
      ...env,
      WORKFLOW_STREAM: {
        getByName: () => {
          throw new Error("the object was called");
        },
      },
    },
    waitUntil: () => undefined,
  });

  test("WS4, WS5: a closed stream is read, paged and told of without its object", async () => {
    const run = newRun();
    await streams.writeMulti(run, "s", CHUNKS);
    await settle(run, "s", { idleMs: 0 });
    await runAlarm(run, "s");
    await streams.writeMulti(run, "s", ["more", ""]);
    await streams.close(run, "s");
    await untilArchived(run, "s");
    const all = [...CHUNKS, "more", ""];
    expect(await readAll(await without.get(run, "s"))).toEqual(all);
    expect(await readAll(await without.get(run, "s", 199))).toEqual(["chunk 199", "more", ""]);
    expect(await readAll(await without.get(run, "s", -2))).toEqual(["more", ""]);
    expect(await readAll(await without.get(run, "s", 400))).toEqual([]);
    expect(await without.getInfo(run, "s")).toEqual({ tailIndex: 201, done: true });
    const { data, cursor } = await without.getChunks(run, "s", { limit: 199 });
    expect([data.length, data.at(-1)]).toEqual([199, { index: 198, data: bytes("chunk 198") }]);
    const rest = await without.getChunks(run, "s", { cursor: cursor! });
    expect(rest).toMatchObject({ cursor: null, hasMore: false, done: true });
    expect(rest.data.map(({ index }) => index)).toEqual([199, 200, 201]);
    expect(await without.list(run)).toEqual(["s"]);
  });

  test("WS2: an object that wakes empty knows that its stream was closed", async () => {
    const run = newRun();
    await streams.writeMulti(run, "s", ["a", "b"]);
    await streams.close(run, "s");
    await untilArchived(run, "s");
    await evictDurableObject(stubOf(run, "s"));
    expect(await faultOf(streams.write(run, "s", "c"))).toMatchObject({ status: 409, code: "CLOSED" });
    await streams.close(run, "s");
    // a row in D1 that was lost costs the way over the object, nothing else
    await env.WORKFLOW_DB.prepare("DELETE FROM workflow_streams WHERE run_id = ?1").bind(run).run();
    expect(await readAll(await streams.get(run, "s", -1))).toEqual(["b"]);
    expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: 1, done: true });
    expect((await streams.getChunks(run, "s")).data).toHaveLength(2);
    expect(await rowsOf(run, "s", "records")).toBe(-1);
  });

  test("WS3: a group whose answer was lost counts as taken after the close, before and after the archive", async () => {
    const run = newRun();
    const stub = stubOf(run, "s");
    const send = (writer: string, seq: number, ...chunks: string[]) => stub.append(writer, seq, chunks.map(bytes));
    const CLOSED = { refused: "CLOSED" };
    expect(await send("w", 0, "a", "b")).toEqual({ next: 2 });
    await settle(run, "s", { writersMs: 60_000 });
    const hold = await holdPuts(run);
    await streams.close(run, "s");
    const check = async () => {
      expect(await send("w", 0, "a", "b")).toEqual({ next: 2 });
      expect(await send("w", 1, "b")).toEqual({ next: 2 });
      expect(await send("w", 1, "b", "c")).toMatchObject(CLOSED);
      expect(await send("x", 0, "a")).toMatchObject(CLOSED);
    };
    await check();
    expect(await rowsOf(run, "s", "records")).toBe(2);
    hold.open();
    await untilArchived(run, "s");
    await check();
    // woken, it goes by the ten minutes of every stream
    await evictDurableObject(stub);
    await check();
    await runAlarm(run, "s");
    await check();
    expect(await readAll(await streams.get(run, "s"))).toEqual(["a", "b"]);
  });

  test("WS3: the writers of an archived stream are forgotten by a later alarm, and nothing is left", async () => {
    const run = newRun();
    await streams.write(run, "s", "a");
    await settle(run, "s", { writersMs: 3_600_000 });
    await streams.close(run, "s");
    await untilArchived(run, "s");
    const alarm = () => runInDurableObject(stubOf(run, "s"), (_object, { storage }) => storage.getAlarm());
    expect((await alarm())! - Date.now()).toBeGreaterThan(3_000_000);
    await runAlarm(run, "s");
    expect(await rowsOf(run, "s", "writers")).toBe(1);
    expect((await alarm())! - Date.now()).toBeGreaterThan(3_000_000);
    await runInDurableObject(stubOf(run, "s"), (_object, { storage }) => {
      storage.sql.exec("UPDATE meta SET value = 1 WHERE key = 'archived_at'");
    });
    await evictDurableObject(stubOf(run, "s"));
    await streams.close(run, "s");
    await expect.poll(() => rowsOf(run, "s", "meta")).toBe(-1);
    expect(await alarm()).toBeNull();
    expect(await faultOf(streams.write(run, "s", "b"))).toMatchObject({ status: 409, code: "CLOSED" });
    expect(await readAll(await streams.get(run, "s"))).toEqual(["a"]);
  });

  test("a reader that is slow reads on from R2 when the stream is archived under it", async () => {
    const run = newRun();
    const long = Array.from({ length: 40 }, (_, at) => `${at} ${"x".repeat(20_000)}`);
    await streams.writeMulti(run, "s", long);
    const taker = new Taker(await streams.get(run, "s"));
    expect(await taker.take(1)).toEqual(long.slice(0, 1));
    await streams.close(run, "s");
    await untilArchived(run, "s");
    expect(await rowsOf(run, "s", "records")).toBe(-1);
    expect(await taker.take(40)).toEqual(long.slice(1));
  });
});

/** The first chunks of a stream, then its end. */
function first(count: number): TransformStream<Uint8Array, Uint8Array> {
  let left = count;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      if (--left === 0) controller.terminate();
    },
  });
}
