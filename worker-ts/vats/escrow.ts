// An escrow: a seller leaves goods (any object), a buyer gets them in the moment in which the seller is paid. Neither has to trust the other,
// and the escrow can do no more than with what it was given. When it is restarted while a payment is under way, it does not know what became
// of it: it pays again under the same order, of which the mint makes one payment.
import { E, Far } from "@endo/far";
import type { Baggage } from "../src/kernel";
import type { Purse } from "./mint";

interface Deal {
  readonly goods: object;
  readonly price: number;
  /** Where the price goes. */
  readonly purse: Purse;
  /** Who pays for it, or has paid. */
  readonly buyer: Purse | null;
  readonly paid: boolean;
}

/** Takes no parameters. */
export function buildRootObject(_vatPowers: unknown, _parameters: unknown, baggage: Baggage) {
  if (!baggage.has("deals")) baggage.init("deals", 0);
  const keyOf = (number: number) => `deal.${number}`;
  const find = (number: number): Deal => {
    if (!baggage.has(keyOf(number))) throw Error(`there is no deal ${number}`);
    return baggage.get(keyOf(number)) as Deal;
  };
  const open = (number: number): Deal => {
    const deal = find(number);
    if (deal.buyer !== null) throw Error(`deal ${number} is being paid for`);
    return deal;
  };
  /** What this heap waits for; what an earlier one waited for stands in the deals alone. */
  const underWay = new Set<number>();
  const pay = async (number: number, buyer: Purse): Promise<void> => {
    const deal = { ...find(number), buyer };
    // two buyers may come before the first one has paid
    baggage.set(keyOf(number), deal);
    underWay.add(number);
    try {
      await E(buyer).pay(deal.price, deal.purse, { by: escrow, number });
      baggage.set(keyOf(number), { ...deal, paid: true });
    } catch (error) {
      baggage.set(keyOf(number), { ...deal, buyer: null });
      throw error;
    } finally {
      underWay.delete(number);
    }
  };
  /** The deal ends, and the goods go. */
  const hand = (number: number): object => {
    const { goods } = find(number);
    baggage.delete(keyOf(number));
    return goods;
  };
  const escrow = Far("escrow", {
    bootstrap() {},
    /** Leaves goods for a price, to be paid into the purse; answers the deal's number. */
    sell(goods: object, price: number, purse: Purse) {
      const number = (baggage.get("deals") as number) + 1;
      baggage.init(keyOf(number), { goods, price, purse, buyer: null, paid: false });
      baggage.set("deals", number);
      return number;
    },
    /** What it costs. */
    price: (number: number) => open(number).price,
    /** Pays from the buyer's purse, and answers the goods. When it cannot be paid the deal stands as before. */
    async buy(number: number, purse: Purse) {
      const { buyer, paid } = find(number);
      if (buyer !== purse || underWay.has(number)) open(number);
      if (!paid) await pay(number, purse);
      return hand(number);
    },
    /** Gives the goods back to whoever holds the purse that was to be paid. */
    async cancel(number: number, purse: Purse) {
      const { purse: seller, buyer, paid } = find(number);
      if (seller !== purse) throw Error("only the seller cancels");
      // what a restart has cut off is brought to an end first; paid, the goods wait for the buyer
      if (buyer !== null && !paid && !underWay.has(number)) await pay(number, buyer).catch(() => {});
      open(number);
      return hand(number);
    },
  });
  return escrow;
}
