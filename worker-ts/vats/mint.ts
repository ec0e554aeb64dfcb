// A mint: it alone knows what is in a purse. A purse is known by its identity, so who holds a purse may spend from it, and nobody can make
// one up. A transfer is one step: both balances change, or none.
import { E, Far } from "@endo/far";
import type { Baggage } from "../src/kernel";

/** What the holder of a purse can do. */
export interface Purse {
  /** Called by the mint, once. */
  open(mint: Mint): void;
  balance(): Promise<number>;
  /** Moves money to another purse of the same mint. Under an order it is moved once, however often it is asked for. */
  pay(amount: number, to: Purse, order?: Order): Promise<void>;
}

/** What a payment is for: whoever asks for one passes an object of its own and a number that it uses for nothing else. */
export interface Order {
  readonly by: object;
  readonly number: number;
}

/** What a mint offers. Whoever can name a purse to it holds that purse. */
export interface Mint {
  balance(purse: Purse): number;
  transfer(from: Purse, to: Purse, amount: number, order?: Order): void;
}

interface Account {
  readonly purse: Purse;
  readonly amount: number;
}

interface Payment extends Order {
  readonly from: Purse;
  readonly to: Purse;
  readonly amount: number;
}

/** Orders that are known, the newest: whoever was restarted under way asks again soon. */
const ORDERS_MAX = 50;

/** `parameters.purses`: the vats of the group that are purses, with what is in them at first. */
export function buildRootObject(
  _vatPowers: unknown,
  parameters: { purses?: Record<string, number> },
  baggage: Baggage,
) {
  if (!baggage.has("ledger")) baggage.init("ledger", []);
  const ledger = () => baggage.get("ledger") as Account[];
  const orders = () => (baggage.has("orders") ? baggage.get("orders") : []) as Payment[];
  const accountOf = (purse: Purse): Account => {
    const account = ledger().find((one) => one.purse === purse);
    if (account === undefined) throw Error("not a purse of this mint");
    return account;
  };
  const mint: Mint & { bootstrap(roots: Record<string, Purse>): Promise<void> } = Far("mint", {
    async bootstrap(roots) {
      const opened = Object.entries(parameters.purses ?? {}).map(([name, amount]) => {
        const purse = roots[name];
        if (purse === undefined) throw Error(`no vat is named ${name}`);
        return { purse, amount: checked(amount) };
      });
      baggage.set("ledger", opened);
      await Promise.all(opened.map(({ purse }) => E(purse).open(mint)));
    },
    balance: (purse) => accountOf(purse).amount,
    transfer(from, to, amount, order) {
      const known = order && orders().find((one) => one.by === order.by && one.number === order.number);
      if (known) {
        if (known.from === from && known.to === to && known.amount === amount) return;
        throw Error("this order was for another payment");
      }
      if (accountOf(from).amount < checked(amount)) throw RangeError("there is not that much in the purse");
      accountOf(to);
      const change = (purse: Purse) => (purse === to ? amount : 0) - (purse === from ? amount : 0);
      baggage.set(
        "ledger",
        ledger().map(({ purse, amount: before }) => ({ purse, amount: before + change(purse) })),
      );
      if (order) baggage.set("orders", [...orders(), { ...order, from, to, amount }].slice(-ORDERS_MAX));
    },
  });
  return mint;
}

function checked(amount: number): number {
  if (!Number.isSafeInteger(amount) || amount < 0) throw TypeError("an amount is a whole number, not below nothing");
  return amount;
}
