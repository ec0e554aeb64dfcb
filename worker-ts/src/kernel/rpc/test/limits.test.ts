// The limits that the Rust core has too have one value.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as limits from "../limits";

const rust = readFileSync(join(import.meta.dirname, "../../../../../rust/kernel/src/limit.rs"), "utf8");

test("K51 a limit that the core knows by the same name has the same value here", () => {
  const known = [...rust.matchAll(/pub const (\w+): \w+ = ([^;]+);/g)].map(
    ([, name, value]) => [name, read(value!)] as const,
  );
  expect(known.length).toBeGreaterThan(20);
  const own: Readonly<Record<string, number>> = limits;
  const both = known.filter(([name]) => Object.hasOwn(own, name!));
  expect(both.map(([name]) => name)).toEqual([
    "BODY_BYTES_MAX",
    "SLOTS_MAX",
    "SUBCLUSTER_VATS_MAX",
    "METHOD_BYTES_MAX",
    "NAME_BYTES_MAX",
    "CONFIG_BYTES_MAX",
  ]);
  for (const [name, value] of both) expect([name, own[name!]]).toEqual([name, value]);
});

/** `1_000` or `256 << 10`. */
function read(value: string): number {
  const [base, shift = "0"] = value.replaceAll("_", "").split("<<");
  return Number(base) * 2 ** Number(shift);
}
