// The feed of server-sent events: each value once and in order, whatever the line does; where it stands.
import { expect, it } from "vitest";
import {
  Feed,
  type FeedState,
  GATHER_MS,
  LOST_MS,
  REOPEN_MS,
  REOPENS_MAX,
  type Source,
  STEADY_MS,
  VAIN_MAX,
} from "./feed";

class FakeSource implements Source {
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  readyState = 0;
  closed = false;
  end = () => {};
  addEventListener(_: string, listener: () => void) {
    this.end = listener;
  }
  close() {
    this.closed = true;
  }
  say(id: number, value: unknown) {
    this.onmessage?.({ data: JSON.stringify(value), lastEventId: String(id) } as MessageEvent);
  }
  fail(readyState: number) {
    this.readyState = readyState;
    this.onerror?.({} as Event);
  }
}

function world() {
  const sources: FakeSource[] = [];
  const opened = () => sources[sources.push(new FakeSource()) - 1]!;
  const told: [values: readonly unknown[], state: FeedState][] = [];
  let [now, due]: [number, { readonly at: number; readonly f: () => void }[]] = [0, []];
  const feed = new Feed<unknown>(
    {
      open: opened,
      after: (ms, f) => {
        const timer = { at: now + ms, f };
        due.push(timer);
        return () => {
          due = due.filter((one) => one !== timer);
        };
      },
    },
    (values, state) => told.push([values, state]),
  );
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const [next] = due.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
      if (next === undefined) break;
      now = next.at;
      due = due.filter((one) => one !== next);
      next.f();
    }
    now = end;
  };
  return { source: sources[0]!, sources, told, feed, pass };
}

it("hands values on in groups, each once, also when the line was cut", () => {
  const { source, told, pass } = world();
  source.onopen?.({} as Event);
  for (const id of [0, 1, 2]) source.say(id, id);
  expect(told).toEqual([[[], "live"]]);
  pass(GATHER_MS);
  source.fail(0);
  pass(LOST_MS);
  source.onopen?.({} as Event);
  for (const id of [1, 2, 3]) source.say(id, id);
  pass(GATHER_MS);
  expect(told.slice(1)).toEqual([
    [[0, 1, 2], "live"],
    [[], "lost"],
    [[], "live"],
    [[3], "live"],
  ]);
});

it("a line that the server ends on purpose, and that is there again at once, was not lost", () => {
  const { source, told, pass } = world();
  source.onopen?.({} as Event);
  for (let times = 0; times < 2 * VAIN_MAX; times++) {
    pass(240_000);
    source.fail(0);
    pass(LOST_MS - 1);
    source.onopen?.({} as Event);
  }
  pass(LOST_MS);
  expect(told).toEqual([[[], "live"]]);
  source.fail(0);
  pass(LOST_MS);
  expect(told.slice(1)).toEqual([[[], "lost"]]);
});

it("does not ask for ever for a line that breaks each time it is there, before it tells anything", () => {
  const { source, told, pass } = world();
  source.onopen?.({} as Event);
  source.say(0, "a");
  source.fail(0);
  for (let times = 0; times < VAIN_MAX; times++) {
    expect(source.closed).toBe(false);
    pass(1000);
    source.onopen?.({} as Event);
    source.say(0, "a");
    source.fail(0);
  }
  pass(STEADY_MS);
  expect(told).toEqual([
    [[], "live"],
    [["a"], "live"],
    [[], "refused"],
  ]);
  expect(source.closed).toBe(true);
});

it("goes on with a line that tells something each time, and with one that cannot be reached for long", () => {
  const { source, told, pass } = world();
  for (let id = 0; id < 2 * VAIN_MAX; id++) {
    source.onopen?.({} as Event);
    source.say(id, id);
    source.fail(0);
    pass(1000);
  }
  for (let times = 0; times < 2 * VAIN_MAX; times++) {
    source.fail(0);
    pass(1000);
  }
  expect(source.closed).toBe(false);
  expect(told.flatMap(([values]) => values)).toHaveLength(2 * VAIN_MAX);
  expect(told.at(-1)?.[1]).toBe("lost");
});

it("hands the last ones on at the end, and is over then", () => {
  const { source, told } = world();
  source.say(1, "a");
  source.end();
  source.fail(2);
  expect(told).toEqual([[["a"], "over"]]);
  expect(source.closed).toBe(true);
});

it("opens again where the browser has given up, and tells each value once all the same", () => {
  const { sources, told, pass } = world();
  sources[0]!.say(1, "a");
  sources[0]!.fail(2);
  pass(REOPEN_MS);
  expect(sources).toHaveLength(2);
  sources[1]!.onopen?.({} as Event);
  for (const id of [1, 2]) sources[1]!.say(id, id === 1 ? "a" : "b");
  pass(GATHER_MS);
  expect(told).toEqual([
    [["a"], "opening"],
    [[], "live"],
    [["b"], "live"],
  ]);
});

it("says that it is refused when that does not help, and nothing once it is disposed of", () => {
  const { sources, told, feed, pass } = world();
  for (let times = 0; times <= REOPENS_MAX; times++) {
    sources.at(-1)!.fail(2);
    pass(REOPEN_MS);
  }
  expect(sources).toHaveLength(REOPENS_MAX + 1);
  expect(told).toEqual([
    [[], "lost"],
    [[], "refused"],
  ]);
  sources.at(-1)!.say(1, "a");
  feed[Symbol.dispose]();
  pass(LOST_MS);
  expect(told).toHaveLength(2);
  expect(sources.at(-1)!.closed).toBe(true);
});

it("is not opened again once it is disposed of", () => {
  const { sources, feed, pass } = world();
  sources[0]!.fail(2);
  feed[Symbol.dispose]();
  pass(STEADY_MS);
  expect(sources).toHaveLength(1);
});
