// What a sleep must not lose. `evict` is what the runtime does to an idle object: memory goes, sockets and storage stay.
import { runInDurableObject } from "cloudflare:test";
import { ERROR_CODE } from "@ferrule/core";
import { expect, it, vi } from "vitest";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  pause,
  query,
  RoomClient,
  ring,
  roomOf,
  tune,
  until,
} from "../../../../tests/worker/support/room-client";
import { Due } from "../log/due";
import type { RoomObject } from "../room-object";

it("R21 after an eviction the socket works, and role and ref are those of before", async () => {
  const stub = freshRoom("sleep");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.expect("PEOPLE");
  await evict(stub);
  expect((await bob.write(1, "awake")).body.seq).toBe(1);
  for (const client of [ann, bob]) {
    const message = await client.expect("MSG");
    expect([message.sender, message.body.text]).toEqual([2, "awake"]);
  }
  await evict(stub);
  expect(await stub.stats()).toMatchObject({ headSeq: 1, online: 2 });
});

it("R22 three evictions in a row, each with a message behind it", async () => {
  const stub = freshRoom("sleep");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  for (let round = 1; round <= 3; round++) {
    await evict(stub);
    await (round % 2 === 0 ? ann : bob).write(round, `round ${round}`);
    for (const client of [ann, bob]) expect((await client.pick("MSG")).seq).toBe(round);
  }
  await evict(stub);
  await stub.stats();
  await evict(stub);
  await stub.stats();
  await evict(stub);
  expect((await ann.write(4, "after three sleeps in a row")).body.seq).toBe(4);
});

it("R23 a close that wakes the object is answered, and the person is gone; leaving twice is leaving once", async () => {
  const stub = freshRoom("sleep");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await evict(stub);
  await bob.close(4321);
  expect(bob.closed?.code).toBe(4321);
  expect(await stub.stats()).toMatchObject({ online: 1 });
  await ann.write(1, "alone");
  await runInDurableObject(stub, (room: RoomObject, state) => {
    for (const socket of state.getWebSockets()) {
      room.webSocketClose(socket, 1006);
      room.webSocketError(socket);
      room.webSocketClose(socket, 1000);
    }
  });
  expect(await stub.stats()).toMatchObject({ online: 0 });
});

it("R23 a close code that may not be sent is answered with 1000, another one with itself", async () => {
  const stub = freshRoom("sleep");
  const ann = await RoomClient.join(stub, "ann");
  ann.socket.close();
  await until(() => ann.closed !== undefined, "the close");
  expect(ann.closed?.code).toBe(1000);
  const bob = await RoomClient.join(stub, "bob");
  await bob.close(1001);
  expect(bob.closed?.code).toBe(1001);
  expect(await stub.stats()).toMatchObject({ online: 0 });
});

it("R25 a socket without attachment does not break the wake, and is closed when it speaks", async () => {
  const stub = freshRoom("sleep");
  const ann = await RoomClient.join(stub, "ann");
  const stray = await RoomClient.join(stub, "stray");
  await runInDurableObject(stub, (_room: RoomObject, state) => {
    for (const socket of state.getWebSockets("u:u_stray")) socket.serializeAttachment(null);
  });
  await evict(stub);
  expect((await ann.write(1, "not disturbed")).body.seq).toBe(1);
  expect(await stub.stats()).toMatchObject({ online: 1 });
  stray.say(2, "anything");
  await until(() => stray.closed !== undefined, "the close of the stray");
  expect(stray.closed?.code).toBe(4013);
  expect((await ann.write(3, "still not disturbed")).body.seq).toBe(2);
});

it("R26 a broken table: INTERNAL to every call, and healed as soon as the table is", async () => {
  const stub = freshRoom("sleep");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "before");
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await query(stub, "ALTER TABLE log RENAME TO broken");
  await evict(stub);
  ann.say(2, "lost?");
  expect(await ann.end()).toEqual({ error: ERROR_CODE.INTERNAL, close: 4013 });
  expect(await RoomClient.refused(stub, "ann")).toBe(500);
  expect(await stub.apply(actorOf("ann"), { type: "post", id: idOf(3), text: "x", replyTo: 0 })).toMatchObject({
    ok: false,
    code: "internal",
  });
  await runInDurableObject(stub, (room: RoomObject) => {
    for (const call of [() => room.stats(), () => room.page({ limit: 1, reader: null })])
      expect(call).toThrow("the room failed");
  });
  expect(logged).toHaveBeenCalled();
  logged.mockRestore();
  await query(stub, "ALTER TABLE broken RENAME TO log");
  expect(await stub.stats()).toMatchObject({ headSeq: 1 });
  const again = await RoomClient.join(stub, "ann");
  expect((await again.write(2, "lost?")).body.seq).toBe(2);
});

it("R44 text other than ping: BAD_FRAME, close 4001; ping is answered while asleep, without a wake", async () => {
  const stub = freshRoom("sleep");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await evict(stub);
  ann.send("ping");
  await until(() => ann.texts.length > 0, "the pong");
  expect(ann.texts).toEqual(["pong"]);
  await expect(evict(stub)).rejects.toThrow(/not currently running/);
  for (const text of ["pong", "PING", ""]) {
    const carl = await RoomClient.join(stub, `carl${text}`);
    carl.send(text);
    expect(await carl.end()).toEqual({ error: ERROR_CODE.BAD_FRAME, close: 4001 });
  }
  expect((await bob.write(1, "not disturbed")).body.seq).toBe(1);
});

it("sweeps sockets that are dead, not those that ping or write, and comes again while there are some", async () => {
  const stub = freshRoom("sleep");
  const dead = await RoomClient.join(stub, "dead");
  const pinging = await RoomClient.join(stub, "pinging");
  const writing = await RoomClient.join(stub, "writing");
  const start = Date.now();
  await tune(stub, { now: () => start + 149_000 });
  await writing.write(1, "here");
  await ring(stub);
  expect([dead.closed, pinging.closed, writing.closed]).toEqual([undefined, undefined, undefined]);
  pinging.send("ping");
  await until(() => pinging.texts.length > 0, "the pong");
  await tune(stub, { now: () => start + 152_000, deadAfterMs: 151_000 });
  await ring(stub);
  expect(await dead.end()).toEqual({ error: ERROR_CODE.IDLE, close: 4016 });
  expect((await writing.write(2, "still here")).body.seq).toBe(2);
  expect(await query(stub, "SELECT kind FROM due WHERE kind = 'sweep'")).toHaveLength(1);
});

it("keeps what was due when an alarm fails, for the runtime rings again", async () => {
  const stub = freshRoom("sleep");
  await RoomClient.join(stub, "ann");
  await query(stub, "UPDATE due SET at = 1");
  await runInDurableObject(stub, async (room: RoomObject, state) => {
    const broken = vi.spyOn(state, "getWebSocketAutoResponseTimestamp").mockImplementation(() => {
      throw new Error("broken");
    });
    await expect(room.alarm()).rejects.toThrow("work that was due");
    broken.mockRestore();
    // Looked at here and now: the alarm may ring again at any moment.
    const due = state.storage.sql.exec("SELECT kind FROM due ORDER BY kind").toArray();
    expect(due).toContainEqual({ kind: "sweep" });
    expect(due).not.toContainEqual({ kind: "hello" });
  });
});

it("what fails and cannot be put back either, as on a full disk, is due still when the room wakes", async () => {
  const stub = freshRoom("sleep");
  await RoomClient.join(stub, "ann");
  await query(stub, "DELETE FROM due WHERE kind <> 'sweep'");
  await query(stub, "UPDATE due SET at = 1");
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const refused = vi.spyOn(Due.prototype, "provide").mockImplementation(() => {
    throw new Error("full");
  });
  const failed = runInDurableObject(stub, (room: RoomObject) => room.alarm());
  await expect(failed).rejects.toThrow();
  refused.mockRestore();
  logged.mockRestore();
  // who calls while an object ends is told of its end
  const left = await vi.waitFor(() => query(roomOf(stub.name!), "SELECT kind FROM due WHERE kind = 'sweep'"), 20_000);
  expect(left).toHaveLength(1);
});

it("an alarm that keeps failing comes back, but is no storm", async () => {
  const stub = freshRoom("sleep");
  await RoomClient.join(stub, "ann");
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  let failed = 0;
  const mend = await runInDurableObject(stub, async (room: RoomObject, state) => {
    const broken = vi.spyOn(state, "getWebSocketAutoResponseTimestamp").mockImplementation(() => {
      failed++;
      throw new Error("broken");
    });
    state.storage.sql.exec("UPDATE due SET at = 1");
    await expect(room.alarm()).rejects.toThrow("work that was due");
    return () => broken.mockRestore();
  });
  await pause(1_000);
  expect(failed).toBe(1);
  const [due] = await query<{ at: number }>(stub, "SELECT at FROM due WHERE kind = 'sweep'");
  expect(due!.at).toBeGreaterThan(Date.now());
  expect(due!.at).toBeLessThan(Date.now() + 10_000);
  mend();
  logged.mockRestore();
});

it("answers a close of any code, as a client that keeps to no rule may send it", async () => {
  const stub = freshRoom("sleep");
  for (const code of [0, 999, 1004, 1005, 1015, 4999, 5000, 65_535]) {
    const ann = await RoomClient.join(stub, `ann${code}`);
    await runInDurableObject(stub, (room: RoomObject, state) => {
      for (const socket of state.getWebSockets(`u:u_ann${code}`)) room.webSocketClose(socket, code);
    });
    await until(() => ann.closed !== undefined, `the close after ${code}`);
    expect(ann.closed?.code).toBe(code === 4999 ? 4999 : 1000);
  }
});
