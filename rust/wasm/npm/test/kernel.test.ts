// The kernel's face: what crosses, what is refused and by which number, and who frees the handles. The kernel itself is tested in Rust.
import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { faultName, KERNEL_FAULT, KernelFault, KernelLoader, liveHandles } from "../src/kernel/node.ts";

const fresh = () => new KernelLoader().finish([]);

/** The fault that a call is refused with. */
function faultOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof KernelFault) return error.fault;
    throw error;
  }
  return "taken";
}

beforeEach(() => expect(liveHandles()).toBe(0));

test("a machine and its loader are counted, and given back by `using`, by `finish` and by a refusal", () => {
  {
    using loader = new KernelLoader();
    expect(liveHandles()).toBe(1);
    using machine = loader.finish(["clock"]);
    expect(liveHandles()).toBe(1);
    expect(machine.closeBatch()).toBeNull();
    expect(() => loader.add("[]")).toThrow(ReferenceError);
  }
  expect(liveHandles()).toBe(0);
  const loader = new KernelLoader();
  expect(faultOf(() => loader.add('[["o/1"]]'))).toBe("BadRow");
  expect(liveHandles()).toBe(0);
  expect(() => loader.finish([])).toThrow(ReferenceError);
  using unused = new KernelLoader();
  unused[Symbol.dispose]();
  expect(liveHandles()).toBe(0);
});

test("a machine that was given back says so", () => {
  const machine = fresh();
  machine[Symbol.dispose]();
  machine[Symbol.dispose]();
  expect(() => machine.pollOutput()).toThrow(ReferenceError);
});

test("numbers of faults are those of rust/kernel/src/error.rs", () => {
  const source = readFileSync(new URL("../../../kernel/src/error.rs", import.meta.url), "utf8");
  const rust = [...source.matchAll(/^ {4}(\w+) = (\d+),$/gm)].map(([, name, code]) => [name, Number(code)]);
  expect(Object.entries(KERNEL_FAULT)).toEqual(rust);
  expect(faultName(20)).toBe("Revoked");
  expect(() => faultName(21)).toThrow(RangeError);
});

test("what is no input of a kernel is refused, and nothing happens", () => {
  using machine = fresh();
  expect(faultOf(() => machine.handleCommand(1, null, "{"))).toBe("BadCommand");
  expect(faultOf(() => machine.handleCommand(1, null, '{"type":"explode"}'))).toBe("BadCommand");
  expect(faultOf(() => machine.handleCommand(-1, null, '{"type":"terminateAll"}'))).toBe("BadCommand");
  expect(faultOf(() => machine.handleCommand(0.5, null, '{"type":"terminateAll"}'))).toBe("BadCommand");
  expect(faultOf(() => machine.isRevoked("ko"))).toBe("BadRef");
  expect(faultOf(() => machine.isRevoked("ko1"))).toBe("UnknownKref");
  expect(machine.closeBatch()).toBeNull();
  expect(machine.pollOutput()).toBeNull();
});
