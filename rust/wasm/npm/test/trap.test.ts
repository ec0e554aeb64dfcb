// A trap of the core: the instance is thrown away, the next call finds a fresh one.
import { expect, test, vi } from "vitest";

/** While true, `decode` runs into a real trap: the core writes past the end of its memory. */
const state = vi.hoisted(() => ({ trap: false }));
vi.mock("../generated/ferrule.js", async (original) => {
  const glue = await original<typeof import("../generated/ferrule.js")>();
  const { readFileSync } = await import("node:fs");
  const { fileURLToPath } = await import("node:url");
  const trapped = () => {
    const path = fileURLToPath(new URL("../generated/ferrule_bg.wasm", import.meta.url));
    // `initSync` hands out the exports of the instance that is running.
    const { __wbg_crc32_free: free } = glue.initSync({ module: readFileSync(path) });
    free(0x7fff_fff0, 0);
    throw new Error("the core did not trap");
  };
  return { ...glue, decode: (side: number, n: number) => (state.trap ? trapped() : glue.decode(side, n)) };
});

const { CoreError, Crc32, crc32, createCrc32, decode, encodeText, liveHandles, memoryBytes, relay, status } =
  await import("../src/node.ts");
const frame = encodeText("MSG", new Uint8Array(16), 0, "hello");

function trap(call: () => unknown): unknown {
  state.trap = true;
  try {
    return call();
  } catch (error) {
    return error;
  } finally {
    state.trap = false;
  }
}

test("says so with a code, and what follows works as before", () => {
  const before = memoryBytes();
  for (const call of [() => decode("up", frame), () => relay.read("up", frame)]) {
    const error = trap(call);
    expect(error).toBeInstanceOf(CoreError);
    expect(error).toMatchObject({ code: "core_trapped", cause: expect.any(WebAssembly.RuntimeError) });
    expect(decode("up", frame)).toMatchObject({ kind: "MSG" });
    expect(relay.read("up", frame)).toBe(4);
    expect(decode("down", relay.stamp(1, 2, 3))).toMatchObject({ seq: 1, ts: 2, sender: 3 });
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    expect(status().version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(memoryBytes()).toBe(before);
  }
});

test("facts of a frame read before are gone", () => {
  relay.read("up", frame);
  trap(() => decode("up", frame));
  expect(() => relay.stamp(1, 2, 3)).toThrow("wrong_direction");
});

test("handles of the old instance are dead and do no harm", () => {
  const old = new Crc32().update(Uint8Array.of(1));
  expect(liveHandles()).toBe(1);
  trap(() => decode("up", frame));
  expect(liveHandles()).toBe(0);
  expect(() => old.digest()).toThrow(CoreError);
  expect(() => old.update(Uint8Array.of(1))).toThrow(CoreError);
  expect(() => old[Symbol.dispose]()).not.toThrow();
  expect(liveHandles()).toBe(0);
  // This one holds nothing in the instance: it goes on.
  const sum = createCrc32().update(new TextEncoder().encode("1234"));
  trap(() => decode("up", frame));
  expect(sum.update(new TextEncoder().encode("56789")).finish()).toBe(0xcbf43926);
  using fresh = new Crc32();
  expect(fresh.update(new TextEncoder().encode("123456789")).digest()).toBe(0xcbf43926);
});
