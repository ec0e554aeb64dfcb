// A vat that is compiled into the Worker: what it counts lies in its baggage, since its heap goes whenever the object sleeps.
import { Far } from "@endo/far";
import type { Baggage } from "@ferrule/worker/kernel";

export function buildRootObject(_vatPowers: unknown, _parameters: unknown, baggage: Baggage) {
  if (!baggage.has("clicks")) baggage.init("clicks", 0);
  return Far("clicks", {
    bootstrap() {},
    click() {
      baggage.set("clicks", (baggage.get("clicks") as number) + 1);
      return baggage.get("clicks");
    },
  });
}
