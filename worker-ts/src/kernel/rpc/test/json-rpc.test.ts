// The framing of JSON-RPC, on texts: examples by the specification, and laws over whatever comes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerText, type Invoke, RPC_CODE, type RpcAnswer } from "../json-rpc";
import { BATCH_MAX, DEPTH_MAX, KEY_LENGTH_MAX, REQUEST_BYTES_MAX } from "../limits";

/** Answers with method and key; notes the calls. */
function echo(): { invoke: Invoke; seen: [string, unknown, string | undefined][] } {
  const seen: [string, unknown, string | undefined][] = [];
  const invoke: Invoke = async (method, params, key) => {
    seen.push([method, params, key]);
    return { result: method };
  };
  return { invoke, seen };
}

const ask = (message: unknown, key?: string) => answerText(JSON.stringify(message), echo().invoke, key);
const codeOf = (answer: unknown) => (answer as RpcAnswer).error?.code;

describe("K51 requests", () => {
  test("K51 an id is echoed, string, number and null; a request without one is a notification and silent", async () => {
    for (const id of ["a", "", 0, 7, -1.5, null])
      expect(await ask({ jsonrpc: "2.0", method: "ping", id })).toEqual({ jsonrpc: "2.0", id, result: "ping" });
    const { invoke, seen } = echo();
    expect(await answerText('{"jsonrpc":"2.0","method":"ping"}', invoke)).toBeNull();
    expect(seen).toEqual([["ping", undefined, undefined]]);
  });

  test("K51 what is no JSON is -32700, with id null", async () => {
    for (const text of ["", "{", "nonsense", '{"jsonrpc":"2.0","method":"ping","id":1', "\u0000", "NaN", "'x'"])
      expect([text, await ask2(text)]).toEqual([
        text,
        { jsonrpc: "2.0", id: null, error: { code: -32_700, message: "Parse error" } },
      ]);
  });

  test("K51 what is JSON and no request is -32600, with its id where it has one", async () => {
    const id = 4;
    const good = { jsonrpc: "2.0", method: "ping", id };
    for (const [message, named] of [
      [1, null],
      [null, null],
      ["ping", null],
      [{}, null],
      [{ ...good, jsonrpc: "1.0" }, id],
      [{ method: "ping", id }, id],
      [{ ...good, method: 1 }, id],
      [{ ...good, params: "bar" }, id],
      [{ ...good, params: null }, id],
      [{ ...good, id: {} }, null],
      [{ ...good, id: [1] }, null],
      [{ ...good, id: true }, null],
      [{ ...good, key: "" }, id],
      [{ ...good, key: 7 }, id],
      [{ ...good, key: "a\nb" }, id],
      [{ ...good, key: "x".repeat(KEY_LENGTH_MAX + 1) }, id],
    ] as const) {
      const answer = (await ask(message)) as RpcAnswer;
      expect([message, answer.id, codeOf(answer)]).toEqual([message, named, RPC_CODE.INVALID_REQUEST]);
    }
  });

  test("K51 an id with half of a surrogate pair is none: it would come back as another", async () => {
    const answer = await ask2('{"jsonrpc":"2.0","method":"ping","id":"\\ud800"}');
    expect(answer).toMatchObject({ id: null, error: { code: -32_600 } });
  });

  test("K51 a key goes with its request; the header's is for requests without one", async () => {
    const { invoke, seen } = echo();
    const of = (message: unknown, key?: string) => answerText(JSON.stringify(message), invoke, key);
    const good = { jsonrpc: "2.0", method: "m", id: 1 };
    await of(good);
    await of(good, "header");
    await of({ ...good, key: "own" }, "header");
    await of([good, { ...good, key: "own" }, good], "header");
    expect(seen.map(([, , key]) => key)).toEqual([undefined, "header", "own", "header\n0", "own", "header\n2"]);
  });
});

const ask2 = (text: string) => answerText(text, echo().invoke);

describe("K51 batches", () => {
  test("K51 are begun and answered in order, without the notifications; bad ones among them are answered as such", async () => {
    const { invoke, seen } = echo();
    const batch = [
      { jsonrpc: "2.0", method: "a", id: 1 },
      { jsonrpc: "2.0", method: "b" },
      5,
      { jsonrpc: "2.0", method: "c", id: "x" },
    ];
    expect(await answerText(JSON.stringify(batch), invoke)).toEqual([
      { jsonrpc: "2.0", id: 1, result: "a" },
      { jsonrpc: "2.0", id: null, error: { code: -32_600, message: "Invalid request: a request is an object" } },
      { jsonrpc: "2.0", id: "x", result: "c" },
    ]);
    expect(seen.map(([method]) => method)).toEqual(["a", "b", "c"]);
  });

  test("K51 of nothing are refused, of notifications alone silent", async () => {
    expect(await ask([])).toMatchObject({ id: null, error: { code: -32_600 } });
    expect(
      await ask([
        { jsonrpc: "2.0", method: "a" },
        { jsonrpc: "2.0", method: "b" },
      ]),
    ).toBeNull();
  });

  test("K51 have at most 50 requests: of 51 none is begun", async () => {
    const batch = (count: number) =>
      JSON.stringify(Array.from({ length: count }, (_, id) => ({ jsonrpc: "2.0", method: "m", id })));
    expect(BATCH_MAX).toBe(50);
    expect(await ask2(batch(50))).toHaveLength(50);
    const { invoke, seen } = echo();
    expect(await answerText(batch(51), invoke)).toMatchObject({
      id: null,
      error: { code: -32_600, data: { code: "LIMIT_EXCEEDED" } },
    });
    expect(seen).toEqual([]);
  });
});

describe("K51 what is too much", () => {
  test("K51 more bytes than a request may have are refused, counted as UTF-8", async () => {
    const withText = (text: string) => `{"jsonrpc":"2.0","method":"m","id":1,"params":["${text}"]}`;
    const room = REQUEST_BYTES_MAX - withText("").length;
    expect(codeOf(await ask2(withText("x".repeat(room))))).toBeUndefined();
    for (const text of [
      withText("x".repeat(room + 1)),
      withText("é".repeat(room / 2 + 1)),
      "[".repeat(REQUEST_BYTES_MAX + 1),
    ])
      expect(await ask2(text)).toMatchObject({ id: null, error: { code: -32_600, data: { code: "LIMIT_EXCEEDED" } } });
  });

  test("K51 what nests too deep is refused before it is parsed", async () => {
    const nested = (depth: number) =>
      `{"jsonrpc":"2.0","method":"m","id":1,"params":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(codeOf(await ask2(nested(DEPTH_MAX - 1)))).toBeUndefined();
    expect(await ask2(nested(DEPTH_MAX))).toMatchObject({
      id: null,
      error: { code: -32_600, data: { code: "LIMIT_EXCEEDED" } },
    });
    expect(codeOf(await ask2(nested(500_000)))).toBe(-32_600);
    expect(codeOf(await ask2("[".repeat(1_000_000)))).toBe(-32_600);
  });

  test("K51 brackets inside of strings do not nest", async () => {
    expect(
      codeOf(await ask({ jsonrpc: "2.0", method: "m", id: 1, params: ["[{".repeat(1_000), '\\"[['] })),
    ).toBeUndefined();
  });
});

describe("K51 laws", () => {
  const id = fc.oneof(fc.string({ unit: "grapheme" }), fc.integer(), fc.constant(null));
  const params = fc.oneof(fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 3 }), fc.constant(undefined));
  const request = fc.record({ jsonrpc: fc.constant("2.0"), method: fc.string(), id, params });
  const notification = fc.record({ jsonrpc: fc.constant("2.0"), method: fc.string() });
  const anything = fc.oneof(request, notification, fc.jsonValue({ maxDepth: 3 }));

  const isAnswer = (answer: unknown): boolean => {
    const { jsonrpc, id, result, error } = answer as RpcAnswer;
    const named = id === null || typeof id === "string" || typeof id === "number";
    return jsonrpc === "2.0" && named && (result === undefined) !== (error === undefined);
  };

  test("K51 whatever text comes, the answer is one, a list of some, or none at all; never a throw", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.json({ maxDepth: 4 })),
        async (text) => {
          const answer = await ask2(text);
          expect(answer === null || [answer].flat().every(isAnswer)).toBe(true);
          expect(answer).not.toEqual([]);
        },
      ),
      { numRuns: 1_000 },
    ));

  test("K51 every request of a batch is answered once, in its order and under its id; notifications never", () =>
    fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: BATCH_MAX }), async (batch) => {
        const { invoke, seen } = echo();
        const answers = ((await answerText(JSON.stringify(batch), invoke)) ?? []) as RpcAnswer[];
        const sent = JSON.parse(JSON.stringify(batch)) as unknown[];
        const isCall = (entry: unknown) =>
          typeof entry === "object" &&
          entry !== null &&
          (entry as { jsonrpc?: unknown }).jsonrpc === "2.0" &&
          typeof (entry as { method?: unknown }).method === "string";
        const silent = (entry: unknown) => isCall(entry) && !Object.hasOwn(entry as object, "id");
        const heard = sent.filter((entry) => !silent(entry));
        expect(answers).toHaveLength(heard.length);
        for (const [at, entry] of heard.entries())
          if (isCall(entry) && answers[at]!.error === undefined) {
            const { id, method } = entry as { id: unknown; method: string };
            expect([answers[at]!.id, answers[at]!.result]).toEqual([id, method]);
          }
        expect(seen.map(([method]) => method)).toEqual(
          sent
            .filter(
              (entry, at) => isCall(entry) && (silent(entry) || answers[heard.indexOf(sent[at])]?.error === undefined),
            )
            .map((entry) => (entry as { method: string }).method),
        );
      }),
      { numRuns: 300 },
    ));

  test("K51 text and bytes cut off anywhere are no request, or another one that is answered", () =>
    fc.assert(
      fc.asyncProperty(request, fc.nat(), async (message, at) => {
        const text = JSON.stringify(message);
        const answer = await ask2(text.slice(0, at % text.length));
        expect(codeOf(answer)).toBe(RPC_CODE.PARSE);
      }),
    ));
});
