// A purse: a vat of its own, so that it outlives every heap. It holds nothing but its mint; to hold the purse is to hold the money.
import { E, Far } from "@endo/far";
import type { Baggage } from "../src/kernel";
import type { Mint, Purse } from "./mint";

/** Takes no parameters. */
export function buildRootObject(_vatPowers: unknown, _parameters: unknown, baggage: Baggage) {
  const mint = () => baggage.get("mint") as Mint;
  const purse: Purse = Far("purse", {
    open(of) {
      baggage.init("mint", of);
    },
    balance: () => E(mint()).balance(purse),
    pay: (amount, to, ...order) => E(mint()).transfer(purse, to, amount, ...order),
  });
  return purse;
}
