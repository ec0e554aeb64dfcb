// The command line of `npm run capacity`: what is said is what is reckoned, and what is not understood is an error with a code.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../harness/environment.ts";
import { ArgumentError, help, KNOB_NAMES, KNOBS, PRESETS, readArguments, USUAL } from "./use.ts";

describe("the words behind npm run capacity --", () => {
  test("nothing said is a team's use, as text", () => {
    expect(readArguments([])).toEqual({ use: USUAL, preset: "team", json: false, measure: [], draw: false });
  });

  test("a preset, and what is said beside it, in either form and any order", () => {
    const { use, json } = readArguments([
      "--sockets=7",
      "--preset",
      "million",
      "--rooms",
      "1_000",
      "--json",
      "--store",
      "d1",
    ]);
    expect(use).toEqual({ ...USUAL, ...PRESETS.million, sockets: 7, rooms: 1_000, store: "d1" });
    expect(json).toBe(true);
    expect(readArguments(["--messages", "1e9"]).use.messages).toBe(1e9);
  });

  test.each([
    [["--room", "3"], "UNKNOWN_OPTION", "--room"],
    [["--rooms"], "NO_VALUE", "--rooms takes a number"],
    [["--rooms", "--json"], "NO_VALUE", "--rooms takes a number"],
    [["--rooms", "many"], "NO_NUMBER", '"many"'],
    [["--rooms", "-1"], "NO_NUMBER", '"-1"'],
    [["--rooms", "Infinity"], "NO_NUMBER", "Infinity"],
    [["--rooms", "1.5"], "OUT_OF_RANGE", "a whole number"],
    [["--active", "1.5"], "OUT_OF_RANGE", "up to 1"],
    [["--preset", "planet"], "UNKNOWN_PRESET", "team, community, million, thrifty"],
    [["--measure=everything"], "UNKNOWN_PART", "chat,upkeep,relays,machines,kept,processor"],
    [["--store=memory"], "UNKNOWN_STORE", "object, d1"],
  ])("%j is refused with %s", (words, code, sentence) => {
    let thrown: unknown;
    try {
      readArguments(words);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ArgumentError);
    expect(thrown).toMatchObject({ code, message: expect.stringContaining(sentence) });
  });

  test.each(KNOB_NAMES)("--%s takes its largest value and none above", (name) => {
    const { most } = KNOBS[name];
    expect(readArguments([`--${name}`, String(most)]).use[name]).toBe(most);
    expect(() => readArguments([`--${name}`, String(most * 2)])).toThrow(ArgumentError);
  });

  test("every preset is within every range, and the help names everything that may be said", () => {
    for (const preset of Object.values(PRESETS))
      for (const [name, value] of Object.entries(preset))
        expect(value).toBeLessThanOrEqual(KNOBS[name as "rooms"].most);
    for (const name of KNOB_NAMES) expect(help()).toContain(`--${name} `);
  });
});

describe("npm run capacity", () => {
  const capacity = (...words: string[]) =>
    spawnSync("node", [join(root, "scripts/measure/capacity.mjs"), ...words], { cwd: root, encoding: "utf8" });

  test("prints counts, bill and limits", () => {
    const { status, stdout } = capacity("--preset", "community");
    expect(status).toBe(0);
    for (const line of ["Counted in a month", "Workers Paid", "together", "Limits, the nearest first"])
      expect(stdout).toContain(line);
  });

  test("--json is the answer as JSON", () => {
    const answer = JSON.parse(capacity("--json", "--rooms", "3").stdout);
    expect(answer).toMatchObject({ use: { rooms: 3 }, dollars: expect.any(Number), takes: { rooms: 3 } });
  });

  test("what is not understood is one line with its code, and nothing else", () => {
    const { status, stdout, stderr } = capacity("--rooms", "many");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.trim()).toMatch(/^NO_NUMBER: .*\.$/);
  });
});
