// A page whose WebAssembly does not load (blocked, or half of a deployment) says so instead of connecting for ever.
import { expect, test, vi } from "vitest";
import type { StateEvent } from "../events";
import { World } from "../testing/world";

vi.mock("@ferrule/core", async (original) => {
  const ready = Promise.reject(new TypeError("failed to fetch"));
  ready.catch(() => {});
  return { ...(await original<typeof import("@ferrule/core")>()), ready };
});

test("without the core the room is closed with a reason, and trying again does not hide it", async () => {
  const world = new World();
  const { room, events } = await world.open("ada");
  await world.clock.pass(100);
  room.retryNow();
  await world.clock.pass(10_000);
  expect(room.state).toBe("closed");
  expect(room.error).toMatchObject({ code: "no_core", fatal: true });
  expect(events.filter((event): event is StateEvent => event.type === "state")).toHaveLength(1);
  await expect(room.history()).rejects.toMatchObject({ code: "no_core" });
});
