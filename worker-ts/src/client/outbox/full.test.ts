// An outbox that takes no more: its own limits, and those of the place where it keeps things.
import { expect, test } from "vitest";
import type { KeyValueStore } from "../platform";
import { storage } from "../testing/disk";
import { type Client, World } from "../testing/world";
import { OUTBOX_BYTES_MAX, OUTBOX_ENTRIES_MAX } from "./outbox";
import { localOutbox, memoryOutbox } from "./outbox-store";

const offline = (world: World) => {
  world.server.door = { status: 503, code: "room_full" };
};
const statuses = (client: Client, id: string) =>
  client.events.flatMap((event) => (event.type === "outbox" && event.entry.id === id ? [event.status] : []));

test("an outbox holds so many writes, and what is too much is refused and not forgotten", async () => {
  const world = new World();
  offline(world);
  const ada = await world.open("ada");
  const sent = Array.from({ length: OUTBOX_ENTRIES_MAX + 2 }, (_, n) => ada.room.send(`n ${n}`));
  await world.clock.pass(100);
  expect(ada.room.unsent).toBe(OUTBOX_ENTRIES_MAX);
  for (const { id, done } of sent.slice(-2)) {
    await expect(done).rejects.toMatchObject({ code: "outbox_full" });
    expect(statuses(ada, id)).toEqual(["pending", "failed"]);
  }
});

test("an outbox holds so many bytes, and takes more when some have left", async () => {
  const world = new World();
  offline(world);
  const store = memoryOutbox();
  const ada = await world.open("ada", { outbox: store });
  const noise = () => Array.from({ length: 8_000 }, () => String.fromCharCode(256 + world.random() * 1_500)).join("");
  const sent = Array.from({ length: 80 }, () => ada.room.send(noise()));
  await world.clock.pass(100);
  const kept = await store.load("sim");
  const bytes = kept.reduce((sum, { frame }) => sum + frame.length, 0);
  expect(bytes).toBeLessThanOrEqual(OUTBOX_BYTES_MAX);
  expect(bytes).toBeGreaterThan(OUTBOX_BYTES_MAX - 20_000);
  await expect(sent.at(-1)!.done).rejects.toMatchObject({ code: "outbox_full" });
  world.server.door = undefined;
  await world.clock.pass(120_000);
  expect(ada.room.unsent).toBe(0);
  const later = ada.room.send("fits again");
  await world.clock.pass(1_000);
  await expect(later.done).resolves.toMatchObject({ seq: kept.length + 1 });
});

test("a full localStorage refuses the message by name, and shows its text still", async () => {
  const world = new World();
  offline(world);
  const disk = storage();
  const full: KeyValueStore = {
    ...disk,
    get length() {
      return disk.length;
    },
    setItem() {
      throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    },
  };
  const ada = await world.open("ada", { outbox: localOutbox(full) });
  const { done } = ada.room.send("precious");
  await world.clock.pass(10);
  await expect(done).rejects.toMatchObject({
    code: "not_kept",
    message: expect.stringContaining("QuotaExceededError"),
  });
  const failed = ada.events.find((event) => event.type === "outbox" && event.status === "failed");
  expect(failed).toMatchObject({ entry: { text: "precious" }, error: { code: "not_kept" } });
});
