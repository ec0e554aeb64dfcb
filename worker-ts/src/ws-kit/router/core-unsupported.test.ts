// A50: a core that keeps clients in another way is refused by name before any client is let in, and so is a second copy of core.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createRouter, type Router } from "@ws-kit/core";
import { ROUTER_IMPL } from "@ws-kit/core/internal";
import { afterAll, expect, test } from "vitest";
import { createDurableObjectHandler, WsKitDurableError } from "../index";
import { FakeDurableState } from "../testing/index";

const folder = mkdtempSync(join(tmpdir(), "ferrule-core-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The error that a handler around this router is refused with. */
async function refusal(router: Router): Promise<unknown> {
  const object = new FakeDurableState({
    wake: (state) => createDurableObjectHandler(() => router, { state, env: {}, runtime: state.runtime }),
  });
  const answer = await object.connect("https://room/").catch((error: unknown) => error);
  expect(object.getWebSockets()).toHaveLength(answer instanceof Error ? 0 : 1);
  return answer;
}

/** A router whose inside was changed. */
function changed(change: Record<string, unknown>): Router {
  const router = createRouter();
  const inside: object = Reflect.get(router, ROUTER_IMPL);
  const other = new Proxy(inside, {
    get: (target, name) => (Object.hasOwn(change, name) ? change[String(name)] : Reflect.get(target, name, target)),
  });
  return new Proxy(router, {
    get: (target, name) => (name === ROUTER_IMPL ? other : Reflect.get(target, name, target)),
  });
}

test("A50 the router of this core is taken", async () => {
  expect(await refusal(createRouter())).not.toBeInstanceOf(Error);
});

test.each([
  ["no map of ids", { wsToClientId: undefined }],
  ["ids in another sort of map", { wsToClientId: new Map() }],
  ["no map of data", { connData: undefined }],
  ["data in another sort of map", { connData: new Map() }],
  ["no lifecycle", { getInternalLifecycle: undefined }],
])("A50 a core with %s is CORE_UNSUPPORTED, the platform's fault", async (_, change) => {
  const error = await refusal(changed(change));
  expect(error).toBeInstanceOf(WsKitDurableError);
  expect(error).toMatchObject({
    code: "CORE_UNSUPPORTED",
    fault: "platform",
    message: expect.stringContaining("0.10.1"),
  });
});

test("A50 a router of a second copy of core is CORE_UNSUPPORTED", async () => {
  cpSync(fileURLToPath(new URL("..", import.meta.resolve("@ws-kit/core")).href), folder, { recursive: true });
  const copy = (await import(pathToFileURL(join(folder, "dist/index.js")).href)) as {
    createRouter: typeof createRouter;
  };
  expect(copy.createRouter).not.toBe(createRouter);
  expect(await refusal(copy.createRouter())).toMatchObject({ code: "CORE_UNSUPPORTED" });
});
