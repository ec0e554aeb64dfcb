// The vats: each the text of a `buildRootObject`, which runs in a compartment of its own. `E` and `Far` come with the powers.

export const VATS = {
  /** Counts in its baggage. */
  counter: `({ Far }, _parameters, baggage) => {
    if (!baggage.has("count")) baggage.init("count", 0);
    return Far("counter", {
      bootstrap: () => "ready",
      next() {
        baggage.set("count", baggage.get("count") + 1);
        return baggage.get("count");
      },
    });
  }`,

  /** Makes objects, and answers promises later. */
  maker: `({ E, Far }, { name }) => {
    let settle;
    return Far("maker", {
      make: (what) => Far("thing", { tell: (to) => name + " made " + what + " for " + to }),
      later: () => new Promise((resolve, reject) => { settle = { resolve, reject }; }),
      resolve: (value) => settle.resolve(value),
      reject: (why) => settle.reject(Error(why)),
      echo: (value) => value,
      fail(why) { throw Error(why); },
    });
  }`,

  /** Talks to the makers: sends to promises, passes what it was given. */
  asker: `({ E, Far }, _parameters, baggage) => {
    let friends;
    return Far("asker", {
      bootstrap(roots) { friends = roots; return "ready"; },
      pipelined: () => E(E(friends.left).make("a boat")).tell(E(friends.right).echo("you")),
      async passed() {
        const thing = await E(friends.left).make("a gift");
        baggage.has("gift") ? baggage.set("gift", thing) : baggage.init("gift", thing);
        const same = await E(friends.right).echo(thing);
        return [same === thing, await E(same).tell("all")];
      },
      kept: () => E(baggage.get("gift")).tell("ever"),
      async waited() {
        const late = E(friends.right).later();
        E(friends.right).resolve(E(friends.left).make("it late"));
        return E(late).tell("who waited");
      },
      refused() {
        const late = E(friends.right).later();
        E(friends.right).reject("no");
        return late.catch((error) => "rejected: " + error.message);
      },
      failing: () => E(friends.left).fail("on purpose"),
    });
  }`,

  /** Ends itself. */
  mortal: `({ Far, exitVat, exitVatWithFailure }, _parameters, baggage) => Far("mortal", {
    bootstrap: () => "ready",
    note: (value) => { baggage.init("note", value); return value; },
    // never answered: a syscall after the exit, as an answer is one, makes 0.5.0 forget the exit
    fail: () => new Promise(() => exitVatWithFailure(Error("as asked"))),
    leave: () => exitVat("bye"),
  })`,
};
