// A vat that counts. What it counts lies in its baggage, so nothing is lost with its heap.
import { Far } from "@endo/far";
import type { Baggage } from "../src/kernel";

/** `parameters.start`: the first count, 0 if it is not there. */
export function buildRootObject(_vatPowers: unknown, parameters: { start?: number }, baggage: Baggage) {
  if (!baggage.has("count")) baggage.init("count", parameters.start ?? 0);
  const count = () => baggage.get("count") as number;
  return Far("counter", {
    bootstrap() {},
    /** Adds a whole number, 1 if none is given, and answers the new count. */
    increment(by = 1) {
      if (!Number.isSafeInteger(count() + by)) throw TypeError("a counter adds whole numbers");
      baggage.set("count", count() + by);
      return count();
    },
    /** The count as it is. */
    read: () => count(),
  });
}
