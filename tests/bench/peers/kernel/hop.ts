// A vat that hands every message on to its neighbour `counter` and answers what that answered.
import { E, Far } from "@endo/far";
import type { Baggage } from "../../../../worker-ts/src/kernel";

interface Counter {
  increment(): number;
}

export function buildRootObject(_vatPowers: unknown, _parameters: unknown, baggage: Baggage) {
  return Far("hop", {
    bootstrap(roots: { counter: object }) {
      baggage.init("counter", roots.counter);
    },
    increment: () => E(baggage.get("counter") as Counter).increment(),
  });
}
