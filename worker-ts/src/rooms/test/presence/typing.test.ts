// Typing, relayed and forgotten (PROTOCOL.md section 7, TYPING).
import { FEATURE, TYPING_STATE } from "@ferrule/core";
import { expect, it } from "vitest";
import {
  evict,
  freshRoom,
  quiet,
  RoomClient,
  type RoomStub,
  tune,
} from "../../../../../tests/worker/support/room-client";

const type = (client: RoomClient, state: number = TYPING_STATE.TYPING) =>
  client.send({ kind: "TYPING", body: { state } });

/** Ann in two tabs, and bob; all that came is read. */
async function three(stub: RoomStub): Promise<[RoomClient, RoomClient, RoomClient]> {
  const ann = await RoomClient.live(stub, "ann", FEATURE.TYPING);
  const annToo = await RoomClient.live(stub, "ann", FEATURE.TYPING);
  const bob = await RoomClient.live(stub, "bob", FEATURE.TYPING);
  await quiet([ann, annToo, bob], 60);
  for (const client of [ann, annToo, bob]) await client.rest(0);
  return [ann, annToo, bob];
}

it("R28 typing reaches the others, with the sender's ref, and no tab of the sender", async () => {
  const [ann, annToo, bob] = await three(freshRoom("typing"));
  type(ann);
  const first = await bob.expect("TYPING");
  expect([first.sender, first.seq, first.body.state]).toEqual([1, 0, TYPING_STATE.TYPING]);
  type(ann, TYPING_STATE.STOPPED);
  expect((await bob.expect("TYPING")).body.state).toBe(TYPING_STATE.STOPPED);
  type(bob);
  for (const client of [ann, annToo]) expect((await client.expect("TYPING")).sender).toBe(2);
  for (const client of [ann, annToo, bob]) expect(await client.rest()).toEqual([]);
});

it("R28 typing lapses: nothing is told for it, and who leaves later has not stopped", async () => {
  const stub = freshRoom("typing");
  const [ann, , bob] = await three(stub);
  await tune(stub, { typingTtlMs: 1 });
  type(ann);
  expect((await bob.expect("TYPING")).body.state).toBe(TYPING_STATE.TYPING);
  expect(await bob.rest()).toEqual([]);
  await ann.close();
  expect(await bob.rest()).toEqual([]);
});

it("R28 who leaves while typing has stopped, unless another tab goes on", async () => {
  const stub = freshRoom("typing");
  const [ann, annToo, bob] = await three(stub);
  type(ann);
  type(annToo);
  await bob.expect("TYPING");
  await bob.expect("TYPING");
  await ann.close();
  expect(await bob.rest()).toEqual([]);
  await annToo.close();
  const stopped = await bob.pick("TYPING");
  expect([stopped.sender, stopped.body.state]).toEqual([1, TYPING_STATE.STOPPED]);
});

it("R28 who leaves while typing has stopped when the close wakes the object, too", async () => {
  const stub = freshRoom("typing");
  const [ann, annToo, bob] = await three(stub);
  await annToo.close();
  type(ann);
  await bob.expect("TYPING");
  await quiet([bob], 60);
  await evict(stub);
  await ann.close();
  expect((await bob.pick("TYPING")).body.state).toBe(TYPING_STATE.STOPPED);
  expect(bob.strangers).toEqual([]);
});

it("R28 a message ends typing without a word", async () => {
  const stub = freshRoom("typing");
  const [ann, , bob] = await three(stub);
  type(ann);
  await bob.expect("TYPING");
  await ann.write(1, "what I typed");
  await bob.expect("MSG");
  await ann.close();
  expect(await bob.rest()).toEqual([]);
});
