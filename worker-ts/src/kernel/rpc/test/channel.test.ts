// Both ends of a MessagePort: calls find their answers, what is no request is answered, and a kernel behind a port or a binding is a kernel.
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Kernel } from "../../kernel";
import { KernelError } from "../../kernel-error";
import { type Channel, type ServeOptions, serveKernel } from "../channel";
import { makeKernelClient } from "../client";
import { type Door, openDoor } from "../door";
import { METHOD_NAMES } from "../methods";
import { fakeKernel } from "./fake-kernel";

const open: (Channel | Door | MessagePort)[] = [];
afterEach(() => {
  for (const end of open.splice(0)) end.close();
  vi.restoreAllMocks();
});

/** A served kernel and the port to it. */
function served(kernel: Kernel, options?: ServeOptions): MessagePort {
  const { port1, port2 } = new MessageChannel();
  open.push(serveKernel(port2, kernel, options), port1);
  return port1;
}

function door(kernel: Kernel, options?: ServeOptions): Door {
  const opened = openDoor(served(kernel, options));
  open.push(opened);
  return opened;
}

/** Sends a value over a bare port; resolves to what comes back. */
function post(port: MessagePort, message: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    port.onmessage = ({ data }: MessageEvent) => resolve(data);
    port.postMessage(message);
  });
}

describe("K51 a port", () => {
  test("K51 answers pong, as a value, under the id", async () => {
    const port = served(fakeKernel(() => "pong").kernel);
    expect(await post(port, { jsonrpc: "2.0", id: "x", method: "ping", params: [] })).toEqual({
      jsonrpc: "2.0",
      id: "x",
      result: "pong",
    });
  });

  test("K51 is silent to notifications", async () => {
    const { kernel, seen } = fakeKernel();
    const port = served(kernel);
    port.postMessage({ jsonrpc: "2.0", method: "ping" });
    expect(await post(port, { jsonrpc: "2.0", id: 1, method: "getStatus" })).toMatchObject({ id: 1 });
    expect(seen).toEqual([["ping"], ["getStatus"]]);
  });

  test("K51 refuses values that JSON does not know: circles, maps, dates, numbers that are none, the same thing a million times", async () => {
    const circle: unknown[] = [];
    circle.push(circle);
    let doubled: unknown[] = ["x"];
    for (let i = 0; i < 40; i++) doubled = [doubled, doubled];
    const port = served(fakeKernel().kernel);
    for (const arg of [
      circle,
      doubled,
      new Map(),
      new Date(0),
      new Set([1]),
      1n,
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      new Uint8Array(4),
      new Array(4_000_000_000),
      [undefined],
    ]) {
      const answer = await post(port, { jsonrpc: "2.0", id: 1, method: "queueMessage", params: ["ko1", "m", [arg]] });
      expect(answer).toMatchObject({ id: 1, error: { code: -32_602 } });
    }
    for (const message of [circle, new Map(), 1n, undefined, [circle]])
      expect([await post(port, message)].flat()[0]).toMatchObject({ id: null, error: { code: -32_600 } });
  });

  test("K51 of which a result cannot be cloned answers that it broke, and the next call is answered", async () => {
    const faults: string[] = [];
    const { kernel } = fakeKernel((method) => (method === "ping" ? () => 1 : method));
    const { call } = door(kernel, { fault: (method) => faults.push(method) });
    await expect(call("ping")).rejects.toMatchObject({ name: "KernelError", code: "OUTCOME_UNKNOWN" });
    expect(await call("getStatus")).toBe("getStatus");
    expect(faults).toEqual(["answer"]);
  });

  test("K51 logs what broke without the secrets of ocap URLs", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const token = "T".repeat(43);
    const { call } = door(
      fakeKernel(() => {
        throw new Error(`no row for ocap:${token}@demo`);
      }).kernel,
    );
    await expect(call("redeemOcapURL", { url: `ocap:${"A".repeat(43)}@demo` })).rejects.toBeInstanceOf(KernelError);
    const line = String(log.mock.calls[0]![0]);
    expect(JSON.parse(line)).toMatchObject({ level: "error", what: "kernel: redeemOcapURL" });
    expect(line).toContain("ocap:…@demo");
    expect(line).not.toContain(token);
  });
});

describe("K51 the caller's end", () => {
  test("K51 brings each answer to its call, in whatever order they come", async () => {
    const release: (() => void)[] = [];
    const { kernel } = fakeKernel(async (_, [target]) => {
      await new Promise<void>((done) => release.push(done));
      return target;
    });
    const { call } = door(kernel);
    const calls = [1, 2, 3].map((n) => call("queueMessage", [`ko${n}`, "m", []]));
    await vi.waitFor(() => expect(release).toHaveLength(3));
    for (const done of release.reverse()) done();
    expect(await Promise.all(calls)).toEqual(["ko1", "ko2", "ko3"]);
  });

  test("K51 carries texts of many callers who all say id 1, and their keys", async () => {
    const { kernel, seen } = fakeKernel((_, [target]) => target);
    const { rpc } = door(kernel);
    const ask = (n: number) =>
      rpc(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "queueMessage", params: [`ko${n}`, "m", []] }), `key-${n}`);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(n)));
    expect(answers.map((text) => JSON.parse(text!))).toEqual(
      answers.map((_, n) => ({ jsonrpc: "2.0", id: 1, result: `ko${n}` })),
    );
    expect(seen.map(([, , , , once]) => once)).toEqual(answers.map((_, n) => ({ key: `key-${n}` })));
  });

  test("K51 carries the keys of a batch, each with its place, the longest one too", async () => {
    const { kernel, seen } = fakeKernel(() => "#1");
    const { rpc } = door(kernel);
    const key = "k".repeat(200);
    const batch = [0, 1].map((id) => ({ jsonrpc: "2.0", id, method: "queueMessage", params: ["ko1", "m", []] }));
    expect(JSON.parse((await rpc(JSON.stringify(batch), key))!)).toMatchObject([{ result: "#1" }, { result: "#1" }]);
    expect(seen.map(([, , , , once]) => once)).toEqual([{ key: `${key}\n0` }, { key: `${key}\n1` }]);
  });

  test("K51 answers texts: notifications with null, batches with a list, refusals as they are", async () => {
    const { rpc } = door(
      fakeKernel((method) => {
        if (method === "getStatus") throw new KernelError("FENCED", "somebody else has it", { data: 1 });
        return "pong";
      }).kernel,
    );
    expect(await rpc('{"jsonrpc":"2.0","method":"ping"}')).toBeNull();
    expect(
      JSON.parse(
        (await rpc(
          '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"getStatus"},{"jsonrpc":"2.0","id":3,"method":"x"}]',
        ))!,
      ),
    ).toEqual([
      { jsonrpc: "2.0", id: 1, result: "pong" },
      {
        jsonrpc: "2.0",
        id: 2,
        error: { code: -32_000, message: "somebody else has it", data: { code: "FENCED", value: 1 } },
      },
      { jsonrpc: "2.0", id: 3, error: { code: -32_601, message: "Method not found" } },
    ]);
  });

  test("K51 that is closed refuses what is under way and what comes, with CLOSED", async () => {
    const { kernel } = fakeKernel(() => new Promise(() => undefined));
    const opened = door(kernel);
    const call = opened.call("ping");
    opened.close();
    for (const promise of [call, opened.call("ping"), opened.rpc('{"jsonrpc":"2.0","id":1,"method":"ping"}')])
      await expect(promise).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("K51 refuses what cannot be sent", async () => {
    const { call } = door(fakeKernel().kernel);
    await expect(call("queueMessage", [() => 1])).rejects.toMatchObject({ code: "BAD_COMMAND" });
  });
});

describe("K51 a kernel at the other end", () => {
  const clients: readonly (readonly [string, (kernel: Kernel) => Kernel])[] = [
    ["of a port", (kernel) => makeKernelClient(served(kernel))],
    ["of a binding", (kernel) => makeKernelClient(bindingOf(door(kernel)))],
  ];

  /** As workerd's stubs are: of every name there is something to be called. */
  function bindingOf({ rpc }: Door): { rpc: Door["rpc"] } {
    const stub = { rpc };
    return new Proxy(stub, { get: (target, name) => Reflect.get(target, name) ?? (() => undefined) });
  }

  const ARGS: Readonly<Record<string, readonly unknown[]>> = {
    launchSubcluster: [{ bootstrap: "a", vats: { a: { bundleName: "b" } } }, { key: "k" }],
    terminateSubcluster: ["s1"],
    terminateVat: ["v1"],
    restartVat: ["v1"],
    upgradeVat: ["v1", { bundleName: "b" }, { key: "k" }],
    queueMessage: ["ko1", "m", [1], { key: "k" }],
    queueCapData: ["ko1", { body: '#["m",["$0"]]', slots: ["ko2"] }, { key: "k" }],
    pingVat: ["v1"],
    revoke: ["ko1"],
    isRevoked: ["ko1"],
    issueOcapURL: ["ko1"],
    redeemOcapURL: [`ocap:${"A".repeat(43)}@demo`],
    releaseKref: ["ko1"],
    putBundle: ["n", { moduleFormat: "iife", code: "x", sha256: "0".repeat(64) }],
    executeDBQuery: ["SELECT 1"],
    getTrace: [7],
    step: [3],
  };

  test.each(clients)("K51 %s has every verb, and hears its arguments", async (_, connect) => {
    const { kernel, seen } = fakeKernel((method) => ({ method }));
    const client = connect(kernel) as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>;
    const verbs = METHOD_NAMES.filter((name) => !["initRemoteComms", "registerLocationHints"].includes(name));
    expect(Object.keys(client).sort()).toEqual([...verbs].sort());
    for (const name of verbs) expect(await client[name]!(...(ARGS[name] ?? []))).toEqual({ method: name });
    expect(seen).toEqual(verbs.map((name) => [name, ...(ARGS[name] ?? [])]));
  });

  test.each(clients)("K51 %s refuses as the kernel does", async (_, connect) => {
    const value = { body: "#1", slots: [] };
    const client = connect(
      fakeKernel((method) => {
        if (method === "ping") throw new Error("broken");
        throw new KernelError("REJECTED", "no", { data: value });
      }).kernel,
    );
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await expect(client.getStatus()).rejects.toMatchObject({
      name: "KernelError",
      code: "REJECTED",
      message: "no",
      data: value,
    });
    await expect(client.ping()).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", message: "Internal error" });
    await expect(client.revoke("x")).rejects.toMatchObject({ code: "BAD_COMMAND" });
    await expect(client.launchSubcluster({ bootstrap: "a", vats: {} })).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });
});
