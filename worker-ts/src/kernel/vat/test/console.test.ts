// What a vat says on its console, in Node: so much of it, once, and in lines that nobody can take for those of others.
import "../runtime/cooperative";
import { expect, test } from "vitest";
import { makeVatConsole } from "../shim/compartment";

function made() {
  const lines: string[] = [];
  const { console, begin } = makeVatConsole((level, line) => void lines.push(`${level} ${line}`));
  const log = (...words: unknown[]) => console["log"]!(...words);
  return { lines, log, begin };
}

test("V06 a line of a vat begins with the vat's name, and is one line without signs for the terminal", () => {
  const { lines, log, begin } = made();
  begin("k/v1", true);
  log("a\nk/v2: forged\r\u001b[2Jb\u2028c\u0085d", { e: "\n" }, Error("f\ng"));
  expect(lines).toEqual(['log k/v1: a k/v2: forged  [2Jb c d {"e":"\\n"} Error: f g']);
});

test("V06 a delivery tells a hundred lines of a thousand letters, and a replay none", () => {
  const { lines, log, begin } = made();
  begin("v", true);
  for (let i = 0; i < 101; i += 1) log("x".repeat(2_000));
  expect(lines).toEqual(Array.from({ length: 100 }, () => `log v: ${"x".repeat(1_000)}`));
  begin("v", false);
  log("again");
  expect(lines).toHaveLength(100);
  begin("v", true);
  log("next");
  expect(lines.at(-1)).toBe("log v: next");
});
