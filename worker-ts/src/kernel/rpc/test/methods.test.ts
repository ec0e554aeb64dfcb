// Every method: the parameters it takes and how they come to the kernel, the ones it refuses, and what its refusals look like.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KernelError } from "../../kernel-error";
import { QUERY_LENGTH_MAX } from "../../limits";
import { RPC_CODE, type RpcOutcome } from "../json-rpc";
import { BODY_BYTES_MAX, BUNDLE_BYTES_MAX, DEPTH_MAX, METHOD_BYTES_MAX, SLOTS_MAX, STEP_CRANKS_MAX } from "../limits";
import { invokeKernel, METHOD_NAMES } from "../methods";
import { fakeKernel } from "./fake-kernel";

const never = (method: string, thrown: unknown) => {
  throw new Error(`${method} broke: ${thrown}`);
};

const config = { bootstrap: "a", vats: { a: { bundleName: "counter" } } };
const url = `ocap:${"A".repeat(43)}@demo`;
const bundle = { moduleFormat: "iife", code: "var x", sha256: "0".repeat(64) };
const capData = (body: string, slots: readonly unknown[] = []) => ["ko1", { body, slots }];

/** By method: parameters that fit, and how the kernel sees them. */
const GOOD: Readonly<Record<string, readonly (readonly [params: unknown, args: readonly unknown[]])[]>> = {
  ping: [
    [undefined, []],
    [[], []],
  ],
  getStatus: [[[], []]],
  launchSubcluster: [[{ config }, [config, {}]]],
  terminateSubcluster: [[{ id: "s1" }, ["s1"]]],
  terminateVat: [[{ id: "v1" }, ["v1"]]],
  restartVat: [[{ id: "v9007199254740991" }, ["v9007199254740991"]]],
  terminateAllVats: [[[], []]],
  collectGarbage: [[[], []]],
  clearState: [[[], []]],
  queueMessage: [
    [
      ["ko1", "greet", ["x", { a: [1] }]],
      ["ko1", "greet", ["x", { a: [1] }], {}],
    ],
  ],
  pingVat: [[{ id: "v1" }, ["v1"]]],
  revoke: [[{ kref: "ko1" }, ["ko1"]]],
  isRevoked: [[{ kref: "kp0" }, ["kp0"]]],
  issueOcapURL: [[{ kref: "ko1" }, ["ko1"]]],
  redeemOcapURL: [[{ url }, [url]]],
  executeDBQuery: [[{ sql: "SELECT 1" }, ["SELECT 1"]]],
  upgradeVat: [[{ id: "v1", config: config.vats.a }, ["v1", config.vats.a, {}]]],
  queueCapData: [
    [capData('#["m",[]]'), ["ko1", { body: '#["m",[]]', slots: [] }, {}]],
    [
      capData('#["m",["$0","&1","$0.Alleged: x","!$7"]]', ["ko2", "kp3"]),
      ["ko1", { body: '#["m",["$0","&1","$0.Alleged: x","!$7"]]', slots: ["ko2", "kp3"] }, {}],
    ],
  ],
  releaseKref: [[{ kref: "kp1" }, ["kp1"]]],
  putBundle: [[{ name: "mine", bundle }, ["mine", bundle]]],
  getGraph: [[[], []]],
  getTrace: [[{ after: 0 }, [0]]],
  pause: [[[], []]],
  step: [[{ cranks: STEP_CRANKS_MAX }, [STEP_CRANKS_MAX]]],
  resume: [[[], []]],
};

const NOTHING = [[1], {}, { id: "v1" }, [null]];
const ID = [
  undefined,
  [],
  {},
  ["v1"],
  { id: 1 },
  { id: "v01" },
  { id: "v" },
  { id: "x1" },
  { id: "v9007199254740992" },
  { id: "v1", more: 1 },
  { id: null },
];
const KREF = [
  undefined,
  [],
  {},
  ["ko1"],
  { kref: "o+1" },
  { kref: "ko01" },
  { kref: "ko-1" },
  { kref: "ko1 " },
  { kref: "kx1" },
  { kref: "ko99999999999999999" },
  { kref: { toString: "ko1" } },
];
const deep = `#["m",[${"[".repeat(DEPTH_MAX)}${"]".repeat(DEPTH_MAX)}]]`;

/** By method: parameters that do not. */
const BAD: Readonly<Record<string, readonly unknown[]>> = {
  ping: NOTHING,
  getStatus: NOTHING,
  launchSubcluster: [
    undefined,
    [],
    {},
    { config: null },
    { config: {} },
    { config: [] },
    { config, more: 1 },
    { config: { ...config, io: {} } },
    [config],
  ],
  terminateSubcluster: [...ID, { id: "v1" }],
  terminateVat: [...ID, { id: "s1" }],
  restartVat: ID,
  terminateAllVats: NOTHING,
  collectGarbage: NOTHING,
  clearState: NOTHING,
  queueMessage: [
    undefined,
    [],
    { target: "ko1", method: "m", args: [] },
    ["ko1", "m"],
    ["ko1", "m", [], 1],
    ["o+1", "m", []],
    ["ko1", 1, []],
    ["ko1", "", []],
    ["ko1", "\ud800", []],
    ["ko1", "é".repeat(METHOD_BYTES_MAX / 2 + 1), []],
    ["ko1", "m", {}],
    ["ko1", "m", "x"],
    ["ko1", "m", null],
  ],
  pingVat: ID,
  revoke: KREF,
  isRevoked: KREF,
  issueOcapURL: KREF,
  redeemOcapURL: [
    undefined,
    [],
    {},
    { url: 1 },
    { url: "" },
    { url: "ocap:x@demo" },
    { url: `${url} ` },
    { url: `${url}@x` },
    { url: url.toUpperCase() },
  ],
  executeDBQuery: [
    undefined,
    [],
    { sql: "" },
    { sql: 1 },
    { sql: "\udc00" },
    { sql: "x".repeat(QUERY_LENGTH_MAX + 1) },
  ],
  upgradeVat: [
    undefined,
    [],
    { id: "v1" },
    { id: "v1", config: {} },
    { id: "v1", config: { sourceSpec: "x" } },
    { id: "s1", config: config.vats.a },
  ],
  queueCapData: [
    undefined,
    ["ko1"],
    ["ko1", null],
    ["ko1", { body: '#["m",[]]' }],
    ["ko1", { body: '#["m",[]]', slots: [], more: 1 }],
    capData(""),
    capData('["m",[]]'),
    capData("#"),
    capData("#{"),
    capData('#["m"]'),
    capData('#["m",[],1]'),
    capData("#[1,[]]"),
    capData('#["",[]]'),
    capData('#["m",{}]'),
    capData(`#["${"x".repeat(METHOD_BYTES_MAX + 1)}",[]]`),
    capData('#["m",["$0"]]'),
    capData('#["m",["$1"]]', ["ko2"]),
    capData('#["m",[{"a":["&2.x"]}]]', ["ko2", "kp1"]),
    capData('#["m",["$"]]', ["ko2"]),
    capData('#["m",["$-1"]]', ["ko2"]),
    capData('#["m",["$00"]]', ["ko2"]),
    capData('#["m",["$1e9"]]', ["ko2"]),
    capData('#["m",["$99999999999999999999"]]', ["ko2"]),
    capData('#["m",[]]', ["o+1"]),
    capData('#["m",[]]', [1]),
    capData('#["m",["\ud800"]]'),
    capData(deep),
    capData(`#["m",["${"x".repeat(BODY_BYTES_MAX)}"]]`),
    capData(
      '#["m",[]]',
      Array.from({ length: SLOTS_MAX + 1 }, (_, n) => `ko${n}`),
    ),
    ["ko1", { body: '#["m",[]]', slots: { length: 0 } }],
  ],
  releaseKref: KREF,
  putBundle: [
    undefined,
    { name: "", bundle },
    { name: "x".repeat(129), bundle },
    { name: "x" },
    { name: "x", bundle: { ...bundle, moduleFormat: "esm" } },
    { name: "x", bundle: { ...bundle, code: "" } },
    { name: "x", bundle: { ...bundle, sha256: "0" } },
    { name: "x", bundle: { ...bundle, sha256: "Z".repeat(64) } },
    { name: "x", bundle: { ...bundle, more: 1 } },
  ],
  getGraph: NOTHING,
  getTrace: [undefined, [], {}, { after: -1 }, { after: 0.5 }, { after: "0" }, { after: 2 ** 53 }],
  pause: NOTHING,
  step: [undefined, [], { cranks: 0 }, { cranks: STEP_CRANKS_MAX + 1 }, { cranks: 1.5 }, { cranks: "1" }],
  resume: NOTHING,
};

const REMOTE = ["initRemoteComms", "registerLocationHints"];

describe("K51 methods", () => {
  test("K51 every method of the table is asked here, well and badly", () => {
    const own = METHOD_NAMES.filter((name) => !REMOTE.includes(name));
    expect(Object.keys(GOOD)).toEqual(own);
    expect(Object.keys(BAD)).toEqual(own);
  });

  test.each(Object.entries(GOOD))("K51 %s takes what it takes and hands it on as it is", async (name, cases) => {
    for (const [params, args] of cases) {
      const { kernel, seen } = fakeKernel();
      expect(await invokeKernel(kernel, {}, never)(name, params, undefined)).toEqual({ result: name });
      expect(seen).toEqual([[name, ...args]]);
    }
  });

  test.each(Object.entries(BAD))(
    "K51 %s answers bad parameters with -32602, and the kernel hears nothing",
    async (name, cases) => {
      const { kernel, seen } = fakeKernel();
      for (const params of cases) {
        const { error } = (await invokeKernel(kernel, {}, never)(name, params, undefined)) as RpcOutcome;
        expect([name, JSON.stringify(params)?.slice(0, 100), error?.code]).toEqual([
          name,
          JSON.stringify(params)?.slice(0, 100),
          RPC_CODE.INVALID_PARAMS,
        ]);
        expect(error!.message).toMatch(/^Invalid params: /);
      }
      expect(seen).toEqual([]);
    },
  );

  test("K51 unknown methods are -32601, names of what every object has among them", async () => {
    const { kernel } = fakeKernel();
    for (const name of [
      "",
      "Ping",
      "toString",
      "constructor",
      "__proto__",
      "hasOwnProperty",
      "x".repeat(10_000),
      "\ud800",
    ])
      expect(await invokeKernel(kernel, {}, never)(name, [], undefined)).toEqual({
        error: { code: -32_601, message: "Method not found" },
      });
  });

  test("K51 the methods of remote kernels are refused as UNSUPPORTED, whatever comes with them", async () => {
    for (const name of REMOTE)
      for (const params of [undefined, [], { relays: [] }])
        expect(await invokeKernel(fakeKernel().kernel, {}, never)(name, params, undefined)).toMatchObject({
          error: { code: RPC_CODE.KERNEL, data: { code: "UNSUPPORTED" } },
        });
  });

  test("K51 a key comes to the methods that act once", async () => {
    const { kernel, seen } = fakeKernel();
    const invoke = invokeKernel(kernel, {}, never);
    const KEYED = ["launchSubcluster", "queueMessage", "upgradeVat", "queueCapData"];
    for (const [name, [first]] of Object.entries(GOOD)) await invoke(name, first![0], "once");
    expect(seen.filter((call) => JSON.stringify(call.at(-1)) === '{"key":"once"}').map(([name]) => name)).toEqual(
      KEYED,
    );
  });

  test("K51 further methods of a door are there for it alone, and replace none of the kernel's", async () => {
    const own = { more: async (params: unknown) => ({ params }), ping: async () => "another" };
    const invoke = invokeKernel(fakeKernel().kernel, own, never);
    expect(await invoke("more", [1], undefined)).toEqual({ result: { params: [1] } });
    expect(await invoke("ping", [], undefined)).toEqual({ result: "ping" });
  });
});

describe("K51 refusals", () => {
  const answering = (thrown: unknown, faults: unknown[] = []) =>
    invokeKernel(
      fakeKernel(() => {
        throw thrown;
      }).kernel,
      {},
      (_, fault) => faults.push(fault),
    );

  test("K51 of the kernel are -32000 with their code; a vat's reason comes along", async () => {
    expect(await answering(new KernelError("OBJECT_REVOKED", "ko1 is revoked"))("ping", [], undefined)).toEqual({
      error: { code: -32_000, message: "ko1 is revoked", data: { code: "OBJECT_REVOKED" } },
    });
    const value = { body: '#{"#error":"no","name":"Error"}', slots: [] };
    const rejected = new KernelError("REJECTED", "the method threw", { data: value });
    expect(await answering(rejected)("queueMessage", ["ko1", "m", []], undefined)).toEqual({
      error: { code: -32_000, message: "the method threw", data: { code: "REJECTED", value } },
    });
  });

  test("K51 of what broke are -32603 and say nothing of it; the log is told", async () => {
    const faults: unknown[] = [];
    const broken = new Error("D1_ERROR: secret");
    expect(await answering(broken, faults)("ping", [], undefined)).toEqual({
      error: { code: -32_603, message: "Internal error" },
    });
    expect(faults).toEqual([broken]);
  });

  test("K51 never repeat what was sent: it may be a secret", async () => {
    const token = "s".repeat(42);
    const invoke = invokeKernel(fakeKernel().kernel, {}, never);
    for (const [name, params] of [
      ["redeemOcapURL", { url: `ocap:${token}@demo` }],
      ["redeemOcapURL", { [token]: 1 }],
      ["revoke", { kref: token }],
      ["queueMessage", [token, token, []]],
      ["queueCapData", ["ko1", { body: `#["m",["$9${token}"]]`, slots: [] }]],
      ["launchSubcluster", { config: { ...config, [token]: token } }],
      ["launchSubcluster", { config: { ...config, bootstrap: token } }],
    ] as const) {
      const answer = JSON.stringify(await invoke(name, params, undefined));
      expect([name, answer.includes("-32602"), answer.includes(token)]).toEqual([name, true, false]);
    }
  });

  test("K51 limits say that they are limits", async () => {
    const invoke = invokeKernel(fakeKernel().kernel, {}, never);
    for (const [name, params] of [
      ["queueCapData", capData(`#["m",["${"x".repeat(BODY_BYTES_MAX)}"]]`)],
      [
        "queueCapData",
        capData(
          '#["m",[]]',
          Array.from({ length: SLOTS_MAX + 1 }, () => "ko1"),
        ),
      ],
      ["queueCapData", capData(deep)],
      ["executeDBQuery", { sql: "x".repeat(QUERY_LENGTH_MAX + 1) }],
      ["queueMessage", ["ko1", "m", ["x".repeat(1_100_000)]]],
      ["putBundle", { name: "x", bundle: { ...bundle, code: "x".repeat(BUNDLE_BYTES_MAX + 1) } }],
    ] as const)
      expect([name, await invoke(name, params, undefined)]).toMatchObject([
        name,
        { error: { code: -32_602, data: { code: "LIMIT_EXCEEDED" } } },
      ]);
  });
});

describe("K51 laws", () => {
  /** Anywhere in good parameters something else, or anything at all. */
  const params = (good: unknown) => {
    const json = JSON.stringify(good) ?? "null";
    const bent = fc
      .tuple(fc.nat(json.length), fc.nat(6), fc.string({ unit: "binary", maxLength: 6 }))
      .map(([at, length, text]) => {
        try {
          return JSON.parse(json.slice(0, at) + text + json.slice(at + length)) as unknown;
        } catch {
          return JSON.parse(json) as unknown;
        }
      });
    return fc.oneof(
      bent,
      fc.jsonValue({ maxDepth: 3 }),
      fc.anything({ withBigInt: true, withDate: true, withMap: true }),
    );
  };

  test("K51 whatever parameters come, the answer is a result, or -32602 and the kernel has not heard of it", () =>
    fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom(...Object.entries(GOOD))
          .chain(([name, [first]]) => fc.tuple(fc.constant(name), params(first![0]))),
        async ([name, given]) => {
          const { kernel, seen } = fakeKernel();
          const { result, error } = await invokeKernel(kernel, {}, never)(name, given, undefined);
          expect([result, error?.code]).toEqual(
            seen.length === 1 ? [name, undefined] : [undefined, RPC_CODE.INVALID_PARAMS],
          );
        },
      ),
      { numRuns: 1_000 },
    ));
});
