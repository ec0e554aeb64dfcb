// Read marks (PROTOCOL.md section 7, RECEIPT): they only grow, stay below head, and are told merged.
import { runInDurableObject } from "cloudflare:test";
import { FEATURE } from "@ferrule/core";
import { expect, it } from "vitest";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  query,
  quiet,
  RoomClient,
  type RoomStub,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";
import type { RoomObject } from "../../room-object";

const read = (client: RoomClient, upTo: number) => client.send({ kind: "RECEIPT", body: { list: [{ ref: 0, upTo }] } });

const marks = (stub: RoomStub) =>
  query<{ user_id: string; read_seq: number }>(stub, "SELECT user_id, read_seq FROM person ORDER BY ref");

/** A room with `count` messages that nobody has read, and ann and bob in it, with all that came read. */
async function two(stub: RoomStub, count = 5): Promise<[RoomClient, RoomClient]> {
  for (let n = 1; n <= count; n++)
    await stub.apply(actorOf("eve"), { type: "post", id: idOf(n), text: `m${n}`, replyTo: 0 });
  const ann = await RoomClient.live(stub, "ann", FEATURE.RECEIPTS);
  const bob = await RoomClient.live(stub, "bob", FEATURE.RECEIPTS);
  await quiet([ann, bob], 60);
  for (const client of [ann, bob]) await client.rest(0);
  return [ann, bob];
}

it("tells a mark to everybody who wants it, the reader's own connection included", async () => {
  const stub = freshRoom("receipt");
  const [ann, bob] = await two(stub);
  read(ann, 3);
  for (const client of [ann, bob]) expect((await client.expect("RECEIPT")).body.list).toEqual([{ ref: 2, upTo: 3 }]);
  expect(await marks(stub)).toEqual([
    { user_id: "u_eve", read_seq: 0 },
    { user_id: "u_ann", read_seq: 3 },
    { user_id: "u_bob", read_seq: 0 },
  ]);
});

it("a mark only grows, and stays at head", async () => {
  const stub = freshRoom("receipt");
  const [ann, bob] = await two(stub);
  read(ann, 4);
  expect((await bob.expect("RECEIPT")).body.list).toEqual([{ ref: 2, upTo: 4 }]);
  for (const upTo of [4, 2, 0]) read(ann, upTo);
  expect(await bob.rest()).toEqual([]);
  read(ann, 1_000_000);
  expect((await bob.expect("RECEIPT")).body.list).toEqual([{ ref: 2, upTo: 5 }]);
  read(ann, 7);
  expect(await bob.rest()).toEqual([]);
  await bob.write(9, "one more");
  read(ann, 7);
  await until(() => bob.readers.get(2) === 6, "the mark at the new head");
});

it("merges the marks of a tick into one frame", async () => {
  const stub = freshRoom("receipt");
  const [ann, bob] = await two(stub);
  await tune(stub, { coalesceMs: 1_000 });
  for (const upTo of [1, 2, 3]) read(ann, upTo);
  for (const upTo of [1, 5]) read(bob, upTo);
  expect(await bob.gather(1, 1_500)).toEqual(["RECEIPT"]);
  expect([...ann.readers]).toEqual([
    [2, 3],
    [3, 5],
  ]);
});

it("R21 a newcomer is told the newest readers, introduced, here or not, before and after an eviction", async () => {
  const stub = freshRoom("receipt");
  const [ann, bob] = await two(stub);
  read(ann, 3);
  await until(() => bob.readers.get(2) === 3, "the first mark");
  read(bob, 4);
  await until(() => bob.readers.get(3) === 4, "the second mark");
  await ann.close();
  await bob.close();
  for (const round of [1, 2]) {
    const carl = await RoomClient.live(stub, `carl${round}`, FEATURE.RECEIPTS);
    await carl.pick("RECEIPT");
    expect([...carl.readers]).toEqual([
      [2, 3],
      [3, 4],
    ]);
    expect(carl.strangers).toEqual([]);
    await carl.close();
    await quiet([carl], 60);
    await evict(stub);
  }
});

it("lists at most RECEIPT_LIST_MAX readers, those who read last", async () => {
  const stub = freshRoom("receipt");
  await tune(stub, { receiptListMax: 2 });
  const readers = ["r1", "r2", "r3", "r4"];
  const [ann] = await two(stub);
  const clients = new Map<string, RoomClient>();
  for (const name of readers) clients.set(name, await RoomClient.live(stub, name));
  const refs = new Map(readers.map((name, at) => [name, 4 + at]));
  for (const [n, name] of ["r4", "r3", "r1", "r2"].entries()) {
    read(clients.get(name)!, 1);
    await until(() => ann.readers.size === n + 1, `the mark of ${name}`);
  }
  const listed = async () => {
    const client = await RoomClient.live(stub, "late", FEATURE.RECEIPTS);
    const { list } = (await client.pick("RECEIPT")).body;
    await client.close();
    return list.map(({ ref }) => ref);
  };
  expect(await listed()).toEqual([refs.get("r1"), refs.get("r2")]);
  read(clients.get("r4")!, 2);
  await until(() => ann.readers.get(7) === 2, "the mark of r4");
  expect(await listed()).toEqual([refs.get("r2"), refs.get("r4")]);
});

it("one who reads without being here is introduced before the mark", async () => {
  const stub = freshRoom("receipt");
  const [ann] = await two(stub);
  const eve = await RoomClient.live(stub, "eve");
  await eve.rest();
  await ann.rest();
  await tune(stub, { coalesceMs: 1_000 });
  // She has left before the tick is over, and carl never knew her.
  read(eve, 2);
  eve.send({ kind: "PEOPLE_REQ", id: idOf(1), body: { refs: [1] } });
  await eve.pick("PEOPLE");
  await eve.close();
  const carl = await RoomClient.live(stub, "carl");
  await until(() => carl.readers.get(1) === 2 && ann.readers.get(1) === 2, "the mark");
  await quiet([ann, carl], 1_200);
  expect([...ann.strangers, ...carl.strangers]).toEqual([]);
});

it("a mark that moves is due for the archive", async () => {
  const stub = freshRoom("receipt");
  const [ann] = await two(stub, 1);
  await runInDurableObject(stub, (_room: RoomObject, state) => {
    state.storage.sql.exec("DELETE FROM due WHERE kind = 'flush'");
  });
  await evict(stub);
  read(ann, 1);
  await ann.expect("RECEIPT");
  expect(await query(stub, "SELECT 1 FROM person WHERE read_seq > read_archived")).toHaveLength(1);
  expect(await query(stub, "SELECT kind FROM due WHERE kind = 'flush'")).toHaveLength(1);
});
