// The rules of streams over both stores, and those that only objects keep.
import { expect, test } from "vitest";
import { R2Streams } from "../r2-only";
import { streamSuite } from "./suite";
import { bytes, env, faultOf, newRun, readAll, streamsOf } from "./world";

streamSuite("objects", () => streamsOf());
streamSuite("R2 alone", () => streamsOf("r2"));

const streams = streamsOf();
const session = (run: string, writerId: `wrtr_${string}` = "wrtr_a") =>
  streams.createWriteSession(run, "s", { writerId });

test("WS3: a group that is sent again counts once, whole or in part, by another session of that writer too", async () => {
  const run = newRun();
  await session(run).write(0, ["a", "b"]);
  await session(run).write(0, ["a", "b"]);
  await session(run).write(1, ["b", "c"]);
  await session(run, "wrtr_b").write(0, ["A"]);
  await session(run).write(3, []);
  await session(run).write(0, ["a"]);
  await session(run).write(3, ["d"]);
  await session(run).close();
  expect(await readAll(await streams.get(run, "s"))).toEqual(["a", "b", "c", "A", "d"]);
});

test("WS3: a gap is refused, and nothing of it happens", async () => {
  const run = newRun();
  await session(run).write(0, ["a"]);
  const gap = { name: "StreamError", status: 409, code: "WRITER_GAP" };
  expect(await faultOf(session(run).write(2, ["c"]))).toEqual(gap);
  expect(await faultOf(session(run, "wrtr_b").write(1, ["c"]))).toEqual(gap);
  expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: 0, done: false });
});

test("WS3: what was in before the close is taken again, what is new is not", async () => {
  const run = newRun();
  await session(run).write(0, ["a"]);
  await streams.close(run, "s");
  const closed = { name: "StreamError", status: 409, code: "CLOSED" };
  expect(await faultOf(session(run).write(1, ["b"]))).toEqual(closed);
  expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: 0, done: true });
});

test("WS3: a long list goes in several groups, and again as one", async () => {
  const run = newRun();
  const many = Array.from({ length: 2_345 }, (_, at) => String(at));
  await session(run).write(0, many);
  await session(run).write(0, many);
  await session(run).close();
  expect(await readAll(await streams.get(run, "s"))).toEqual(many);
});

/** Streams of R2 alone whose next put of a chunk is preceded, or followed, by something. */
function r2Streams(around: (put: () => Promise<unknown>) => Promise<unknown>): R2Streams {
  let left = 1;
  const bucket = new Proxy(env.WORKFLOW_BUCKET, {
    get: (target, name) => {
      if (name !== "put") return Reflect.get(target, name).bind(target);
      return (key: string, ...rest: [Uint8Array, R2PutOptions]) => {
        const put = () => target.put(key, ...rest);
        return left-- > 0 ? around(put) : put();
      };
    },
  });
  return new R2Streams(bucket);
}

test("WS2: in R2 alone an end that comes between a writer's look and its put is before the chunk, which is refused", async () => {
  const identity = { runId: newRun(), name: "s" };
  const plain = new R2Streams(env.WORKFLOW_BUCKET);
  await plain.write(identity, "w", 0, [bytes("a")]);
  const late = r2Streams(async (put) => {
    await plain.close(identity);
    return put();
  });
  const closed = { name: "StreamError", status: 409, code: "CLOSED" };
  expect(await faultOf(late.write(identity, "w", 1, [bytes("b")]))).toEqual(closed);
  expect(await plain.info(identity)).toEqual({ tailIndex: 0, done: true });
  expect(await readAll(await plain.get(identity, 0))).toEqual(["a"]);
});

test("WS2: in R2 alone a put whose answer is lost counts once", async () => {
  const identity = { runId: newRun(), name: "s" };
  const lossy = r2Streams(async (put) => {
    await put();
    throw new Error("the answer was lost");
  });
  await lossy.write(identity, "w", 0, [bytes("a"), bytes("b")]);
  await lossy.close(identity);
  expect(await readAll(await lossy.get(identity, 0))).toEqual(["a", "b"]);
});
