// The parts behind the routes: values as JSON, the text of events, following a log.
import type { Event, Storage } from "@workflow/world";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../../platform";
import { type Followed, followEvents, followValues, type StreamPlace } from "../../runtime/follow";
import { refusalOf } from "../errors";
import { plain } from "../plain";
import { eventText, lastEventId } from "../sse";

describe("WH10 values as JSON", () => {
  it("WH10 tells what JSON has no word for in the nearest one", () => {
    const value = {
      time: new Date(0),
      none: undefined,
      big: 2n ** 70n,
      infinite: Number.POSITIVE_INFINITY,
      bytes: new Uint8Array([1, 2, 255]),
      map: new Map([["a", 1n]]),
      set: new Set(["x"]),
      error: new TypeError("no"),
      stream: new ReadableStream(),
      list: [1, undefined, null, true, "text"],
      call: () => 1,
    };
    expect(plain(value)).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      big: "1180591620717411303424",
      infinite: "Infinity",
      bytes: "AQL/",
      map: [["a", "1"]],
      set: ["x"],
      error: { name: "TypeError", message: "no" },
      stream: null,
      list: [1, null, null, true, "text"],
    });
    expect(plain(undefined)).toBeNull();
    expect(plain(new Date(Number.NaN))).toBeNull();
  });

  it("WH10 cuts what is too deep or leads back to itself, and what is too many", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    expect(JSON.stringify(plain(circle))).toContain("…");
    expect(plain(Array.from({ length: 20_000 }, () => 0))).toHaveLength(10_000);
  });
});

describe("WH10 events", () => {
  it("WH10 have no line break but their own, and begin behind a number that is one", () => {
    expect(eventText({ id: 3, event: "end", data: "a\nb\r\n" })).toBe('id: 3\nevent: end\ndata: "a\\nb\\r\\n"\n\n');
    const behind = (id: string) => lastEventId(new Request("http://x/", { headers: { "last-event-id": id } }));
    expect(["7", "0", "", "-1", "1e3", "9".repeat(16), "x"].map(behind)).toEqual([
      7,
      0,
      ...Array.from({ length: 5 }, () => undefined),
    ]);
  });

  it("WH10 refusals of a World become the API's by name and status, and a fault of ours stays one", () => {
    const named = (name: string, more: object = {}) => Object.assign(new Error("why"), { name }, more);
    const code = (thrown: unknown) => {
      const refusal = refusalOf(thrown);
      return refusal instanceof ApiError ? [refusal.code, refusal.retryAfterMs] : refusal;
    };
    expect(code(named("HookNotFoundError"))).toEqual(["not_found", undefined]);
    expect(code(named("EntityConflictError"))).toEqual(["conflict", undefined]);
    expect(code(named("ThrottleError", { retryAfter: 5 }))).toEqual(["rate_limited", 5000]);
    expect(code(named("WorkflowWorldError", { status: 413 }))).toEqual(["too_large", undefined]);
    expect(code(named("WorkflowWorldError", { status: 404 }))).toEqual(["not_found", undefined]);
    const fault = named("WorkflowWorldError", { status: 500 });
    expect([code(fault), code("text")]).toEqual([fault, "text"]);
  });
});

describe("WH5 following", () => {
  const times = { poll: 2, beat: 30, end: 200 };
  /** Where what comes is looked at: no machine is so slow that something is said in between. */
  const calm = { poll: 2, beat: 60_000, end: 60_000 };
  const event = (slot: number, eventType = "step_created") => ({ eventId: String(slot), eventType }) as Event;

  /** A log that grows: each look gives one of these pages, then nothing. */
  const log = (...pages: readonly { readonly data: Event[]; readonly hasMore?: boolean }[]) => {
    const left = [...pages];
    const list = async () => ({ cursor: null, hasMore: false, ...(left.shift() ?? { data: [] }) });
    return { list } as unknown as Pick<Storage["events"], "list">;
  };
  const all = async (events: Pick<Storage["events"], "list">, ended: boolean, pace = calm) => {
    const groups: number[][] = [];
    const following = followEvents(events, "run", { slot: 0, ended }, pace);
    for (;;) {
      const { done, value } = await following.next();
      if (done === true) return { groups, how: value as Followed };
      groups.push((value as Event[]).map(({ eventId }) => Number(eventId)));
    }
  };

  it("WH5 ends when the run has, with all that was told by then", async () => {
    const pages = [{ data: [event(1)] }, { data: [] }, { data: [event(2, "run_failed")], hasMore: true }];
    expect(await all(log(...pages, { data: [event(3)] }), false)).toEqual({ groups: [[1], [2], [3]], how: "over" });
    expect(await all(log({ data: [event(1)], hasMore: true }, { data: [event(2)] }), true)).toEqual({
      groups: [[1], [2]],
      how: "over",
    });
  });

  it("WH5 says that the line is there while nothing happens, and is begun again after a while", async () => {
    const { groups, how } = await all(log(), false, times);
    expect(how).toBe("again");
    expect(groups.length).toBeGreaterThan(1);
    expect(groups.flat()).toEqual([]);
  });
});

describe("WH17 following a stream", () => {
  const times = { beat: 20, end: 100 };
  const calm = { beat: 60_000, end: 60_000 };

  /** Values, then silence. */
  const stream = (...values: readonly string[]) => {
    let [cancelled, pulls] = [false, 0];
    const body = new ReadableStream<string>(
      {
        pull: (controller) => {
          const value = values[pulls++];
          return value === undefined ? new Promise<void>(() => undefined) : controller.enqueue(value);
        },
        cancel: () => {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const reader = body.getReader();
    return {
      reader: { read: () => reader.read(), cancel: () => reader.cancel() },
      left: () => [cancelled, pulls] as const,
    };
  };
  const all = async (place: StreamPlace, { reader }: ReturnType<typeof stream>, pace = calm) => {
    const seen: unknown[] = [];
    const following = followValues(reader, place, pace);
    for (;;) {
      const { done, value } = await following.next();
      if (done === true) return { seen, how: value as Followed };
      seen.push(value);
    }
  };

  it("WH17 says that the line is there, is begun again after a while, and lets its reader go", async () => {
    const source = stream("a", "b");
    const { seen, how } = await all({ first: 5 }, source, times);
    expect(seen.filter((one) => one !== null)).toEqual([
      { index: 5, value: "a" },
      { index: 6, value: "b" },
    ]);
    expect([how, seen.at(-1), source.left()[0]]).toEqual(["again", null, true]);
  });

  it("WH17 of a run that is over it ends behind what there is, and waits for nothing", async () => {
    const source = stream("a", "b");
    const left = { last: 1, since: 0 };
    expect(await all({ first: 0, left }, source)).toMatchObject({ how: "over", seen: [{ index: 0 }, { index: 1 }] });
    expect(source.left()).toEqual([true, 2]);
    const none = stream();
    expect(await all({ first: 2, left }, none)).toEqual({ how: "over", seen: [] });
    expect(none.left()[1]).toBe(0);
  });

  it("WH17 what a run wrote last is told, though it comes after the run's end", async () => {
    const source = stream("a", "late");
    const since = Date.now() - 30_000 + 5_000;
    const { seen, how } = await all({ first: 0, left: { last: 0, since } }, source);
    expect([how, seen[0], seen[1]]).toEqual(["over", { index: 0, value: "a" }, { index: 1, value: "late" }]);
  });
});
