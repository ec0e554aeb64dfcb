// A vat that greets, and makes friends: the others of its group greet back by a message, and are remembered.
import { E, Far } from "@endo/far";
import type { Baggage } from "../src/kernel";

interface Greeter {
  greet(name: string): string;
}

/** `parameters.name`: how it introduces itself; `parameters.greeting`: what it says, "hello" if it is not there. */
export function buildRootObject(
  _vatPowers: unknown,
  parameters: { name?: string; greeting?: string },
  baggage: Baggage,
) {
  const { name = "the greeter", greeting = "hello" } = parameters;
  if (!baggage.has("friends")) baggage.init("friends", []);
  const friends = () => baggage.get("friends") as Greeter[];
  const greeter = Far("greeter", {
    /** Meets everybody of the group. */
    async bootstrap(roots: Record<string, Greeter>) {
      const others = Object.values(roots).filter((root) => root !== greeter);
      return Promise.all(others.map((other) => greeter.meet(other)));
    },
    /** `hello, NAME` */
    greet: (whom: string) => `${greeting}, ${whom}`,
    /** Introduces itself to the other one, remembers it, and answers what it said. */
    meet(other: Greeter) {
      if (!friends().includes(other)) baggage.set("friends", [...friends(), other]);
      return E(other).greet(name);
    },
    /** What each friend says, in the order in which they were met. */
    greetAll: () => Promise.all(friends().map((friend) => E(friend).greet(name))),
  });
  return greeter;
}
