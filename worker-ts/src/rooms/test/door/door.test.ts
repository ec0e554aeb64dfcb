// Who gets in, and how a socket ends by the room's will: tickets, limits, HELLO in time.
import { crc32, ERROR_CODE } from "@ferrule/core";
import { expect, it } from "vitest";
import {
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  ring,
  rowsRead,
  tune,
} from "../../../../../tests/worker/support/room-client";

it("R38 a ticket opens one socket, over sleeps too, even one that comes late; its row goes with a sweep after that", async () => {
  const stub = freshRoom("door");
  const ticket = { id: "t1", expiresAt: Date.now() + 60_000 };
  await RoomClient.open(stub, "ann", { ticket });
  expect(await RoomClient.refused(stub, "ann", { ticket })).toBe(401);
  await evict(stub);
  expect(await RoomClient.refused(stub, "ann", { ticket })).toBe(401);
  await RoomClient.open(stub, "ann", { ticket: { ...ticket, id: "t2" } });
  await tune(stub, { now: () => ticket.expiresAt + 1_000, sweepMs: 1_000 });
  await ring(stub);
  expect(await RoomClient.refused(stub, "ann", { ticket })).toBe(401);
  await RoomClient.open(stub, "ann", { ticket: { id: "t3", expiresAt: ticket.expiresAt + 60_000 } });
  await tune(stub, { now: () => ticket.expiresAt + 1_001 });
  await ring(stub);
  expect(await query(stub, "SELECT id FROM ticket")).toEqual([{ id: "t3" }]);
});

it("opening a socket costs the same, however many have opened in the last minutes", async () => {
  const stub = freshRoom("door");
  const expiresAt = Date.now() + 60_000;
  const rows: number[] = [];
  for (const [n, used] of [10, 5_000].entries()) {
    await query(
      stub,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${used})
       INSERT INTO ticket SELECT 'used-${n}-' || i, ${expiresAt} FROM n`,
    );
    rows.push(await rowsRead(stub, () => RoomClient.open(stub, "ann", { ticket: { id: `t${n}`, expiresAt } })));
  }
  expect(rows[1]).toBeLessThan(rows[0]! + 10);
});

it("refuses a request without an admission, or with one that is none", async () => {
  const stub = freshRoom("door");
  for (const admission of [undefined, "", "not base64url!"]) {
    const headers = { upgrade: "websocket", ...(admission === undefined ? {} : { "ferrule-admission": admission }) };
    expect((await stub.fetch("http://room/socket", { headers })).status).toBe(401);
  }
  expect(await query(stub, "SELECT * FROM person")).toEqual([]);
});

it("answers 503 when the room is full, and does not burn the ticket", async () => {
  const stub = freshRoom("door");
  await tune(stub, { socketsPerRoomMax: 2 });
  const ann = await RoomClient.join(stub, "ann");
  await RoomClient.join(stub, "bob");
  const ticket = { id: "t1", expiresAt: Date.now() + 60_000 };
  expect(await RoomClient.refused(stub, "carl", { ticket })).toBe(503);
  await ann.close();
  await RoomClient.open(stub, "carl", { ticket });
});

it("closes the user's oldest socket over CONNECTIONS_PER_USER_MAX: REPLACED, 4017", async () => {
  const stub = freshRoom("door");
  const bob = await RoomClient.join(stub, "bob");
  const mine: RoomClient[] = [];
  for (let n = 0; n < 10; n++) mine.push(await RoomClient.join(stub, "ann"));
  await evict(stub);
  mine.push(await RoomClient.join(stub, "ann"));
  expect(await mine[0]!.end()).toEqual({ error: ERROR_CODE.REPLACED, close: 4017 });
  expect(mine.slice(1).every((client) => client.closed === undefined)).toBe(true);
  expect(bob.closed).toBeUndefined();
  expect((await mine[10]!.write(1, "in")).body.seq).toBe(1);
});

it("R45 HELLO twice: BAD_STATE", async () => {
  const stub = freshRoom("door");
  const ann = await RoomClient.join(stub, "ann");
  await evict(stub);
  ann.send({
    kind: "HELLO",
    body: { epoch: new Uint8Array(8), lastSeq: 0, features: 0, maxFrame: 65_536, client: "again" },
  });
  expect(await ann.end()).toEqual({ error: ERROR_CODE.BAD_STATE, close: 4014 });
});

it("R45 another first frame: BAD_STATE, and nothing is stored", async () => {
  const stub = freshRoom("door");
  const ann = await RoomClient.open(stub, "ann");
  ann.say(1, "before HELLO");
  expect(await ann.end()).toEqual({ error: ERROR_CODE.BAD_STATE, close: 4014 });
  expect((await stub.stats()).headSeq).toBe(0);
});

it("R45 no HELLO in time: BAD_STATE by the alarm, over a sleep too; those in time and those younger stay", async () => {
  const stub = freshRoom("door");
  const start = Date.now();
  const late = await RoomClient.open(stub, "late");
  const here = await RoomClient.join(stub, "here");
  await tune(stub, { now: () => start + 9_000 });
  const young = await RoomClient.open(stub, "young");
  await evict(stub);
  await tune(stub, { now: () => start + 11_000 });
  await ring(stub);
  expect(await late.end()).toEqual({ error: ERROR_CODE.BAD_STATE, close: 4014 });
  await young.hello();
  expect((await here.write(1, "not disturbed")).body.seq).toBe(1);
  await ring(stub);
  await tune(stub, { now: () => start + 60_000 });
  await ring(stub);
  expect(young.closed).toBeUndefined();
});

it("R45 the alarm itself comes", async () => {
  const stub = freshRoom("door");
  await tune(stub, { helloTimeoutMs: 50 });
  const late = await RoomClient.open(stub, "late");
  expect(await late.end()).toEqual({ error: ERROR_CODE.BAD_STATE, close: 4014 });
});

it("R46 kind 70 is skipped, before HELLO too; kind 40 is UNSUPPORTED", async () => {
  const stub = freshRoom("door");
  const ann = await RoomClient.open(stub, "ann");
  const frame = (kind: number) => {
    const bytes = new Uint8Array([0x57, 1, kind, 0, 0, 0, 16, ...idOf(7), 0, 1, 0, 0, 0, 0, 0]);
    new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
    return bytes;
  };
  ann.send(frame(70));
  await ann.hello();
  await ann.expect("PEOPLE");
  ann.send(frame(70));
  expect(await ann.rest()).toEqual([]);
  ann.send(frame(40));
  const refused = await ann.expect("ERROR");
  expect(refused.id).toEqual(idOf(7));
  expect(refused.body.code).toBe(ERROR_CODE.UNSUPPORTED);
  ann.send({ kind: "TYPING", body: { state: 1 } });
  expect((await ann.write(1, "still here")).body.seq).toBe(1);
});
