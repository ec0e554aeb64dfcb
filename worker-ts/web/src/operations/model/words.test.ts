// OP21: how figures and doings are said.
import { describe, expect, it } from "vitest";
import type { Now } from "../api";
import { prettyJson, sayAge, sayBytes, sayDetail, sayDoing, sayTrouble } from "./words";

describe("words", () => {
  it("OP21 say sizes and ages", () => {
    expect([0, 1023, 1024, 1_572_864, 5e12].map(sayBytes)).toEqual(["0 B", "1023 B", "1 KB", "1.5 MB", "4656.6 GB"]);
    expect(sayAge(1_000, 1_500)).toBe("just now");
    expect(sayAge(9_000, 1_500)).toBe("just now");
    expect(sayAge(1_000, 63_400)).toBe("1 min 2 s ago");
  });

  it("OP21 say what was done, also what this page does not know", () => {
    expect(sayDoing({ action: "change_room", detail: { closed: true } })).toBe("closed the room");
    expect(sayDoing({ action: "change_room", detail: { closed: false } })).toBe("reopened the room");
    expect(sayDoing({ action: "change_room", detail: { title: "T" } })).toBe("changed the room");
    expect(sayDoing({ action: "of_tomorrow", detail: {} })).toBe("of tomorrow");
    expect(sayDetail({ detail: { queue: "q", bytes: 5, from: null, to: "" } })).toBe("queue: q, bytes: 5");
  });

  it("OP21 say what needs a look in one sentence, and that nothing does", () => {
    const sums = { sockets: 9, behind: 0, unarchived: 5, silent: 0 };
    const now = {
      deadLetters: [{ queue: "a", total: 5, waiting: 2 }],
      chores: { count: 1, oldestAt: 1 },
    } as unknown as Now;
    expect(sayTrouble(undefined, sums, 0)).toBe("Nothing needs you.");
    expect(sayTrouble(now, { ...sums, behind: 1 }, 3)).toBe(
      "Needs a look: 2 dead letters, 1 slow consumer, 3 stuck runs, 1 unfinished chore.",
    );
  });

  it("OP21 show JSON indented, and what is none as it is", () => {
    expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(prettyJson("{")).toBe("{");
  });
});
