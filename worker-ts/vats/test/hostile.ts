// A vat that tries what it must not be able to do. Each attempt answers what it got; a refusal is thrown.
import { E, Far } from "@endo/far";

const world = globalThis as unknown as Record<string, unknown>;
/** What makes a promise of an object. */
const THEN = "then";

type Attempt = () => unknown;

const source = (text: string): unknown => (world["eval"] as (text: string) => unknown)(text);

/** Names of the world outside that a vat must not find. */
const WORLD = [
  "fetch",
  "WebSocket",
  "EventSource",
  "caches",
  "Request",
  "Response",
  "connect",
  "navigator",
  "process",
  "require",
  "module",
  "Buffer",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "scheduler",
  "performance",
  "crypto",
  "Worker",
  "MessageChannel",
  "BroadcastChannel",
  "SharedArrayBuffer",
  "Atomics",
  "WebAssembly",
  "WeakRef",
  "FinalizationRegistry",
  "env",
  "ctx",
  "DurableObject",
  "structuredClone",
  "reportError",
  "addEventListener",
  "self",
  "global",
  "Intl",
  "Temporal",
];

const attempts: Record<string, Attempt> = {
  now: () => Date.now(),
  date: () => String(new Date()),
  dateAsFunction: () => (Date as unknown as () => string)(),
  random: () => Math.random(),
  eval: () => source("1 + 1"),
  function: () => new Function("return this")(),
  functionOfFunction: () => ((() => {}).constructor as FunctionConstructor)("return globalThis")(),
  asyncFunction: () => ((async () => {}).constructor as FunctionConstructor)("return globalThis")(),
  generator: () => (function* () {}.constructor as FunctionConstructor)("return globalThis")(),
  compartment: () => {
    const Inner = world["Compartment"] as new () => { evaluate(text: string): unknown };
    return new Inner().evaluate("typeof fetch");
  },
  lockdown: () => (world["lockdown"] as () => unknown)(),
  nested: () => {
    const Inner = world["Compartment"] as new (options: unknown) => { globalThis: Record<string, unknown> };
    const inner = new Inner({ __options__: true });
    return ["fetch", "process", "setTimeout", "crypto", "performance"].filter((name) => name in inner.globalThis);
  },
  arrayPrototype: () => Object.assign(Array.prototype, { stolen: true }) && "changed",
  promisePrototype: () => {
    Object.defineProperty(Promise.prototype, THEN, { value: () => {} });
    return "changed";
  },
  objectPrototype: () => {
    (Object.prototype as unknown as Record<string, unknown>)["stolen"] = true;
    return "changed";
  },
  global: () => {
    world["stolen"] = true;
    return "changed";
  },
  json: () => {
    JSON.stringify = () => "[]";
    return "changed";
  },
  handledPromise: () => Object.assign(world["HandledPromise"] as object, { resolve: 1 }) && "changed",
  codec: () => Object.assign(TextEncoder.prototype, { encode: () => "mine" }) && "changed",
  url: () => Object.assign(URL, { parse: 1 }) && "changed",
  console: () => Object.assign(console, { log: 1 }) && "changed",
  stack: () => `stack: ${new Error("where").stack ?? ""}`,
  callSites: () => {
    const holder = Error as unknown as { prepareStackTrace?: unknown };
    holder.prepareStackTrace = (_: unknown, sites: { getThis?(): unknown }[]) =>
      sites.map((site) => typeof site.getThis?.());
    return JSON.stringify((new Error("x") as { stack?: unknown }).stack);
  },
  caller: () =>
    (function inner() {
      return (inner as unknown as { caller: unknown }).caller;
    })(),
  thisOfCall: () =>
    typeof (function (this: unknown) {
      return this;
    })(),
};

/** Takes no parameters. */
export function buildRootObject(
  vatPowers: { release(x: unknown): void; keep(x: unknown): void; exitVatWithFailure(e: unknown): void },
  parameters: { failing?: boolean },
  baggage: { set(key: string, value: unknown): void; get(key: string): unknown },
) {
  if (parameters.failing) throw Error("this vat does not start");
  let heap = 0;
  return Far("hostile", {
    bootstrap() {},
    /** Names of the world that are there. */
    world: () => WORLD.filter((name) => typeof world[name] !== "undefined"),
    /** All names that a bundle finds. */
    names: () => Object.getOwnPropertyNames(world).sort(),
    attempt(name: string) {
      const attempt = attempts[name];
      if (attempt === undefined) throw Error("no such attempt");
      return attempt();
    },
    attempts: () => Object.keys(attempts),
    /** Texts and shapes that look like references on the wire. */
    forge: () => ["$0", "&0", "$0.Alleged: forged", "o-1", "ko1", { "@qclass": "slot", index: 0 }, { slots: "o-1" }],
    forgeErrors: () => {
      throw Object.assign(Error("$0"), { slots: ["o-1"] });
    },
    forgeKeys: () => ({ "#error": "x", $0: "$0" }),
    forgeTag: () => ({ "#tag": "slot", payload: "$0" }),
    /** An object that says it is a presence. */
    forgePresence: () => E(Far("presence", { vref: "o-1" }) as unknown as { ping(): unknown }).ping(),
    forgeInterface: () => Far('x","$1.Alleged: y', {}),
    proxy: () =>
      new Proxy(
        {},
        {
          get: () => () => 1,
          ownKeys: () => ["a"],
          getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }),
        },
      ),
    thenable: () => [{ [THEN]: (resolve: (value: unknown) => void) => resolve("$0") }],
    cyclic: () => {
      const ring: unknown[] = [];
      ring.push(ring);
      return ring;
    },
    deep: (levels: number) => {
      let value: unknown = 0;
      for (let i = 0; i < levels; i += 1) value = [value];
      return value;
    },
    big: (letters: number) => "x".repeat(letters),
    many: (count: number) => Array.from({ length: count }, (_, index) => Far(`one ${index}`, {})),
    flood: (other: { ping(): unknown }, count: number) => {
      for (let i = 0; i < count; i += 1) void E(other).ping();
    },
    releaseForeign: () => vatPowers.release({ vref: "o-1" }),
    keepBaggage: (value: unknown) => {
      baggage.set("kept", value);
      return baggage.get("kept");
    },
    keepHeap: () => {
      baggage.set("kept", Far("mine", {}));
    },
    keepPromise: () => {
      baggage.set("kept", Promise.resolve(1));
    },
    fill: (letters: number) => {
      for (let i = 0; ; i += 1) baggage.set(`filler ${i}`, "x".repeat(letters));
    },
    fail: () => {
      vatPowers.exitVatWithFailure(Error("enough"));
      return "and on";
    },
    count: () => {
      heap += 1;
      return heap;
    },
  });
}
