// The grammar of commands: what is an order, what is answered, what is none of its business.
import { expect, it } from "vitest";
import { HELP, mayBeCommand, readCommand, readSpan, TEXT_MAX } from "./grammar";

const MINUTE = 60_000;
const answerTo = (text: string) => {
  const read = readCommand(text);
  return read !== null && "answer" in read ? read.answer : undefined;
};

it("WC1 orders", () => {
  expect(readCommand("/remind 10m take out the bread")).toEqual({
    order: { kind: "remind", ms: 10 * MINUTE, text: "take out the bread" },
  });
  expect(readCommand("  /REMIND 1h30m\n tea \n and cake ")).toEqual({
    order: { kind: "remind", ms: 90 * MINUTE, text: "tea and cake" },
  });
  expect(readCommand("/remind 10 minutes tea")).toEqual({ order: { kind: "remind", ms: 10 * MINUTE, text: "tea" } });
  expect(readCommand("/remind 2 days pay the rent")).toMatchObject({ order: { ms: 2 * 24 * 60 * MINUTE } });
  expect(readCommand("/digest")).toEqual({ order: { kind: "digest", days: 7 } });
  expect(readCommand("/digest 3")).toEqual({ order: { kind: "digest", days: 3 } });
  expect(readCommand("/digest 2w")).toEqual({ order: { kind: "digest", days: 14 } });
  expect(readCommand("/approve release on Friday")).toEqual({ order: { kind: "approve", text: "release on Friday" } });
});

it("WC1 what is wrong is said, with an example or the limit", () => {
  for (const text of [
    "/remind",
    "/remind soon tea",
    "/remind 10x tea",
    "/remind 10m",
    "/remind -5m tea",
    "/remind 1h1h tea",
  ])
    expect(answerTo(text), text).toContain("/remind 1");
  expect(answerTo("/remind 10m")).toContain("/remind 10m take out");
  expect(answerTo("/remind 0s tea")).toContain("second at least");
  expect(answerTo("/remind 366d tea")).toContain("a year");
  expect(answerTo("/remind 999999999w tea")).toContain("a year");
  expect(answerTo("/digest 32d")).toContain("31 days");
  expect(answerTo("/digest 5h")).toContain("whole days");
  expect(answerTo("/digest 0")).toContain("whole days");
  expect(answerTo("/digest everything")).toContain("“everything”");
  expect(answerTo("/approve")).toContain("/approve release");
  expect(answerTo(`/approve ${"ä".repeat(TEXT_MAX + 1)}`)).toContain(
    `${TEXT_MAX} characters at most, and these are 501`,
  );
  expect(readCommand(`/remind 1m ${"🍞".repeat(TEXT_MAX)}`)).toMatchObject({ order: { kind: "remind" } });
  expect(answerTo(`/remind ${"9".repeat(5000)} tea`)!.length).toBeLessThan(250);
});

it("WC1 help, near misses, and what is none of ours", () => {
  expect(answerTo("/help")).toBe(HELP);
  expect(answerTo("/remnd 10m tea")).toContain("/remind");
  expect(answerTo("/aprove it")).toContain("/approve");
  for (const text of [
    "hello",
    "/",
    "//",
    "/etc/hosts",
    "/usr is full",
    "/shrug",
    "a /remind 10m x",
    "/remind10m x",
    "/ remind 1m x",
  ])
    expect(readCommand(text), text).toBeNull();
});

it("WC1 spans", () => {
  expect([readSpan("90s"), readSpan("1 hour 5 min"), readSpan("1w2d")]).toEqual([90_000, 65 * MINUTE, 9 * 86_400_000]);
  for (const text of ["", "m", "10", "1.5h", "10 parsecs", "1m1m", "1e3s", "١٠m"])
    expect(readSpan(text), text).toBeNull();
});

it("WC1 only what begins with a slash and a letter is looked at", () => {
  expect(["/remind", "/X"].map(mayBeCommand)).toEqual([true, true]);
  expect(["", "/", "//", "/1", "remind", " /remind"].map(mayBeCommand)).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});
