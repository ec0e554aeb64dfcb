// Test vats in one: promises that wait over deliveries, in the heap alone (waiter); messages to results (pipeliner); objects that are
// kept and released (keeper, hoarder).
import { E, Far } from "@endo/far";
import type { Baggage, VatPowers } from "../../src/kernel";

interface Other {
  answer(question: string): string;
  first(): Other;
  second(what: unknown): unknown;
  ping(): unknown;
  wait(): Promise<unknown>;
  listen(other: Other): unknown;
}

/** Takes no parameters. */
export function buildRootObject(vatPowers: VatPowers, _parameters: unknown, baggage: Baggage) {
  let heap = 0;
  const waiting: ((value: unknown) => void)[] = [];
  const hoard: Other[] = [];
  if (!baggage.has("total")) baggage.init("total", 0);
  return Far("waiter", {
    bootstrap() {},
    /** What baggage and what the heap has counted. */
    add(by: number) {
      baggage.set("total", (baggage.get("total") as number) + by);
      heap += 1;
      return [baggage.get("total"), heap];
    },
    async ask(other: Other, question: string) {
      const answer = await E(other).answer(question);
      heap += 1;
      return `${answer} (heap ${heap})`;
    },
    /** Waits for what another one waits for, and writes down what it was. */
    async listen(other: Other) {
      const value = await E(other).wait();
      heap += 1;
      baggage.set("heard", `${value} (heap ${heap})`);
    },
    /** Has the first one listen to the second one, and does not wait for it. */
    introduce: (listener: Other, other: Other) => E.sendOnly(listener).listen(other),
    wait: () => new Promise((resolve) => waiting.push(resolve)),
    wake(value: unknown) {
      for (const resolve of waiting.splice(0)) resolve(value);
      return heap;
    },
    /** Three messages before any answer. */
    chain: (other: Other) => E(E(E(other).first()).first()).second(Far("made", { ping: () => "pong" })),
    /** The result of one message, as the argument of another. */
    pass: (other: Other) => E(other).second(E(other).first()),
    tell: (other: Other) => E.sendOnly(other).ping(),
    ping: () => "pong",
    answer: (question: string) => `${question}!`,
    hoard(other: Other) {
      hoard.push(other);
      return hoard.length;
    },
    use: (index: number) => E(hoard[index]!).ping(),
    keep: (index: number) => vatPowers.keep(hoard[index]),
    release: (index: number) => vatPowers.release(hoard[index]),
    remember(key: string, value: unknown) {
      baggage.set(key, value);
    },
    forget: (key: string) => baggage.delete(key),
    recall: (key: string) => baggage.get(key),
    callKept: (key: string) => E(baggage.get(key) as Other).ping(),
    restart: () => vatPowers.restartAfterCrank(),
    exit: (value: unknown) => vatPowers.exitVat(value),
    throw: (text: string) => {
      throw RangeError(text);
    },
  });
}
