// Configurations: what they may say, what of them is refused, and the command that they become.
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { CONFIG_BYTES_MAX, NAME_BYTES_MAX, SUBCLUSTER_VATS_MAX } from "../../rpc/limits";
import { checkConfig, checkVatConfig, type FindBundle, readBundle, toLaunch, toUpgrade } from "../config";

const HASH = "ab".repeat(32);
/** Knows one vat that is compiled in, and one bundle by name, hash and path. */
const find: FindBundle = async ({ bundleName, bundleSpec }) => {
  if (bundleName === "counter") return "static:counter";
  return bundleName === "put" || bundleSpec === `bundle:${HASH}` || bundleSpec === "vats/put.json" ? HASH : null;
};

const base = { bootstrap: "a", vats: { a: { bundleName: "counter" } } };
const withVat = (vat: unknown) => ({ bootstrap: "a", vats: { a: vat } });
const vats = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`v${n}`, { bundleName: "counter" }]));

const GOOD: readonly unknown[] = [
  base,
  { ...base, services: [], bundles: {}, forceReset: false },
  { ...base, services: ["clock", "random"] },
  { bootstrap: "v0", vats: vats(SUBCLUSTER_VATS_MAX) },
  withVat({ bundleSpec: `bundle:${HASH}`, creationOptions: { heap: "replay", whenFull: "refuse", imports: "scoped" } }),
  withVat({ bundleName: "counter", globals: ["console", "URL", "atob"], parameters: { a: [1, { b: null }] } }),
];

const BAD: readonly (readonly [why: string, config: unknown, code?: string])[] = [
  ["nothing", undefined],
  ["null", null],
  ["a list", []],
  ["a text", "x"],
  ["no vats", { bootstrap: "a" }],
  ["no bootstrap", { vats: base.vats }],
  ["a bootstrap that is none of the vats", { ...base, bootstrap: "b" }],
  ["a bootstrap that every object has", { ...base, bootstrap: "toString" }],
  ["vats as a list", { bootstrap: "0", vats: [{ bundleName: "counter" }] }],
  ["a vat's name that is none", { bootstrap: "a b", vats: { "a b": base.vats.a } }],
  ["a vat's name that is too long", { bootstrap: "a".repeat(65), vats: { ["a".repeat(65)]: base.vats.a } }],
  ["a vat called __proto__", JSON.parse('{"bootstrap":"__proto__","vats":{"__proto__":{"bundleName":"counter"}}}')],
  ["33 vats", { bootstrap: "v0", vats: vats(SUBCLUSTER_VATS_MAX + 1) }, "LIMIT_EXCEEDED"],
  [
    "too many bytes",
    withVat({ bundleName: "counter", parameters: { a: "x".repeat(CONFIG_BYTES_MAX) } }),
    "LIMIT_EXCEEDED",
  ],
  ["io", { ...base, io: {} }],
  ["what is unknown", { ...base, more: 1 }],
  ["services that are no list", { ...base, services: "clock" }],
  ["services that are no names", { ...base, services: ["a b"] }],
  ["services that are no texts", { ...base, services: [1] }],
  ["a service twice", { ...base, services: ["clock", "clock"] }],
  ["forceReset that is neither", { ...base, forceReset: "yes" }],
  ["bundles as a list", { ...base, bundles: [] }],
  ["bundles that are none", { ...base, bundles: { x: {} } }],
  ["a vat that is none", withVat(null)],
  ["sourceSpec", withVat({ sourceSpec: "vats/counter.ts" })],
  ["sourceSpec beside a bundle", withVat({ bundleName: "counter", sourceSpec: "vats/counter.ts" })],
  ["no bundle", withVat({})],
  ["two bundles", withVat({ bundleName: "counter", bundleSpec: `bundle:${HASH}` })],
  ["a bundle that is no name", withVat({ bundleName: 1 })],
  ["a bundle without a name", withVat({ bundleName: "" })],
  ["a bundle's name that is too long", withVat({ bundleName: "x".repeat(NAME_BYTES_MAX + 1) })],
  ["a bundle's name with half a letter", withVat({ bundleName: "\ud800" })],
  ["parameters as a list", withVat({ bundleName: "counter", parameters: [] })],
  ["parameters that are no JSON", withVat({ bundleName: "counter", parameters: { a: () => 1 } })],
  ["options that are unknown", withVat({ bundleName: "counter", creationOptions: { more: 1 } })],
  ["a heap that is unknown", withVat({ bundleName: "counter", creationOptions: { heap: "keep" } })],
  ["a policy that is unknown", withVat({ bundleName: "counter", creationOptions: { whenFull: "drop" } })],
  ["imports that are unknown", withVat({ bundleName: "counter", creationOptions: { imports: "weak" } })],
  ["fetch as a global", withVat({ bundleName: "counter", globals: ["fetch"] })],
  ["Date as a global", withVat({ bundleName: "counter", globals: ["console", "Date"] })],
  ["what is unknown of a vat", withVat({ bundleName: "counter", more: 1 })],
];

describe("K47 configurations", () => {
  test("K47 that are good are taken as they are", () => {
    for (const config of GOOD) expect(checkConfig(config)).toBe(config);
  });

  test.each(BAD)("K47 with %s are refused, and no bundle is asked for", async (_, config, code = "BAD_CONFIG") => {
    expect(() => checkConfig(config)).toThrow(expect.objectContaining({ name: "KernelError", code }));
    const asked = vi.fn(find);
    await expect(toLaunch(config, asked)).rejects.toMatchObject({ code });
    expect(asked).not.toHaveBeenCalled();
  });

  test("K47 that go in circles are refused", () => {
    const circle: Record<string, unknown> = {};
    circle["a"] = circle;
    expect(() => checkConfig(withVat({ bundleName: "counter", parameters: circle }))).toThrow(/JSON data/);
  });
});

describe("K46 launches", () => {
  test("K46 name the vats in the order of the configuration, with what each is made of", async () => {
    const config = {
      bootstrap: "z",
      services: ["clock"],
      vats: {
        z: { bundleName: "counter", parameters: { start: 3 } },
        a: { bundleSpec: `bundle:${HASH}`, creationOptions: { whenFull: "refuse", imports: "scoped" } },
        m: { bundleName: "mine", creationOptions: { heap: "forget" } },
      },
      bundles: { mine: { bundleSpec: "vats/put.json" } },
    };
    expect(await toLaunch(config, find)).toEqual({
      reset: false,
      command: {
        type: "launch",
        config: JSON.stringify(config),
        bootstrap: "z",
        services: ["clock"],
        vats: [
          {
            name: "z",
            bundle: "static:counter",
            parameters: { body: '#{"start":3}', slots: [] },
            config: JSON.stringify(config.vats.z),
            heap: "forget",
            whenFull: "restart",
          },
          {
            name: "a",
            bundle: `${HASH}#scoped`,
            parameters: { body: "#{}", slots: [] },
            config: JSON.stringify(config.vats.a),
            heap: "replay",
            whenFull: "refuse",
          },
          {
            name: "m",
            bundle: HASH,
            parameters: { body: "#{}", slots: [] },
            config: JSON.stringify(config.vats.m),
            heap: "forget",
            whenFull: "restart",
          },
        ],
      },
    });
    expect(await toLaunch({ ...base, forceReset: true }, find)).toMatchObject({ reset: true });
  });

  test("K46 of a bundle that is not there are refused", async () => {
    for (const vat of [
      { bundleName: "nobody" },
      { bundleSpec: "https://example.com/vat.js" },
      { bundleName: "toString" },
    ])
      await expect(toLaunch(withVat(vat), find)).rejects.toMatchObject({ code: "UNKNOWN_BUNDLE" });
  });

  test("K46 of what is compiled in cannot ask for replay", async () => {
    const vat = { bundleName: "counter", creationOptions: { heap: "replay" } };
    await expect(toLaunch(withVat(vat), find)).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });

  test("K46 a bundle's text says how imports are held", () => {
    expect(readBundle("static:counter")).toEqual({ bundle: "static:counter", imports: "held" });
    expect(readBundle(`${HASH}#scoped`)).toEqual({ bundle: HASH, imports: "scoped" });
  });
});

test("K48 an upgrade names the new code and its parameters", async () => {
  const config = { bundleName: "put", parameters: { a: 1 } };
  expect(await toUpgrade("v7", config, find)).toEqual({
    type: "upgradeVat",
    vat: "v7",
    bundle: HASH,
    parameters: { body: '#{"a":1}', slots: [] },
    config: JSON.stringify(config),
  });
  await expect(toUpgrade("v7", { bundleName: "nobody" }, find)).rejects.toMatchObject({ code: "UNKNOWN_BUNDLE" });
  expect(() => checkVatConfig({})).toThrow(expect.objectContaining({ code: "BAD_CONFIG" }));
});

test("K47 laws: whatever comes as a configuration is one, or is refused by a KernelError", () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.record({
          bootstrap: fc.oneof(fc.constantFrom("a", "b", "__proto__"), fc.anything()),
          vats: fc.dictionary(
            fc.constantFrom("a", "b", "__proto__", "1"),
            fc.oneof(fc.constant(base.vats.a), fc.anything()),
          ),
          services: fc.oneof(fc.constant(["clock"]), fc.anything()),
        }),
      ),
      (config) => {
        try {
          expect(checkConfig(config)).toBe(config);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: "KernelError" });
        }
      },
    ),
    { numRuns: 2_000 },
  ));
