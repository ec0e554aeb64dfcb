// Time on a line, and in words.
import { describe, expect, it } from "vitest";
import { lanesOf } from "./lanes";
import { marksOf, place, roomy, sayLength, scaleOf } from "./scale";
import { factsOf, readArguments, sayEvent, sayNow } from "./words";

describe("the line", () => {
  it("places times between its ends, and never outside", () => {
    const scale = scaleOf(1000, 3000, 200);
    expect([1000, 2000, 3000, 0, 9000].map((at) => place(scale, at))).toEqual([0, 100, 200, 0, 200]);
    expect(place(scaleOf(5, 5, 100), 5)).toBe(0);
  });

  it("leaves room for what goes on, and changes seldom", () => {
    const rooms = Array.from({ length: 600 }, (_, n) => [n * 100, roomy(n * 100)] as const);
    for (const [ms, room] of rooms) {
      expect(room).toBeGreaterThanOrEqual(ms * 0.999);
      expect(room).toBeLessThanOrEqual(Math.max(ms * 1.21, 2000));
    }
    expect(new Set(rooms.map(([, room]) => room)).size).toBeLessThan(22);
    expect(roomy(0)).toBe(2000);
  });

  it("has marks that are apart and round, whatever its length", () => {
    for (const length of [1, 150, 2_000, 61_000, 3_700_000, 9 * 86_400_000, 400 * 86_400_000])
      for (const width of [280, 1200, 9000]) {
        const marks = marksOf(scaleOf(0, length, width));
        expect(marks[0]).toEqual({ x: 0, label: "0 ms" });
        expect(marks.length).toBeLessThanOrEqual(width / 72 + 1);
        for (const [index, mark] of marks.entries()) {
          expect(mark.x).toBeLessThanOrEqual(width);
          if (index > 0) expect(mark.x - marks[index - 1]!.x).toBeGreaterThanOrEqual(71.9);
        }
      }
    expect(marksOf(scaleOf(0, 10_000, 800)).map(({ label }) => label)).toEqual([
      "0 ms",
      "1 s",
      "2 s",
      "3 s",
      "4 s",
      "5 s",
      "6 s",
      "7 s",
      "8 s",
      "9 s",
      "10 s",
    ]);
  });
});

describe("words", () => {
  it("lengths of time", () => {
    const day = 86_400_000;
    expect([0, 340.4, 1000, 2512, 45_200, 200_000, 7_500_000, 3 * day + 4 * 3_600_000, day].map(sayLength)).toEqual([
      "0 ms",
      "340 ms",
      "1 s",
      "2.51 s",
      "45.2 s",
      "3 min 20 s",
      "2 h 5 min",
      "3 d 4 h",
      "1 d",
    ]);
  });

  it("events, and what they say", () => {
    const event = {
      slot: 4,
      type: "step_started",
      at: 1500,
      subject: "s",
      data: { attempt: 2, stepName: "step//a//go" },
    };
    expect(sayEvent(event, "go", 1000)).toBe("Step started of go, attempt 2, event 4, after 500 ms");
    expect(sayEvent({ ...event, type: "new_thing" }, "", 2000)).toBe("new_thing, event 4, after 0 ms");
    const data = { stepName: "step//a//go", retryAfter: 7, isWebhook: true, isSystem: false, changes: [1], x: null };
    expect(factsOf({ ...event, data }, (at) => `at ${at}`)).toEqual([
      ["Step", "go"],
      ["Not before", "at 7"],
      ["Webhook", "yes"],
      ["changes", "[1]"],
    ]);
  });

  it("what an open run does now", () => {
    const told = (...events: readonly (readonly [type: string, subject?: string, data?: object])[]) =>
      sayNow(
        lanesOf(
          events.map(([type, subject = null, data = {}], index) => {
            return { slot: index + 1, type, at: index, subject, data: data as Record<string, unknown> };
          }),
          "run",
        ),
        (at) => `time ${at}`,
      );
    const begun = [["run_created"], ["run_started"]] as const;
    const step = (name: string) => ["step_created", name, { stepName: name }] as const;
    expect(told(["run_created"])).toBe("waits to be begun");
    expect(told(...begun)).toBe("runs");
    expect(told(...begun, step("a"))).toBe("a to be run next");
    expect(told(...begun, step("a"), step("b"), ["step_started", "a"], ["step_started", "b"])).toBe(
      "runs a and 1 more",
    );
    expect(told(...begun, step("a"), ["step_started", "a"], ["step_retrying", "a"])).toBe("waits to try a again");
    const sleeps = ["wait_created", "w", { resumeAt: 99 }] as const;
    expect(told(...begun, sleeps)).toBe("sleeps until time 99");
    expect(told(...begun, sleeps, ["hook_created", "h", { token: "t" }])).toBe(
      "waits for an answer, until time 99 at most",
    );
    expect(told(...begun, ["hook_created", "h", { token: "t", isSystem: true }])).toBe("runs");
    expect(told(...begun, ["hook_created", "h", { token: "t" }])).toBe("waits for an answer");
    expect(told(...begun, ["hook_created", "h", { token: "t" }], ["hook_received", "h"])).toBe("runs");
    expect(told(...begun, ["run_failed"])).toBeUndefined();
  });

  it("arguments as they are typed", () => {
    expect(["", " ", "[]", '[1,"a"]', "{}", "5", "[", "null"].map(readArguments)).toEqual([
      [],
      [],
      [],
      [1, "a"],
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
