// Events of objects do not wait for the Vitest process.
import { expect, it } from "vitest";
import { askedSoFar } from "./module-runner";
import { evict, freshRoom, RoomClient } from "./support/room-client";

it("messages, calls and wakings of a room ask the Vitest process nothing", async () => {
  const stub = freshRoom("asked");
  const ann = await RoomClient.live(stub, "ann");
  const before = askedSoFar();
  await ann.write(1, "hello");
  await stub.stats();
  await evict(stub);
  await ann.write(2, "hello again");
  expect(askedSoFar()).toBe(before);
  expect(before).toBeGreaterThan(0);
});
