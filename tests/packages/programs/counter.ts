// A vat that is compiled into somebody's Worker.
import { Far } from "@endo/far";
import type { Baggage } from "@ferrule/worker/kernel";

export function buildRootObject(_vatPowers: unknown, _parameters: unknown, baggage: Baggage) {
  if (!baggage.has("count")) baggage.init("count", 0);
  return Far("counter", {
    bootstrap() {},
    click() {
      baggage.set("count", (baggage.get("count") as number) + 1);
      return baggage.get("count");
    },
  });
}
