// Names, days and sizes as they read.
import { expect, it } from "vitest";
import {
  byteLength,
  dayKey,
  dayLabel,
  fullLabel,
  HUES,
  hue,
  initials,
  momentLabel,
  plural,
  shortLabel,
  timeLabel,
} from "./format";

const at = (text: string) => new Date(text).getTime();

it("calls days by their nearness", () => {
  const now = at("2026-03-02T00:05:00");
  expect(dayLabel(at("2026-03-02T00:01:00"), now)).toBe("Today");
  expect(dayLabel(at("2026-03-01T23:59:00"), now)).toBe("Yesterday");
  expect(dayLabel(at("2026-02-28T12:00:00"), now)).not.toMatch(/2026|day$/u);
  expect(dayLabel(at("2025-03-02T12:00:00"), now)).toContain("2025");
});

it("keys a day by the local calendar", () => {
  expect(dayKey(at("2026-03-01T00:00:00"))).toBe(dayKey(at("2026-03-01T23:59:59")));
  expect(dayKey(at("2026-03-01T23:59:59"))).not.toBe(dayKey(at("2026-03-02T00:00:00")));
});

it("draws initials from any name", () => {
  expect(initials("Ada Lovelace")).toBe("AL");
  expect(initials("Guest-qxyz")).toBe("Q");
  expect(initials("Ana Maria de la Cruz")).toBe("AC");
  expect(initials("🦀 crab")).toBe("🦀C");
  expect(initials("  ")).toBe("?");
});

it("gives an id one colour of those there are", () => {
  expect(hue("user-1")).toBe(hue("user-1"));
  const all = new Set(Array.from({ length: 200 }, (_, number) => hue(`user-${number}`)));
  expect([...all].every((value) => value >= 0 && value < HUES)).toBe(true);
  expect(all.size).toBe(HUES);
});

it("counts bytes, not characters", () => {
  expect(byteLength("aé👍")).toBe(1 + 2 + 4);
  expect(plural(1, "message")).toBe("1 message");
  expect(plural(2, "message")).toBe("2 messages");
});

it("says of what is no time that it is none, and does not throw", () => {
  for (const ts of [Number.NaN, Number.POSITIVE_INFINITY, 9e15]) {
    for (const label of [timeLabel(ts), fullLabel(ts), shortLabel(ts, 0), dayLabel(ts, 0)])
      expect(label).toBe("unknown time");
    expect(momentLabel(ts, 0)).toContain("unknown time");
  }
});
