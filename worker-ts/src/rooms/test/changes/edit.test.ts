// EDIT and DELETE at a live room: who may, what everybody then reads, and that nothing of an erased text is left.
import { ACK_STATUS, ERROR_CODE, EXT, type FrameOf, findExt, KIND, readEdited, readErased } from "@ferrule/core";
import { expect, it, vi } from "vitest";
import { edit, erase, react } from "../../../../../tests/worker/support/changes";
import { noise } from "../../../../../tests/worker/support/random";
import {
  actorOf,
  configOf,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
} from "../../../../../tests/worker/support/room-client";

const { STORED, NO_CHANGE } = ACK_STATUS;
const { FORBIDDEN, NOT_FOUND } = ERROR_CODE;

const BEFORE = 0;

async function page(client: RoomClient): Promise<FrameOf<"HISTORY_PAGE">["body"]> {
  client.send({ kind: "HISTORY_REQ", id: idOf(9_000), body: { direction: BEFORE, from: 0, limit: 50 } });
  return (await client.pick("HISTORY_PAGE")).body;
}

/** Somebody with a role, who has said HELLO. */
async function as(stub: RoomStub, name: string, role: "moderator" | "owner"): Promise<RoomClient> {
  const client = await RoomClient.open(stub, name, { role });
  await client.hello();
  await client.expect("PEOPLE");
  return client;
}

it("R31 an edited message shows its new text to whoever comes: by page, by replay, by HTTP", async () => {
  const stub = freshRoom("edit");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.open(stub, "bob");
  const { epoch } = (await bob.hello()).welcome.body;
  await ann.write(1, "first");
  await ann.write(2, "an answer", 1);
  await bob.close();
  const first = await ann.ask(edit(3, 2, "a better answer"));
  expect(first).toMatchObject({ status: STORED, seq: 3 });
  const second = await ann.ask(edit(4, 2, "the best answer"));
  await ann.rest();

  const { list } = await page(ann);
  const shown = list[2] as FrameOf<"MSG">;
  expect(shown.body).toMatchObject({ replyTo: 1, text: "the best answer" });
  expect([shown.seq, shown.id]).toEqual([2, idOf(2)]);
  expect(readEdited(findExt(shown, EXT.EDITED))).toEqual({ editSeq: 4, editTs: second.ts });

  const back = await RoomClient.join(stub, "bob", { epoch, lastSeq: 0 });
  const told = [await back.pick("MSG"), await back.pick("MSG")];
  expect(told.map(({ body }) => body.text)).toEqual(["first", "the best answer"]);
  // The older EDIT comes as it was written, and must not undo what the message shows already.
  expect([await back.pick("EDIT"), await back.pick("EDIT")].map(({ seq, body }) => [seq, body.text])).toEqual([
    [3, "a better answer"],
    [4, "the best answer"],
  ]);
  expect(readEdited(findExt(told[1]!, EXT.EDITED))!.editSeq).toBeGreaterThan(3);
  const { messages } = await stub.page({ limit: 9, reader: null });
  expect(messages[1]).toMatchObject({ seq: 2, text: "the best answer", editedAt: second.ts, deletedAt: null });
});

it("R29 an edit is its author's alone, whatever the others may do; a DELETE is the author's and the moderators'", async () => {
  const stub = freshRoom("edit");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  const mod = await as(stub, "mod", "moderator");
  const own = await as(stub, "own", "owner");
  for (const n of [1, 2, 3]) await ann.write(n, `by ann ${n}`);
  let n = 10;
  for (const client of [bob, mod, own])
    expect(await client.ask(edit(n++, 1, "not mine"))).toMatchObject({ status: -FORBIDDEN });
  expect(await bob.ask(erase(n++, 1))).toMatchObject({ status: -FORBIDDEN });
  expect((await stub.stats()).headSeq).toBe(3);
  expect(await mod.ask(erase(n++, 1))).toMatchObject({ status: STORED, seq: 4 });
  expect(await own.ask(erase(n++, 2))).toMatchObject({ status: STORED, seq: 5 });
  expect(await ann.ask(erase(n++, 3))).toMatchObject({ status: STORED, seq: 6 });
  // erased or not: who has no right to it learns nothing
  expect(await bob.ask(erase(n++, 1))).toMatchObject({ status: -FORBIDDEN });
  expect(await bob.ask(edit(n++, 1, "still not mine"))).toMatchObject({ status: -FORBIDDEN });
  expect(await ann.ask(edit(n++, 1, "gone"))).toMatchObject({ status: -NOT_FOUND });
  expect(await ann.ask(erase(n++, 1))).toMatchObject({ status: NO_CHANGE, seq: 0, ts: 0 });
  expect((await stub.stats()).headSeq).toBe(6);
});

it("R29 an EDIT after editWindowMs is FORBIDDEN, a DELETE is not", async () => {
  const stub = freshRoom("edit");
  const ann = await RoomClient.join(stub, "ann");
  await stub.configure(configOf(2, { editWindowMs: 60_000 }));
  await ann.write(1, "young");
  expect(await ann.ask(edit(2, 1, "still young"))).toMatchObject({ status: STORED });
  await query(stub, "UPDATE log SET ts = ts - 60001 WHERE seq = 1");
  expect(await ann.ask(edit(3, 1, "too late"))).toMatchObject({ status: -FORBIDDEN });
  expect(await ann.ask(erase(4, 1))).toMatchObject({ status: STORED });
  expect(await ann.ask(edit(5, 1, "too late and gone"))).toMatchObject({ status: -FORBIDDEN });
});

it("changes of what is no message are NOT_FOUND, and a closed room takes none", async () => {
  const stub = freshRoom("edit");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await ann.ask(react(2, 1, "👍"));
  await stub.configure(configOf(2, { title: "New name" }));
  let n = 10;
  for (const target of [0, 2, 3, 99, Number.MAX_SAFE_INTEGER])
    for (const frame of [edit, (id: number, seq: number) => erase(id, seq), react])
      expect(await ann.ask(frame(n++, target, "x"))).toMatchObject({ status: -NOT_FOUND });
  await stub.configure(configOf(3, { title: "New name", closed: true }));
  expect(await ann.ask(edit(n++, 99, "x"))).toMatchObject({ status: -FORBIDDEN });
  expect(await ann.ask(erase(n++, 1))).toMatchObject({ status: -FORBIDDEN });
  expect(await ann.ask(react(n++, 1, "👍"))).toMatchObject({ status: -FORBIDDEN });
  expect((await stub.stats()).headSeq).toBe(4);
});

/** Every text and every byte of every table of the room, as latin1, LZ4 undone. */
async function everything(stub: RoomStub): Promise<string> {
  const tables = await query<{ name: string }>(stub, "SELECT name FROM sqlite_master WHERE type = 'table'");
  let found = "";
  for (const { name } of tables.filter(({ name: table }) => !table.startsWith("_cf")))
    for (const row of await query(stub, `SELECT * FROM ${name}`))
      for (const value of Object.values(row))
        found += value instanceof ArrayBuffer ? `${Buffer.from(value).toString("latin1")}\n` : `${value}\n`;
  return found;
}

it("R30 an erased text is in no row, frame, page or replay, nor are its older texts", async () => {
  const stub = freshRoom("erase");
  const ann = await RoomClient.join(stub, "ann");
  const { epoch } = (await (await RoomClient.open(stub, "eve")).hello()).welcome.body;
  await ann.write(1, "kept");
  await ann.write(2, "secret-one");
  await ann.ask(edit(3, 2, "secret-two"));
  await ann.ask(edit(4, 2, "secret-three"));
  await ann.ask(react(5, 2, ":secret:"));
  expect(await everything(stub)).toMatch(/secret-one|secret-two/);
  const { ts } = await ann.ask(erase(6, 2));
  const sums = await query<{ sum: number | null }>(stub, "SELECT sum FROM log WHERE seq IN (2, 3, 4)");
  expect(sums).toEqual([{ sum: null }, { sum: null }, { sum: null }]);
  await evict(stub);
  // the reaction's own entry is somebody else's word: it stays
  expect((await everything(stub)).replaceAll(":secret:", "")).not.toContain("secret");

  const bob = await RoomClient.join(stub, "bob", { epoch, lastSeq: 0 });
  const replayed = [await bob.pick("MSG"), await bob.pick("MSG")];
  expect(replayed.map(({ body }) => body.text)).toEqual(["kept", ""]);
  expect([await bob.pick("EDIT"), await bob.pick("EDIT")].map(({ body }) => body.text)).toEqual(["", ""]);
  const { list } = await page(bob);
  const shown = list.flatMap((frame) => ("skip" in frame || frame.kind !== "MSG" ? [] : [frame]));
  expect(shown.map(({ body }) => body.text)).toEqual(["kept", ""]);
  expect(list.some((frame) => !("skip" in frame) && frame.kind === "TALLY")).toBe(false);
  for (const message of [replayed[1]!, shown[1]!]) {
    expect(message.ext.map(({ type }) => type)).toEqual([EXT.ERASED]);
    expect(readErased(findExt(message, EXT.ERASED))).toEqual({ deleteSeq: 6, deleteTs: ts, by: 1 });
  }
  const { messages } = await stub.page({ limit: 9, reader: "u_ann" });
  expect(messages[1]).toMatchObject({
    ...{ seq: 2, text: "", files: [], editedAt: null, deletedAt: ts, deletedBy: "u_ann", reactions: [] },
  });
  expect(JSON.stringify(messages)).not.toContain("secret");
  expect(bob.raw.every((frame) => !Buffer.from(frame).toString("latin1").includes("secret-"))).toBe(true);
});

it("R30 a long text, which is stored compressed, is gone as well", async () => {
  const stub = freshRoom("erase");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "the secret plan ".repeat(500));
  const size = async () =>
    (await query<{ size: number }>(stub, "SELECT sum(length(frame)) AS size FROM log WHERE kind <> 6"))[0]!.size;
  expect(await size()).toBeGreaterThan(60);
  await ann.ask(erase(2, 1));
  expect(await size()).toBeLessThan(60);
  expect((await stub.page({ limit: 1, reader: null })).messages[0]).toMatchObject({ text: "" });
});

it("who erased is introduced before the message that names them: in replays and pages, though they never wrote", async () => {
  const stub = freshRoom("erase");
  const ann = await RoomClient.join(stub, "ann");
  const { epoch } = (await (await RoomClient.open(stub, "eve")).hello()).welcome.body;
  await ann.write(1, "to be erased");
  // so much between the two that a replay does not hold them in one part
  for (let n = 2; n < 8; n++) await ann.write(n, noise(n, 16_000));
  const mod = { ...actorOf("mod"), role: "moderator" as const };
  await stub.apply(mod, { type: "delete", id: idOf(1), target: 1 });
  const bob = await RoomClient.join(stub, "bob", { epoch, lastSeq: 0 });
  await bob.pick("DELETE");
  const carl = await RoomClient.join(stub, "carl");
  carl.send({ kind: "HISTORY_REQ", id: idOf(1), body: { direction: 1, from: 0, limit: 2 } });
  const { list } = (await carl.pick("HISTORY_PAGE")).body;
  const people = (list[0] as FrameOf<"PEOPLE">).body.list.map(({ name }) => name);
  expect(people).toEqual(["ann", "mod"]);
  for (const client of [ann, bob, carl]) expect(client.strangers).toEqual([]);
});

it("R22 a change that fails halfway has not happened: neither its entry nor anything of the message", async () => {
  const stub = freshRoom("erase");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.write(1, "whole");
  await bob.messages(1);
  await query(stub, "ALTER TABLE reaction RENAME TO broken");
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  expect(await ann.ask(erase(2, 1))).toMatchObject({ status: -ERROR_CODE.INTERNAL });
  expect(logged).toHaveBeenCalledOnce();
  logged.mockRestore();
  expect(await bob.rest()).toEqual([]);
  await query(stub, "ALTER TABLE broken RENAME TO reaction");
  expect(await stub.stats()).toMatchObject({ headSeq: 1 });
  const again = await RoomClient.join(stub, "ann");
  expect((await stub.page({ limit: 1, reader: null })).messages[0]).toMatchObject({ text: "whole", deletedAt: null });
  expect(await again.ask(erase(2, 1))).toMatchObject({ status: STORED, seq: 2 });
  expect((await bob.pick("DELETE")).seq).toBe(2);
  expect(await query(stub, `SELECT seq FROM log WHERE kind = ${KIND.DELETE}`)).toEqual([{ seq: 2 }]);
});

it("a guest who signed up may change what the guest wrote, though the user was here before", async () => {
  const stub = freshRoom("edit");
  const ann = await RoomClient.join(stub, "ann");
  const guest = { ...actorOf("guest"), guest: true };
  await stub.apply(guest, { type: "post", id: idOf(1), text: "as a guest", replyTo: 0 });
  expect(await ann.ask(edit(1, 1, "not mine yet"))).toMatchObject({ status: -FORBIDDEN });
  await stub.adopt("u_guest", { userId: "u_ann", name: "ann" });
  expect(await ann.ask(edit(2, 1, "mine now"))).toMatchObject({ status: STORED });
  expect(await ann.ask(erase(3, 1))).toMatchObject({ status: STORED });
});
