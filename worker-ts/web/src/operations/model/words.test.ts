// OP21, OP29, OP30: how figures and doings are said, and what is said to need somebody.
import { describe, expect, it } from "vitest";
import type { Now } from "../api";
import { LATE_MS, type Sums } from "./rooms";
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

  const SUMS = { sockets: 9, behind: 0, unarchived: 5, silent: 0, late: 0 };
  const NOW = { at: LATE_MS * 2, deadLetters: [], chores: { count: 0, oldestAt: null }, queues: [] } as unknown as Now;
  const rooms = (sums: Partial<Sums> = {}) => ({ sums: { ...SUMS, ...sums }, asked: 25, all: true });
  const NO_RUNS = { runs: [], more: false };
  const quiet = { now: NOW, rooms: rooms(), stuck: NO_RUNS };

  it("OP21 say what needs a look in one sentence, and that nothing does", () => {
    expect(sayTrouble(quiet)).toBe("Nothing needs you.");
    const now = {
      ...NOW,
      deadLetters: [{ queue: "a", total: 5, waiting: 2 }],
      chores: { count: 1, oldestAt: 1 },
    };
    expect(sayTrouble({ now, rooms: rooms({ behind: 1 }), stuck: { runs: [1, 2, 3], more: false } })).toBe(
      "Needs a look: 2 dead letters, 1 slow consumer, 3 stuck runs, 1 unfinished chore.",
    );
  });

  it("OP29 never say that nothing needs anybody of what nobody has told", () => {
    for (const [name, word] of [
      ["now", "figures"],
      ["rooms", "rooms"],
      ["stuck", "runs"],
    ] as const)
      expect(sayTrouble({ ...quiet, [name]: undefined })).toBe(
        `Nothing that is known needs you. Not known now: ${word}.`,
      );
    expect(sayTrouble({ now: undefined, rooms: undefined, stuck: undefined })).toBe(
      "Not known now: figures, rooms, runs.",
    );
    expect(sayTrouble({ ...quiet, now: undefined, rooms: rooms({ silent: 1 }) })).toBe(
      "Needs a look: 1 silent room. Not known now: figures.",
    );
    // of 10,000 rooms 25 are asked
    expect(sayTrouble({ ...quiet, rooms: { ...rooms(), all: false } })).toBe(
      "Nothing needs you in the 25 rooms that are asked; there are more.",
    );
  });

  it("OP30 say that an archive which stands still needs a look, and not what is on its way", () => {
    const queue = (name: string, oldestAt: number | null) => ({ name, messages: 1, bytes: 1, oldestAt });
    const told = (more: Partial<Now>) => sayTrouble({ ...quiet, now: { ...NOW, ...more } });
    expect(told({ queues: [queue("ferrule-archive", LATE_MS - 1)] })).toBe("Needs a look: 1 queue that stands still.");
    expect(told({ queues: ["ferrule-archive", "ferrule-archive-dead"].map((name) => queue(name, 1)) })).toBe(
      "Needs a look: 2 queues that stand still.",
    );
    // a run may sleep in its queue
    expect(told({ queues: [queue("ferrule-workflow", 1), queue("ferrule-archive", LATE_MS)] })).toBe(
      "Nothing needs you.",
    );
    expect(sayTrouble({ ...quiet, rooms: rooms({ late: 2 }) })).toBe("Needs a look: 2 rooms that are not archived.");
    expect(told({ chores: { count: 3, oldestAt: LATE_MS } })).toBe("Nothing needs you.");
    expect(told({ chores: { count: 3, oldestAt: 1 } })).toBe("Needs a look: 3 unfinished chores.");
  });

  it("OP21 show JSON indented, and what is none as it is", () => {
    expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(prettyJson("{")).toBe("{");
  });
});
