// docs/operations.md against the code: it names every variable that the Worker reads, with the default that holds.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type RoomSettings, roomSettings } from "../worker-ts/src/rooms/settings.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, "..", path), "utf8");
const page = read("docs/operations.md");

/** Second column of each table row whose first is one name in capitals. */
const documented = new Map(
  [...page.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \| ([^|]*) \|/gm)].map((match) => [match[1]!, match[2]!] as const),
);

/** The variables that the settings of rooms are read from. */
function variablesOfRooms(): string[] {
  const asked = new Set<string>();
  const env = new Proxy({}, { get: (_, name) => void asked.add(String(name)) });
  roomSettings(env, () => 0);
  return [...asked];
}

/** Numbers of the settings by their place, as `coalesceMs` or `rates.write.burst`. */
function numbers(settings: object, place = ""): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === "number") found.set(place + name, value);
    else if (typeof value === "object") for (const entry of numbers(value, `${place}${name}.`)) found.set(...entry);
  }
  return found;
}

/** What holds when this variable is missing, found by setting it: `20`, or `5/10`. */
function defaultOf(variable: string): string {
  const settingsOf = (env: object): RoomSettings => roomSettings(env, () => 0);
  const value = variable.startsWith("RATE_") && variable !== "RATE_STRIKES_MAX" ? "7/9" : "7";
  const changed = numbers(settingsOf({ [variable]: value }));
  const usual = [...numbers(settingsOf({}))].filter(([place, number]) => changed.get(place) !== number);
  return usual.map(([, number]) => number).join("/");
}

/** The switches of the whole Worker, and those of the kernel. */
function secrets(): string[] {
  const whole = /interface Variables \{(.*?)\n\}/s.exec(read("worker-ts/src/platform/env.ts"))![1]!;
  const kernel = /interface KernelEnv \{(.*?)\n\}/s.exec(read("worker-ts/src/kernel/kernel-object.ts"))![1]!;
  return [...`${whole}\n${kernel};`.matchAll(/readonly (\w+)\?: string;/g)].map((match) => match[1]!);
}

describe("docs/operations.md", () => {
  test("names every variable that is read, and no other", () => {
    expect(secrets().length).toBeGreaterThan(5);
    expect([...documented.keys()].sort()).toEqual([...secrets(), ...variablesOfRooms()].sort());
  });

  test.each(variablesOfRooms())("tells what %s is when nobody says", (variable) => {
    expect(documented.get(variable)?.replaceAll(",", "")).toBe(defaultOf(variable));
  });

  test("names every metric, and no other", () => {
    const list = read("worker-ts/src/platform/metrics.ts");
    const named = [...list.matchAll(/(counter|gauge)\("([a-z_]+)"/g)].map(
      ([, type, name]) => `ferrule_${name}${type === "counter" ? "_total" : ""}`,
    );
    expect(named.length).toBeGreaterThan(10);
    const told = [...page.matchAll(/^\| (`ferrule_.*?) \|/gm)].flatMap(
      (match) => match[1]!.match(/ferrule_\w+/g) ?? [],
    );
    expect(told.sort()).toEqual(named.sort());
  });
});

test(".dev.vars.example holds every secret and switch, and nothing else", () => {
  const names = [...read(".dev.vars.example").matchAll(/^(\w+)=/gm)].map((match) => match[1]!);
  expect(names.sort()).toEqual(secrets().sort());
});
