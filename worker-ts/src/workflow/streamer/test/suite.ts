// The rules of streams that every store of them keeps: WS1, WS2, WS4 and WS5, and WS3 as far as one session goes. No store is named here.
import { describe, expect, test } from "vitest";
import type { Streams } from "../streamer";
import { collect, faultOf, newRun, readAll, Taker, text } from "./world";

const CLOSED = { name: "StreamError", status: 409, code: "CLOSED" };

/** Runs the rules over the streams that `make` makes. */
export function streamSuite(store: string, make: () => Streams): void {
  describe(`streams in ${store}`, () => {
    const streams = make();

    test("WS1: indices dense from 0, borders kept, empty chunks are chunks, text is UTF-8", async () => {
      const run = newRun();
      await streams.write(run, "s", "one");
      await streams.write(run, "s", new Uint8Array(0));
      await streams.writeMulti(run, "s", ["zwei ß", new Uint8Array([0, 255, 0]), ""]);
      await streams.close(run, "s");
      const { data } = await streams.getChunks(run, "s");
      expect(data.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
      expect(data.map(({ data: chunk }) => [...chunk].length)).toEqual([3, 0, 7, 3, 0]);
      expect([...data[3]!.data]).toEqual([0, 255, 0]);
      expect(await readAll(await streams.get(run, "s"))).toEqual(data.map(({ data: chunk }) => text(chunk)));
    });

    test("WS1: writers interleave; each keeps its order, and all readers see one", async () => {
      const run = newRun();
      const writers = Array.from({ length: 5 }, (_, writer) => writer);
      await Promise.all(
        writers.map(async (writer) => {
          for (let at = 0; at < 6; at++) await streams.write(run, "s", `${writer}:${at}`);
        }),
      );
      await streams.close(run, "s");
      const all = await readAll(await streams.get(run, "s"));
      expect(await readAll(await streams.get(run, "s"))).toEqual(all);
      for (const writer of writers)
        expect(all.filter((chunk) => chunk.startsWith(`${writer}:`))).toEqual(
          [0, 1, 2, 3, 4, 5].map((at) => `${writer}:${at}`),
        );
      expect(all).toHaveLength(30);
    });

    test("WS2: a write is there when it answers; no run is needed; a closed stream takes no more, and closes twice", async () => {
      const run = newRun();
      await streams.write(Promise.resolve(run) as unknown as string, "s", "one");
      expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: 0, done: false });
      await streams.close(run, "s");
      await streams.close(run, "s");
      expect(await faultOf(streams.write(run, "s", "two"))).toEqual(CLOSED);
      expect(await faultOf(streams.writeMulti(run, "s", ["two"]))).toEqual(CLOSED);
      expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: 0, done: true });
    });

    test("WS2: a stream that nobody wrote to can be closed", async () => {
      const run = newRun();
      await streams.close(run, "s");
      expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: -1, done: true });
      expect(await readAll(await streams.get(run, "s"))).toEqual([]);
      expect(await streams.list(run)).toEqual(["s"]);
    });

    test("WS4: replay, then live, to the end", async () => {
      const run = newRun();
      await streams.writeMulti(run, "s", ["a", "b"]);
      const taker = new Taker(await streams.get(run, "s"));
      expect(await taker.take(2)).toEqual(["a", "b"]);
      const live = taker.take(1);
      await streams.write(run, "s", "c");
      expect(await live).toEqual(["c"]);
      const end = taker.ends();
      await streams.close(run, "s");
      expect(await end).toBe(true);
    });

    test("WS4: a stream that is not there yet is waited for", async () => {
      const run = newRun();
      const taker = new Taker(await streams.get(run, "s"));
      const first = taker.take(1);
      await streams.write(run, "s", "a");
      expect(await first).toEqual(["a"]);
      await taker.leave();
    });

    test.each([
      [1, ["b", "c"]],
      [-1, ["c"]],
      [-2, ["b", "c"]],
      [-9, ["a", "b", "c"]],
      [0, ["a", "b", "c"]],
      [3, []],
      [7, []],
    ])("WS4: from %i on, live and closed", async (start, expected) => {
      const run = newRun();
      await streams.writeMulti(run, "s", ["a", "b", "c"]);
      const taker = new Taker(await streams.get(run, "s", start));
      expect(await taker.take(expected.length)).toEqual(expected);
      await streams.close(run, "s");
      expect(await taker.ends()).toBe(true);
      expect(await readAll(await streams.get(run, "s", start))).toEqual(expected);
    });

    test("WS4: beyond the tail waits for that chunk", async () => {
      const run = newRun();
      await streams.write(run, "s", "a");
      const taker = new Taker(await streams.get(run, "s", 2));
      const first = taker.take(1);
      await streams.writeMulti(run, "s", ["b", "c"]);
      expect(await first).toEqual(["c"]);
      await taker.leave();
    });

    test("WS5: info, pages with cursors, names", async () => {
      const run = newRun();
      expect(await streams.getInfo(run, "s")).toEqual({ tailIndex: -1, done: false });
      expect(await streams.getChunks(run, "s")).toEqual({ data: [], cursor: null, hasMore: false, done: false });
      expect(await streams.list(run)).toEqual([]);
      await streams.writeMulti(run, "s", ["a", "b", "c", "d", "e"]);
      const page = async (cursor?: string) => {
        const answer = await streams.getChunks(run, "s", { limit: 2, ...(cursor !== undefined && { cursor }) });
        return { ...answer, data: answer.data.map(({ index, data }) => `${index}${text(data)}`) };
      };
      const first = await page();
      expect(first).toMatchObject({ data: ["0a", "1b"], hasMore: true, done: false });
      const second = await page(first.cursor!);
      expect(second).toMatchObject({ data: ["2c", "3d"], hasMore: true });
      expect(await page(second.cursor!)).toEqual({ data: ["4e"], cursor: null, hasMore: false, done: false });
      await streams.close(run, "s");
      expect(await page(second.cursor!)).toEqual({ data: ["4e"], cursor: null, hasMore: false, done: true });
      await streams.write(run, "another/with ß", "x");
      expect((await streams.list(run)).toSorted()).toEqual(["another/with ß", "s"]);
      expect(await streams.list(newRun())).toEqual([]);
    });

    test("WS5: what is no page is refused", async () => {
      const bad = { name: "WorkflowWorldError", status: 400 };
      for (const limit of [0, -1, 1001, 1.5])
        expect(await faultOf(streams.getChunks("r", "s", { limit }))).toEqual(bad);
      for (const cursor of ["", "?", btoa("v1|events|3"), btoa("v1|chunks|-1")])
        expect(await faultOf(streams.getChunks("r", "s", { cursor }))).toEqual(bad);
    });

    test("names: what is none is refused", async () => {
      const bad = { name: "WorkflowWorldError", status: 400 };
      const long = "n".repeat(513);
      for (const [run, name] of [
        ["", "s"],
        ["a/b", "s"],
        ["r".repeat(257), "s"],
        ["r", ""],
        ["r", long],
      ] as const) {
        expect(await faultOf(streams.write(run, name, "a"))).toEqual(bad);
        expect(await faultOf(streams.get(run, name))).toEqual(bad);
      }
      expect(await faultOf(streams.list("a/b"))).toEqual(bad);
    });

    test("WS1: a view of a large buffer is a chunk of its own bytes", async () => {
      const run = newRun();
      const large = new Uint8Array(40 << 20).fill(1);
      await streams.writeMulti(run, "s", [large.subarray(5, 8), Buffer.from("pooled")]);
      await streams.close(run, "s");
      const chunks = await collect(await streams.get(run, "s"));
      expect(chunks.map((chunk) => [...chunk])).toEqual([[1, 1, 1], [...Buffer.from("pooled")]]);
    });

    test("a chunk of 8 MiB passes, one byte more does not", async () => {
      const run = newRun();
      const large = new Uint8Array(8 << 20).fill(7);
      large[large.length - 1] = 9;
      await streams.write(run, "s", large);
      await streams.close(run, "s");
      const [chunk] = await collect(await streams.get(run, "s"));
      expect([chunk!.length, chunk![0], chunk!.at(-1)]).toEqual([8 << 20, 7, 9]);
      const refused = faultOf(streams.write(run, "t", new Uint8Array((8 << 20) + 1)));
      expect(await refused).toMatchObject({ name: "StreamError", status: 413 });
    });
  });
}
