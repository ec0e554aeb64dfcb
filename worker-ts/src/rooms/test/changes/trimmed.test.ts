// Changes of messages that the log has trimmed: the room knows whose they are and what hangs on them, the archive has the text.
import { env } from "cloudflare:workers";
import { ACK_STATUS, ERROR_CODE } from "@ferrule/core";
import { afterAll, expect, it } from "vitest";
import { archivedRows, deliver, HeldQueue } from "../../../../../tests/worker/support/archive";
import { edit, erase, react } from "../../../../../tests/worker/support/changes";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
  ring,
  tune,
} from "../../../../../tests/worker/support/room-client";
import { STILL, trim } from "../../../../../tests/worker/support/trimming";
import { completePage } from "../../archive/history";

const held = new HeldQueue();
afterAll(() => held.release());

const { STORED, NO_CHANGE } = ACK_STATUS;

/** A room of six messages by ann, archived; the first four are trimmed. */
async function trimmed(): Promise<{ stub: RoomStub; ann: RoomClient }> {
  const stub = freshRoom("trimmed");
  await tune(stub, STILL);
  for (let n = 1; n <= 6; n++)
    await stub.apply(actorOf("ann"), { type: "post", id: idOf(n), text: `m${n}`, replyTo: 0 });
  await trim(stub, 6, 2);
  await deliver(held.take(stub));
  expect(await query(stub, "SELECT seq FROM log WHERE frame IS NULL")).toHaveLength(4);
  return { stub, ann: await RoomClient.join(stub, "ann") };
}

/** Lets the archive take what is new. */
async function archive(stub: RoomStub): Promise<void> {
  await ring(stub);
  await deliver(held.take(stub));
}

const texts = async (stub: RoomStub) => (await archivedRows(stub.name!)).map(({ text, version }) => [text, version]);

it("R50 an edit and a DELETE of trimmed messages reach D1, where the rest of them stays as it was", async () => {
  const { stub, ann } = await trimmed();
  const before = await archivedRows(stub.name!);
  expect((await ann.ask(edit(11, 1, "edited"))).seq).toBe(7);
  expect((await ann.ask(erase(12, 2))).seq).toBe(8);
  expect((await ann.ask(react(13, 3, "👍"))).seq).toBe(9);
  await archive(stub);
  const [first, second, ...others] = await archivedRows(stub.name!);
  expect(first).toMatchObject({ ...before[0], text: "edited", version: 7, edited_at: expect.any(Number) });
  expect(second).toMatchObject({
    ...{ ...before[1], text: "", version: 8, deleted_at: expect.any(Number), deleted_by: "u_ann" },
  });
  expect(others).toEqual(before.slice(2));
});

it("R50 what the archive has not heard yet holds at once: nobody reads an erased text, or an old one", async () => {
  const { stub, ann } = await trimmed();
  await ann.ask(edit(11, 1, "edited once"));
  const { ts } = await ann.ask(edit(12, 1, "edited twice"));
  await ann.ask(edit(13, 2, "never to be seen"));
  const erased = await ann.ask(erase(14, 2));
  await ann.ask(react(15, 3, "👍"));
  await evict(stub);
  const page = await stub.page({ limit: 9, reader: "u_ann" });
  expect(page.trimmed.map(({ seq, change, reactions }) => [seq, change, reactions])).toEqual([
    [1, { text: "edited twice", editedAt: ts, deletedAt: null, deletedBy: null }, []],
    [2, { text: "", editedAt: null, deletedAt: erased.ts, deletedBy: "u_ann" }, []],
    [3, null, [{ emoji: "👍", count: 1, mine: true }]],
    [4, null, []],
  ]);
  const shown = async () => {
    const messages = await completePage(env.DB, stub.name!, await stub.page({ limit: 9, reader: null }));
    return messages.map(({ text }) => text);
  };
  const expected = ["edited twice", "", "m3", "m4", "m5", "m6"];
  expect(await texts(stub)).toContainEqual(["m2", 2]);
  expect(await shown()).toEqual(expected);
  await archive(stub);
  expect(await shown()).toEqual(expected);
  expect(JSON.stringify(await archivedRows(stub.name!))).not.toContain("never to be seen");
});

it("R50 by HTTP a change of a trimmed message answers what the room knows of it", async () => {
  const { stub } = await trimmed();
  const apply = (type: "edit" | "delete", n: number, target: number) =>
    stub.apply(actorOf("ann"), { type, id: idOf(n), target, text: "edited" });
  expect(await apply("edit", 11, 1)).toMatchObject({
    ...{ ok: true, status: "stored", message: null, trimmed: { seq: 1, change: { text: "edited" } } },
  });
  expect(await apply("delete", 12, 1)).toMatchObject({ ok: true, message: null, trimmed: { change: { text: "" } } });
  expect(await apply("delete", 13, 1)).toMatchObject({ ok: true, status: "no_change", trimmed: { seq: 1 } });
  const pin = { type: "pin", target: 2, on: true } as const;
  expect(await stub.apply({ ...actorOf("mod"), role: "moderator" }, pin)).toMatchObject({
    ...{ ok: true, status: "stored", message: null, trimmed: { seq: 2, pinned: true } },
  });
  expect((await stub.page({ limit: 9, pinned: true, reader: null })).trimmed).toMatchObject([{ seq: 2, pinned: true }]);
});

it("R29 the rules hold for trimmed messages as for others, once the changes are trimmed as well", async () => {
  const { stub, ann } = await trimmed();
  const bob = await RoomClient.join(stub, "bob");
  expect(await bob.ask(edit(11, 1, "not mine"))).toMatchObject({ status: -ERROR_CODE.FORBIDDEN });
  expect(await bob.ask(erase(12, 1))).toMatchObject({ status: -ERROR_CODE.FORBIDDEN });
  expect((await ann.ask(erase(13, 1))).status).toBe(STORED);
  await ann.write(14, "more");
  await ann.write(15, "and more");
  await archive(stub);
  await trim(stub, 9, 1);
  expect(await query(stub, "SELECT seq FROM log WHERE kind = 6")).toEqual([]);
  expect(await ann.ask(erase(16, 1))).toMatchObject({ status: NO_CHANGE });
  expect(await ann.ask(edit(17, 1, "back"))).toMatchObject({ status: -ERROR_CODE.NOT_FOUND });
  expect(await bob.ask(react(18, 1, "👍"))).toMatchObject({ status: -ERROR_CODE.NOT_FOUND });
  ann.say(19, "an answer", 1);
  expect((await ann.pick("ERROR")).body.code).toBe(ERROR_CODE.NOT_FOUND);
  const [first] = await completePage(env.DB, stub.name!, await stub.page({ limit: 9, reader: null }));
  expect(first).toMatchObject({ seq: 1, text: "", deletedBy: "u_ann" });
});
