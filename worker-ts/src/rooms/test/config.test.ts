// What the directory says of a room reaches the object by several ways that may overtake each other; the newest version wins,
// whatever comes late, and what changed is told once.
import { SYSTEM_EVENT } from "@ferrule/core";
import { expect, it } from "vitest";
import { actorOf, configOf, evict, freshRoom, query, RoomClient } from "../../../../tests/worker/support/room-client";

const owner = { ...actorOf("olga"), role: "owner" } as const;

/** Event, text and sender of the SYSTEM entries so far. */
async function told(client: RoomClient, count: number): Promise<[event: number, text: string, sender: number][]> {
  const entries: [number, string, number][] = [];
  while (entries.length < count) {
    const { body, sender } = await client.pick("SYSTEM");
    entries.push([body.event, body.text, sender]);
  }
  return entries;
}

it("a stale admission does not turn a title back, nor does a change that comes late; over a sleep too", async () => {
  const stub = freshRoom("config");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await stub.configure(configOf(3, { title: "Third" }), owner);
  await stub.configure(configOf(2, { title: "Second", closed: true }), owner);
  await RoomClient.open(stub, "late", { room: configOf(2, { title: "Second" }) });
  await evict(stub);
  await RoomClient.open(stub, "later", { room: configOf(3, { title: "Not what 3 was" }) });
  const late = await RoomClient.open(stub, "latest");
  expect((await late.hello()).welcome.body.title).toBe("Third");
  await ann.write(2, "not closed");
  expect(await told(ann, 1)).toEqual([[SYSTEM_EVENT.TITLE, "Third", expect.any(Number)]]);
  expect((await stub.stats()).headSeq).toBe(3);
});

it("a newer admission heals what a lost call did not bring; the room itself tells it then", async () => {
  const stub = freshRoom("config");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await RoomClient.open(stub, "bob", { room: configOf(2, { title: "Healed", slowModeMs: 10, closed: true }) });
  expect(await told(ann, 3)).toEqual([
    [SYSTEM_EVENT.TITLE, "Healed", 0],
    [SYSTEM_EVENT.SLOW_MODE, "10", 0],
    [SYSTEM_EVENT.CLOSED, "", 0],
  ]);
  await stub.configure(configOf(2, { title: "Healed", slowModeMs: 10, closed: true }), owner);
  expect((await stub.stats()).headSeq).toBe(4);
});

it("an entry has the acting person as sender, who is introduced first, in replays and pages too", async () => {
  const stub = freshRoom("config");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await stub.configure(configOf(2, { closed: true }), owner);
  const [entry] = await told(ann, 1);
  expect(entry).toEqual([SYSTEM_EVENT.CLOSED, "", 2]);
  expect(ann.strangers).toEqual([]);
  await evict(stub);
  const { epoch } = (await (await RoomClient.open(stub, "probe")).hello()).welcome.body;
  const back = await RoomClient.join(stub, "ann", { epoch: Uint8Array.from(epoch), lastSeq: 1 });
  expect(await told(back, 1)).toEqual([entry]);
  expect(back.strangers).toEqual([]);
  expect(await query(stub, "SELECT kind, ref FROM log WHERE seq = 2")).toEqual([{ kind: 18, ref: 2 }]);
});
