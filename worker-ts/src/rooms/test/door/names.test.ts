// Names: whoever is here learns of a new one by PEOPLE, whichever way it came (PROTOCOL.md section 5).
import { PERSON_FLAG } from "@ferrule/core";
import { expect, it } from "vitest";
import { actorOf, freshRoom, idOf, RoomClient } from "../../../../../tests/worker/support/room-client";

const named = (name: string) => ({ ...actorOf("ann"), name });

it("a new name comes before the message that is written under it by HTTP, though its person is here", async () => {
  const stub = freshRoom("names");
  const bob = await RoomClient.join(stub, "bob");
  const ann = await RoomClient.join(stub, "ann");
  await bob.expect("PEOPLE");
  await stub.apply(named("Annie"), { type: "post", id: idOf(1), text: "new here", replyTo: 0 });
  for (const client of [ann, bob]) {
    expect((await client.expect("PEOPLE")).body.list).toMatchObject([{ ref: 2, userId: "u_ann", name: "Annie" }]);
    expect(await client.messages(1)).toEqual([{ seq: 1, text: "new here" }]);
  }
  await stub.apply(named("Annie"), { type: "post", id: idOf(2), text: "again", replyTo: 0 });
  expect(await bob.gather(1)).toEqual(["MSG"]);
});

it("a new name comes with the socket that brings it, before its HELLO and when it never says one", async () => {
  const stub = freshRoom("names");
  const bob = await RoomClient.join(stub, "bob");
  await RoomClient.join(stub, "ann");
  await bob.expect("PEOPLE");
  await RoomClient.open(stub, "ann", named("Annie"));
  expect((await bob.expect("PEOPLE")).body.list).toMatchObject([{ ref: 2, name: "Annie" }]);
  await RoomClient.open(stub, "ann", named("Annie"));
  expect(await bob.rest()).toEqual([]);
});

it("a guest who became a user is the same person: one ref, the new name, and the messages with it", async () => {
  const stub = freshRoom("names");
  const bob = await RoomClient.join(stub, "bob");
  await stub.apply({ ...actorOf("guest"), guest: true }, { type: "post", id: idOf(1), text: "hello", replyTo: 0 });
  expect((await bob.expect("PEOPLE")).body.list).toMatchObject([{ ref: 2, flags: PERSON_FLAG.GUEST }]);
  await bob.messages(1);
  await stub.adopt("u_guest", { userId: "u_ann", name: "Ann" });
  expect((await bob.expect("PEOPLE")).body.list).toMatchObject([{ ref: 2, flags: 0, userId: "u_ann", name: "Ann" }]);
  await stub.apply(named("Ann"), { type: "post", id: idOf(2), text: "me again", replyTo: 0 });
  const authors = (await stub.page({ limit: 9, reader: null })).messages.map(({ author }) => author);
  expect(authors).toEqual(Array(2).fill({ userId: "u_ann", name: "Ann", guest: false }));
  await stub.adopt("u_nobody", { userId: "u_ann", name: "Nobody" });
  expect(await bob.gather(2)).toEqual(["PEOPLE", "MSG"]);
});

it("a user who was here before keeps the ref; what the guest wrote shows the user's name", async () => {
  const stub = freshRoom("names");
  const ann = await RoomClient.join(stub, "ann");
  await stub.apply({ ...actorOf("guest"), guest: true }, { type: "post", id: idOf(1), text: "hello", replyTo: 0 });
  await stub.adopt("u_guest", { userId: "u_ann", name: "Ann" });
  await ann.expect("PEOPLE");
  await ann.messages(1);
  expect((await ann.expect("PEOPLE")).body.list).toMatchObject([{ ref: 2, flags: 0, userId: "u_guest", name: "Ann" }]);
  expect((await ann.write(2, "mine")).body.seq).toBe(2);
  expect((await ann.expect("MSG")).sender).toBe(1);
});

it("what a guest wrote whose account is gone keeps no name, however late the room hears whose it was", async () => {
  const stub = freshRoom("names");
  await RoomClient.join(stub, "ann");
  await stub.apply({ ...actorOf("guest"), guest: true }, { type: "post", id: idOf(1), text: "hello", replyTo: 0 });
  await stub.eraseUser("u_ann", false, 0, ["u_guest"]);
  await stub.adopt("u_guest", { userId: "u_ann", name: "Ann" });
  const [message] = (await stub.page({ limit: 9, reader: null })).messages;
  expect(message?.author.name).toBe("Deleted user");
});
