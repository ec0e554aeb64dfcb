// V06: what a hostile bundle tries, one by one: the network, the clock, randomness, code from text, what all code shares, forged references.
import { env, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { isolateCode } from "../dynamic";
import { type Facets, withVats as withFacets } from "./facets";

const withVats = <T>(run: (facets: Facets) => Promise<T>) => withFacets(runInDurableObject as never, run);

/** All that the language does not bring itself, and `Compartment`, `harden`, `lockdown` of SES. */
const GIVEN = [
  "HandledPromise",
  "TextDecoder",
  "TextEncoder",
  "URL",
  "URLSearchParams",
  "assert",
  "atob",
  "btoa",
  "console",
];
const LANGUAGE = [
  "AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean Compartment DataView Date Error EvalError Function",
  "Infinity Int16Array Int32Array Int8Array Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect",
  "RegExp Set String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakSet",
  "decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis harden isFinite isNaN lockdown parseFloat",
  "parseInt undefined unescape",
].flatMap((line) => line.split(" "));

const REFUSED: [attempt: string, why: RegExp][] = [
  ["now", /secure mode/],
  ["date", /secure mode/],
  ["dateAsFunction", /secure mode/],
  ["random", /secure mode/],
  ["eval", /Code generation/],
  ["function", /Code generation/],
  ["functionOfFunction", /not a valid constructor/],
  ["asyncFunction", /not a valid constructor/],
  ["generator", /not a valid constructor/],
  ["compartment", /Code generation/],
  ["lockdown", /Already locked down|LOCKDOWN/],
  ["arrayPrototype", /not extensible/],
  ["promisePrototype", /redefine/],
  ["objectPrototype", /not extensible/],
  ["global", /not extensible/],
  ["json", /read only/],
  ["handledPromise", /read only/],
  ["codec", /read only/],
  ["url", /read only|not extensible/],
  ["console", /read only/],
];
/** These are allowed and give nothing. */
const EMPTY: [attempt: string, got: unknown][] = [
  ["stack", "stack: "],
  ["callSites", '!""'],
  ["caller", "#undefined"],
  ["thisOfCall", "undefined"],
  ["nested", []],
];

const FORGED: [method: string, body: RegExp][] = [
  ["forge", /^#\["!\$0","!&0","!\$0\.Alleged: forged","o-1","ko1",\{"@qclass":"slot","index":0\},\{"slots":"o-1"\}\]$/],
  ["forgeErrors", /^#\{"#error":"!\$0","name":"Error"\}$/],
  ["forgeKeys", /^#\{"!#error":"x","!\$0":"!\$0"\}$/],
  ["forgeTag", /^#\{"!#tag":"slot","payload":"!\$0"\}$/],
  ["forgePresence", /cannot serialize Remotables with non-methods/],
  ["thenable", /non-promise thenables/],
  ["cyclic", /cyclic/],
  ["releaseForeign", /not an import/],
  ["keepHeap", /an object of this heap/],
  ["keepPromise", /a promise/],
];

/** Every attempt in one vat: an isolate takes a tenth of a second. */
async function hostile<T>(run: (vat: Awaited<ReturnType<typeof started>>) => Promise<T>): Promise<T> {
  return withVats(async ({ open }) => run(await started(open)));
}
async function started(open: Facets["open"]) {
  const vat = open("hostile");
  expect((await vat.start()).fault).toBe(undefined);
  return vat;
}

describe("a hostile bundle", () => {
  test("V06 finds none of the world, and no names but those that are on a list", () =>
    hostile(async (vat) => {
      expect(await vat.ask("world")).toEqual([]);
      expect(await vat.ask("names")).toEqual([...GIVEN, ...LANGUAGE].sort());
    }));

  test("V06 clock, randomness, code from text, what all code shares: each attempt is refused or empty", () =>
    hostile(async (vat) => {
      const names = [...REFUSED, ...EMPTY].map(([name]) => name);
      expect([...names].sort()).toEqual(((await vat.ask("attempts")) as string[]).sort());
      for (const [name, why] of REFUSED) await expect(vat.ask("attempt", name), name).rejects.toThrow(why);
      for (const [name, got] of EMPTY) expect(await vat.ask("attempt", name), name).toEqual(got);
    }));

  test.each(FORGED)("V06 %s names no reference that it was not given", (method, body) =>
    hostile(async (vat) => {
      const told = await vat.message(method, [], [], "p-1");
      expect(told.resolves[0]?.body).toMatch(body);
      expect(JSON.stringify(told.syscalls)).not.toContain('"o-1"]');
      expect(told.resolves[0]?.slots).toEqual([]);
      expect(told.sends).toEqual([]);
    }),
  );

  test("V06 an interface that looks like a slot stays a text in the body", () =>
    hostile(async (vat) => {
      const { resolves } = await vat.message("forgeInterface", [], [], "p-1");
      expect(resolves).toMatchObject([{ slots: ["o+1"] }]);
      expect(JSON.parse(resolves[0]!.body.slice(1))).toBe('$0.Alleged: x","$1.Alleged: y');
    }));

  test("V06 a proxy, and an answer that never comes, hurt nobody else", () =>
    hostile(async (vat) => {
      expect((await vat.message("proxy")).syscalls).toEqual([]);
      expect(await vat.ask("count")).toBe(1);
    }));

  test("V06 what baggage is given as text comes back as text", () =>
    hostile(async (vat) => {
      const fake = JSON.stringify({ body: '#"$0"', slots: ["o-1"] });
      expect(await vat.ask("keepBaggage", fake)).toBe(fake);
    }));
});

/** The same isolate with another program in it, not confined by SES. */
async function unconfined(program: string): Promise<string> {
  const code = isolateCode("");
  const modules = { "shim.js": `export default { async fetch(request, env, ctx) { ${program} } }` };
  const stub = env.LOADER.get(`unconfined-${program}`, () => ({ ...code, modules })).getEntrypoint();
  return (await stub.fetch("http://vat/")).text();
}

describe("the isolate itself, without SES", () => {
  test("V06 has no network", async () => {
    const program =
      'try { await fetch("http://127.0.0.1:1/"); return new Response("got through"); } catch (e) { return new Response(String(e)); }';
    expect(await unconfined(program)).toMatch(/not permitted to access the internet/i);
  });

  test("V06 has no bindings and nothing of Node", async () => {
    expect(await unconfined("return Response.json([Object.keys(env), typeof process, typeof Buffer]);")).toBe(
      '[[],"undefined","undefined"]',
    );
  });
});
