// Cards taken apart: words, then links of this house and no others.
import { expect, test } from "vitest";
import { cardParts, isBot, ownTimes } from "./card";
import { momentLabel } from "./format";

test("the links at the end of a card become paths", () => {
  const run = `wrun_${"0".repeat(26)}`;
  const text = `🗳️ Ann asks\nOpen until noon.\nApprove: https://chat.example/choices/lobby/${run}/approve\nTimeline: /runs/${run}`;
  expect(cardParts(text)).toEqual({
    text: "🗳️ Ann asks\nOpen until noon.",
    links: [
      { word: "Approve", href: `/choices/lobby/${run}/approve`, choice: { room: "lobby", run, choice: "approve" } },
      { word: "Timeline", href: `/runs/${run}`, choice: undefined },
    ],
  });
});

test("words stay words: no links, other addresses, links in the middle", () => {
  for (const text of [
    "hello",
    "",
    "Approve: https://evil.example/other",
    "Done: javascript:alert(1)",
    "Done: //evil/runs/x",
    "Approve: /runs/a\nand more",
  ])
    expect(cardParts(text)).toEqual({ text, links: [] });
});

test("bots are known by their ids", () => {
  expect([isBot("bot-reminder"), isBot("robot"), isBot("")]).toEqual([true, false, false]);
});

test("times in UTC become the reader's, and nothing else does", () => {
  const text = "Comes at 2026-11-21 19:29 UTC; once more at 2026-11-22 19:29 UTC, not 2026-11-21.";
  expect(ownTimes(text, (at) => new Date(at).toISOString())).toBe(
    "Comes at 2026-11-21T19:29:00.000Z; once more at 2026-11-22T19:29:00.000Z, not 2026-11-21.",
  );
});

test("what looks like a time and is none stays as somebody wrote it", () => {
  for (const time of [
    "2026-13-01 10:00",
    "2026-02-30 10:00",
    "2026-01-01 24:00",
    "2026-01-01 10:61",
    "0000-00-00 00:00",
  ]) {
    const text = `Ann asks for approval: ${time} UTC`;
    expect(ownTimes(text, (at) => momentLabel(at, 0))).toBe(text);
  }
});
