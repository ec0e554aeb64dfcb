// What a vat keeps over its incarnations: named smallcaps values in the vat's store, under `b.<key>`.
import harden from "@endo/harden";
import type { CapData } from "../../kernel";
import type { Codec } from "./codec";
import type { Imports } from "./imports";
import type { VatStore } from "./vat-store";

/** What `buildRootObject` gets as its third argument. All of it is synchronous. */
export interface Baggage {
  has(key: string): boolean;
  /** Throws when there is none. */
  get(key: string): unknown;
  /** Throws when there is one already. */
  init(key: string, value: unknown): void;
  /** Data, imports and the root; other objects of the heap and promises are refused. */
  set(key: string, value: unknown): void;
  /** Throws when there is none. */
  delete(key: string): void;
  /** Sorted. */
  keys(): readonly string[];
}

const PREFIX = "b.";

/** `store` as the incarnation begins; what it names is held from now on. */
export function makeBaggage(store: VatStore, codec: Codec, imports: Imports): Baggage {
  const hold = (text: string | undefined, by: 1 | -1): void => {
    if (text === undefined) return;
    const { slots } = JSON.parse(text) as CapData;
    for (const slot of slots) if (slot.startsWith("o-")) imports.store(slot, by);
  };
  const write = (key: string, text: string | undefined): void => {
    const old = store.get(PREFIX + key);
    store.set(PREFIX + key, text);
    hold(text, 1);
    hold(old, -1);
  };
  const need = (key: string): string => {
    const text = store.get(PREFIX + name(key));
    if (text === undefined) throw Error(`no baggage ${JSON.stringify(key)}`);
    return text;
  };
  for (const key of store.keys(PREFIX)) hold(store.get(key), 1);

  const set = (key: string, value: unknown): void => write(name(key), JSON.stringify(codec.encodeKept(value)));
  return harden({
    has: (key: string) => store.get(PREFIX + name(key)) !== undefined,
    get: (key: string) => codec.decode(JSON.parse(need(key))),
    init: (key: string, value: unknown) => {
      if (store.get(PREFIX + name(key)) !== undefined) throw Error(`baggage ${JSON.stringify(key)} is there already`);
      set(key, value);
    },
    set,
    delete: (key: string) => {
      need(key);
      write(key, undefined);
    },
    keys: () => harden(store.keys(PREFIX).map((key) => key.slice(PREFIX.length))),
  });
}

function name(key: unknown): string {
  if (typeof key !== "string") throw TypeError("a key of baggage is a string");
  return key;
}
