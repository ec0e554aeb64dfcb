// The oracle as a subject of the contract kit: what the storage is compared with must keep the contract itself.
import { fresh, type Subject } from "./kit.ts";
import { createOracle } from "./oracle-storage.ts";

/** A subject in memory. */
export function memorySubject(): Subject {
  let now = Date.now();
  const storage = createOracle(
    () => now,
    () => fresh(),
  );
  return {
    name: "memory",
    clock: {
      now: () => now,
      advance: (ms) => {
        now += ms;
      },
    },
    scope: () => storage,
  };
}
