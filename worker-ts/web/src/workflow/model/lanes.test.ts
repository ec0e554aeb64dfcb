// The lanes of a log: which there are, how they stand, what is open.
import { describe, expect, it } from "vitest";
import type { LogEvent } from "../api";
import { lanesOf, openHooks } from "./lanes";
import { walk } from "./walk";

let slot = 0;
const event = (type: string, at: number, subject: string | null = null, data: LogEvent["data"] = {}): LogEvent => ({
  slot: ++slot,
  type,
  at,
  subject,
  data,
});
const log = (...events: LogEvent[]) => lanesOf(events, "digest");
const begin = () => {
  slot = 0;
  return [event("run_created", 0), event("run_started", 5)];
};

describe("lanes", () => {
  it("a lane for the run and one for each step, grey until it begins, blue until it ends, tried again in between", () => {
    const lanes = log(
      ...begin(),
      event("step_created", 10, "s1", { stepName: "step//./a//read" }),
      event("step_started", 12, "s1", { attempt: 1 }),
      event("step_retrying", 20, "s1", { retryAfter: 30 }),
      event("step_started", 31, "s1", { attempt: 2 }),
      event("step_completed", 40, "s1"),
    );
    expect(lanes.map(({ id, kind, title, state }) => [id, kind, title, state])).toEqual([
      ["run", "run", "digest", "running"],
      ["s1", "step", "read", "completed"],
    ]);
    expect(lanes[1]).toMatchObject({
      attempts: 2,
      spans: [
        { phase: "queued", from: 10, to: 12 },
        { phase: "running", from: 12, to: 20 },
        { phase: "queued", from: 20, to: 31 },
        { phase: "running", from: 31, to: 40 },
      ],
    });
    expect(lanes[0]?.spans.at(-1)).toEqual({ phase: "running", from: 5, to: undefined });
  });

  it("waits and hooks have lanes of their own; what is open when the run ends, ends there", () => {
    const events = [
      ...begin(),
      event("wait_created", 10, "w1", { resumeAt: 99 }),
      event("hook_created", 11, "h1", { token: "t", isWebhook: true }),
      event("hook_created", 11, "h2", { token: "u", isSystem: true }),
      event("step_created", 12, "s1", { stepName: "slow" }),
    ];
    const open = log(...events);
    expect(open.slice(1).map(({ kind, state, title }) => [kind, state, title])).toEqual([
      ["wait", "waiting", "Sleep 89 ms"],
      ["hook", "open", "Webhook"],
      ["hook", "open", "Hook u"],
      ["step", "pending", "slow"],
    ]);
    expect(openHooks(open)).toEqual([{ token: "t", webhook: true, resumed: 0 }]);
    expect(openHooks(log(...events, event("hook_received", 20, "h1")))).toMatchObject([{ token: "t", resumed: 1 }]);
    const ended = log(...events, event("run_cancelled", 50));
    expect(ended.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => "cancelled"));
    expect(ended.flatMap(({ spans }) => spans.map(({ to }) => to))).not.toContain(undefined);
    expect(openHooks(ended)).toEqual([]);
    // a step that was under way may still say how it went
    expect(log(...events, event("run_failed", 50), event("step_completed", 60, "s1")).at(-1)?.state).toBe("completed");
  });

  it("what is of no step stands in the lane of the run; an event that is not known changes nothing", () => {
    const lanes = log(...begin(), event("step_blessed", 7, "s9"), event("attr_set", 8, "a1", { changes: [] }));
    expect(lanes.map(({ id, events }) => [id, events.length])).toEqual([
      ["run", 3],
      ["s9", 1],
    ]);
    expect(log()).toEqual([]);
  });
});

describe("titles", () => {
  it("say how long a sleep was meant to be, and which hook it is", () => {
    const title = (type: string, data: LogEvent["data"]) => log(...begin(), event(type, 0, "x", data))[1]?.title;
    const slept = (ms: number) => title("wait_created", { resumeAt: ms });
    expect([0, 89, 904, 5_400, 59_990, 259_199_400].map(slept)).toEqual([
      "Sleep 0 ms",
      "Sleep 89 ms",
      "Sleep 1 s",
      "Sleep 5 s",
      "Sleep 1 min",
      "Sleep 3 d",
    ]);
    expect(title("wait_created", {})).toBe("Sleep");
    const hook = (token: string) => title("hook_created", { token });
    expect(hook("choice:lobby:wrun_1")).toBe("Answer of the room");
    expect(hook("a".repeat(99))).toBe(`Hook ${"a".repeat(24)}…`);
    expect(title("hook_created", {})).toBe("Hook");
  });
});

describe("walking", () => {
  it("leads along a lane and from lane to lane, and stays where nothing follows", () => {
    const lanes = log(
      ...begin(),
      event("step_created", 10, "s1"),
      event("step_started", 90, "s1"),
      event("run_completed", 100),
    );
    const from = (start: number, ...keys: string[]) => keys.reduce((at, key) => walk(lanes, at, key), start);
    expect(from(1, "ArrowRight")).toBe(2);
    expect(from(1, "ArrowRight", "ArrowRight", "ArrowRight")).toBe(5);
    expect(from(5, "ArrowDown")).toBe(4);
    expect(from(2, "ArrowDown")).toBe(3);
    expect(from(4, "ArrowUp")).toBe(5);
    expect(from(1, "ArrowLeft", "ArrowUp")).toBe(1);
    expect(from(3, "End")).toBe(5);
    expect(from(3, "Home")).toBe(1);
    expect(from(99, "ArrowLeft")).toBe(1);
    expect(walk([], 3, "ArrowLeft")).toBe(3);
  });
});
