// What the client takes from the runtime when nobody hands in something else.
import { afterEach, expect, test, vi } from "vitest";
import { connect } from "../connect";
import { onStorage, platformWith } from "../platform";

afterEach(() => vi.unstubAllGlobals());

test("ids are random UUIDs of version 4, also where crypto.randomUUID is missing", () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  const ids = Array.from({ length: 1_000 }, platformWith().uuid);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("without a WebSocket, or with an address that is none, connect says so at once", () => {
  expect(() => connect({ url: "no address", room: "r" })).toThrow(TypeError);
  vi.stubGlobal("WebSocket", undefined);
  expect(() => connect({ url: "https://sim", room: "r" })).toThrow("hand one in as `platform.WebSocket`");
});

test("the network's return is heard where the runtime tells it", () => {
  const world = new EventTarget();
  vi.stubGlobal("addEventListener", world.addEventListener.bind(world));
  vi.stubGlobal("removeEventListener", world.removeEventListener.bind(world));
  let heard = 0;
  const stop = platformWith().onOnline(() => heard++);
  world.dispatchEvent(new Event("online"));
  stop();
  world.dispatchEvent(new Event("online"));
  expect(heard).toBe(1);
});

test("what another tab writes is heard where the runtime tells it", () => {
  const world = new EventTarget();
  vi.stubGlobal("addEventListener", world.addEventListener.bind(world));
  vi.stubGlobal("removeEventListener", world.removeEventListener.bind(world));
  const heard: (string | null)[] = [];
  const stop = onStorage((key) => heard.push(key));
  world.dispatchEvent(Object.assign(new Event("storage"), { key: "a" }));
  world.dispatchEvent(Object.assign(new Event("storage"), { key: null }));
  stop();
  world.dispatchEvent(Object.assign(new Event("storage"), { key: "b" }));
  expect(heard).toEqual(["a", null]);
});

test("localStorage is used in browsers, and nowhere else; one that may not be read is as good as none", () => {
  const storage = { length: 0 };
  vi.stubGlobal("localStorage", storage);
  expect(platformWith().storage).toBeUndefined();
  vi.stubGlobal("document", {});
  expect(platformWith().storage).toBe(storage);
  vi.unstubAllGlobals();
  vi.stubGlobal("document", {});
  const old = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get() {
      throw new Error("SecurityError");
    },
  });
  expect(platformWith().storage).toBeUndefined();
  if (old === undefined) Reflect.deleteProperty(globalThis, "localStorage");
  else Object.defineProperty(globalThis, "localStorage", old);
});
