// What the composition is told of a room's messages (`onEntry`): after they are stored, at least once, and nothing that is not for it.
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import {
  actorOf,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
} from "../../../../../tests/worker/support/room-client";
import { defineRoomObject, type HeardEntry, type RoomObject, type RoomPorts } from "../..";

const post = (n: number, text: string) => ({ type: "post", id: idOf(n), text, replyTo: 0 }) as const;
const heeds = (text: string) => text.startsWith("!");

/** Works with a second life of the room, with ports of the test's own. */
const inRoom = <T>(stub: RoomStub, ports: RoomPorts, work: (room: RoomObject) => T | Promise<T>): Promise<T> =>
  runInDurableObject(stub, async (_room: RoomObject, state) => {
    const result = await work(new (defineRoomObject(ports))(state, env));
    // the alarm is the test's to ring
    await state.storage.deleteAlarm();
    return result;
  });

const due = (stub: RoomStub) =>
  query<{ key: string; at: number }>(stub, "SELECT key, at FROM due WHERE kind = 'entry'");

it("R68 a message is put down with its being stored, told once it is, and then forgotten", async () => {
  const stub = freshRoom("heard");
  const told: HeardEntry[] = [];
  const ports: RoomPorts = { heeds, onEntry: async (_env, entry) => void told.push(entry) };
  await inRoom(stub, ports, (room) => {
    room.apply(actorOf("ann"), post(1, "!one"));
    room.apply(actorOf("ann"), post(2, "two"));
    // sent again it is the same message
    room.apply(actorOf("ann"), post(1, "!one"));
    expect(told).toEqual([]);
  });
  expect((await due(stub)).map(({ key }) => key)).toEqual(["1"]);
  await inRoom(stub, ports, (room) => room.alarm());
  const author = { userId: "u_ann", name: "ann", guest: false };
  expect(told).toEqual([{ room: stub.name, seq: 1, ts: expect.any(Number), author, text: "!one" }]);
  expect(await due(stub)).toEqual([]);
});

it("R68 a crash before it has been told loses nothing; a failure comes again later", async () => {
  const stub = freshRoom("heard");
  const heard: RoomPorts = { heeds, onEntry: async () => undefined };
  await inRoom(stub, heard, (room) => room.apply(actorOf("ann"), post(1, "!one")));
  const since = Date.now();
  // never answers: the object is gone while it waits
  await inRoom(stub, { heeds, onEntry: () => new Promise(() => undefined) }, async (room) => {
    void room.alarm();
    await scheduler.wait(1);
  });
  await evictDurableObject(stub);
  const [left] = await due(stub);
  expect(left?.key).toBe("1");
  expect(left!.at).toBeGreaterThan(since + 1_000);
  await query(stub, "UPDATE due SET at = 1 WHERE kind = 'entry'");
  const failing: RoomPorts = { heeds, onEntry: () => Promise.reject(new Error("not now")) };
  await inRoom(stub, failing, (room) => expect(room.alarm()).rejects.toThrow("work that was due"));
  expect((await due(stub)).map(({ key }) => key)).toEqual(["1"]);
  await query(stub, "UPDATE due SET at = 1 WHERE kind = 'entry'");
  const told: number[] = [];
  await inRoom(stub, { heeds, onEntry: async (_env, { seq }) => void told.push(seq) }, (room) => room.alarm());
  expect([told, await due(stub)]).toEqual([[1], []]);
});

it("R68 not told: what bots write, what was erased, what is refused, what is too old", async () => {
  const stub = freshRoom("heard");
  const told: number[] = [];
  const ports: RoomPorts = { heeds, onEntry: async (_env, { seq }) => void told.push(seq) };
  const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await inRoom(stub, ports, async (room) => {
    room.apply({ ...actorOf("robot"), bot: true }, post(1, "!bot"));
    room.apply(actorOf("ann"), post(2, "!erased"));
    room.apply(actorOf("ann"), { type: "delete", id: idOf(3), target: 2 });
    expect(room.apply(actorOf("ann"), post(4, "")).ok).toBe(false);
    room.apply(actorOf("ann"), post(5, "!old"));
    await room.alarm();
  });
  expect(told).toEqual([4]);
  await query(stub, "INSERT INTO due VALUES('entry', '4', 1)");
  await query(stub, "UPDATE log SET ts = 1 WHERE seq = 4");
  await inRoom(stub, ports, (room) => room.alarm());
  expect(silent).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(`of the entry 4 of the room ${stub.name}`));
  expect(told).toEqual([4]);
  silent.mockRestore();
  expect(await due(stub)).toEqual([]);
});

it("R68 by a socket, too", async () => {
  const stub = freshRoom("heard");
  const client = await RoomClient.join(stub, "ann");
  await client.write(1, "/zzz of no command");
  await expect.poll(() => due(stub)).toEqual([]);
  // the app's own port has heard it and has nothing to say
  expect((await client.gather(1)).filter((kind) => kind === "MSG")).toHaveLength(1);
});
