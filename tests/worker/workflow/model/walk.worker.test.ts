// Random walks: a few in every run of the tests, FERRULE_WALKS=200 for more, FERRULE_WALK_SEED=5,7 for those that broke. A seed that broke
// becomes a test with a name of its own.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { d1Subject } from "../contract/d1.ts";
import { Chance } from "./operations.ts";
import { walk } from "./walk.ts";

const settings = env as { FERRULE_WALKS?: string; FERRULE_WALK_SEED?: string };
const WALKS = Number(settings.FERRULE_WALKS ?? 0);
const OPERATIONS = WALKS > 0 ? 500 : 200;
const SEEDS = settings.FERRULE_WALK_SEED
  ? settings.FERRULE_WALK_SEED.split(",").map(Number)
  : Array.from({ length: WALKS || 4 }, (_, index) => index + 1);

describe("random walks of four writers", () => {
  for (const seed of SEEDS)
    it(`WE1 WE3 WE23 WL1 WL3 seed ${seed}: log, entities and cursors are the oracle's`, {
      timeout: 120_000,
    }, async () => {
      const { broken, operations, refused } = await walk(d1Subject(), seed, OPERATIONS);
      expect(broken).toBeUndefined();
      expect(operations).toBe(OPERATIONS);
      // a walk in which all is refused shows nothing, one in which nothing is does not either
      expect(refused).toBeGreaterThan(OPERATIONS / 10);
      expect(refused).toBeLessThan((OPERATIONS * 9) / 10);
    });

  it("WE1 a seed says the walk: the same numbers come from it every time", () => {
    const draw = (seed: number) => {
      const chance = new Chance(seed);
      return Array.from({ length: 5 }, () => chance.below(1000));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });
});
