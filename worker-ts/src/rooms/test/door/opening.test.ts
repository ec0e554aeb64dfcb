// How a connection opens: fresh, recovered, or reset with the reason (PROTOCOL.md section 8).
import { KIND, RESET_REASON, WELCOME_OUTCOME } from "@ferrule/core";
import { expect, it } from "vitest";
import { evict, freshRoom, query, RoomClient, type RoomStub } from "../../../../../tests/worker/support/room-client";

/** A room with `count` messages of ann, the cursor at its head, and nobody in it. */
async function written(count: number): Promise<{ stub: RoomStub; epoch: Uint8Array }> {
  const stub = freshRoom("opening");
  const ann = await RoomClient.open(stub, "ann");
  const { welcome } = await ann.hello();
  for (let n = 1; n <= count; n++) await ann.write(n, `m${n}`);
  await ann.close();
  return { stub, epoch: welcome.body.epoch };
}

it("R08 a fresh HELLO gets WELCOME, then the people who are here", async () => {
  const stub = freshRoom("opening");
  const ann = await RoomClient.open(stub, "ann", { role: "owner", expiresAt: 5_000_000_000_000 });
  const { welcome, reset } = await ann.hello();
  expect(reset).toBeUndefined();
  const { epoch, roomId, title } = welcome.body;
  expect(epoch).toHaveLength(8);
  expect(welcome.body).toMatchObject({
    outcome: WELCOME_OUTCOME.FRESH,
    headSeq: 0,
    oldestSeq: 1,
    startSeq: 0,
    selfRef: 1,
    conn: 1,
    role: 3,
    expiresAt: 5_000_000_000_000,
    features: 0,
    windowSoft: 262_144,
    windowHard: 1_048_576,
    slowModeMs: 0,
  });
  expect(title).toBe("Room");
  expect(roomId).toMatch(/^opening-\d+$/);
  expect((await ann.expect("PEOPLE")).body.list).toMatchObject([{ ref: 1, flags: 0, userId: "u_ann", name: "ann" }]);

  const bob = await RoomClient.open(stub, "bob", { guest: true });
  expect((await bob.hello()).welcome.body).toMatchObject({ epoch, selfRef: 2, conn: 2, role: 1 });
  const people = (await bob.expect("PEOPLE")).body.list;
  expect(people.map(({ ref, flags, userId }) => [ref, flags, userId])).toEqual([
    [1, 0, "u_ann"],
    [2, 1, "u_bob"],
  ]);
  // A join tells the others, and nobody else.
  expect((await ann.expect("PEOPLE")).body.list.map((person) => person.userId)).toEqual(["u_bob"]);
  expect(await ann.rest()).toEqual([]);
  expect(await bob.rest()).toEqual([]);
});

it("R08 a wake keeps room id, title and epoch", async () => {
  const { stub, epoch } = await written(2);
  await evict(stub);
  const ann = await RoomClient.open(stub, "ann");
  await evict(stub);
  const { welcome } = await ann.hello();
  expect(welcome.body).toMatchObject({ epoch, headSeq: 2, startSeq: 2, title: "Room" });
  expect(welcome.body.roomId).toMatch(/^opening-\d+$/);
});

it("R09 resume after 3 missed messages replays exactly those 3, byte for byte as they were broadcast", async () => {
  const stub = freshRoom("opening");
  const ann = await RoomClient.open(stub, "ann");
  const { welcome } = await ann.hello();
  const cursor = { epoch: welcome.body.epoch, lastSeq: 2 };
  for (let n = 1; n <= 5; n++) await ann.write(n, `m${n}`);
  const live = (await ann.messages(5)).slice(2);

  const bob = await RoomClient.open(stub, "bob");
  expect((await bob.hello(cursor)).welcome.body).toMatchObject({
    outcome: WELCOME_OUTCOME.RECOVERED,
    startSeq: 2,
    headSeq: 5,
  });
  await bob.expect("PEOPLE");
  expect((await bob.expect("PEOPLE")).body.list.map((person) => person.userId)).toEqual(["u_ann"]);
  expect(await bob.messages(3)).toEqual(live);
  expect(await bob.rest()).toEqual([]);
  const stored = await query<{ frame: ArrayBuffer }>(stub, "SELECT frame FROM log WHERE seq > 2 ORDER BY seq");
  const replayed = bob.raw.at(-1)!;
  for (const { frame } of stored) {
    const bare = new Uint8Array(frame).subarray(0, -4);
    expect(Buffer.from(replayed).includes(Buffer.from(bare))).toBe(true);
  }
});

it("R10 a replayed entry moves the cursor: a second resume replays none", async () => {
  const { stub, epoch } = await written(4);
  const bob = await RoomClient.join(stub, "bob", { epoch, lastSeq: 1 });
  const last = (await bob.messages(3)).at(-1)!;
  expect(last.seq).toBe(4);
  await bob.close();
  const again = await RoomClient.open(stub, "bob");
  expect((await again.hello({ epoch, lastSeq: last.seq })).welcome.body).toMatchObject({
    outcome: WELCOME_OUTCOME.RECOVERED,
    startSeq: 4,
  });
  expect(await again.gather(1)).toEqual(["PEOPLE"]);
});

it("R11 a quiet connection resumes after an hour", async () => {
  const { stub, epoch } = await written(3);
  await query(stub, "UPDATE log SET ts = ts - 3600000");
  await evict(stub);
  const bob = await RoomClient.open(stub, "bob");
  expect((await bob.hello({ epoch, lastSeq: 3 })).welcome.body.outcome).toBe(WELCOME_OUTCOME.RECOVERED);
  expect(await bob.gather(1)).toEqual(["PEOPLE"]);
  await bob.write(9, "still here");
  expect((await bob.messages(1))[0]).toEqual({ seq: 4, text: "still here" });
});

it("R12 a trimmed cursor gets RESET TRIMMED with the oldest entry; the last one before it still resumes", async () => {
  const { stub, epoch } = await written(6);
  await query(stub, "DELETE FROM log WHERE seq <= 3");
  await query(stub, "INSERT OR REPLACE INTO meta VALUES('trimmed_seq', 3)");
  await evict(stub);
  const bob = await RoomClient.open(stub, "bob");
  const { reset } = await bob.hello({ epoch, lastSeq: 2 });
  expect(reset?.body).toMatchObject({ reason: RESET_REASON.TRIMMED, oldestSeq: 4, headSeq: 6, startSeq: 6, epoch });
  expect(await bob.gather(1)).toEqual(["PEOPLE"]);
  const carl = await RoomClient.join(stub, "carl", { epoch, lastSeq: 3 });
  expect((await carl.messages(3)).map((message) => message.seq)).toEqual([4, 5, 6]);
});

it("R13 a cursor above head gets RESET AHEAD", async () => {
  const { stub, epoch } = await written(2);
  const bob = await RoomClient.open(stub, "bob");
  const { welcome, reset } = await bob.hello({ epoch, lastSeq: 3 });
  expect(welcome.body).toMatchObject({ outcome: WELCOME_OUTCOME.RESET, startSeq: 2 });
  expect(reset?.body).toMatchObject({ reason: RESET_REASON.AHEAD, headSeq: 2, startSeq: 2 });
});

it("R14 another epoch gets RESET EPOCH_CHANGED, whatever its seq", async () => {
  const { stub, epoch } = await written(2);
  for (const lastSeq of [0, 2, 9]) {
    const bob = await RoomClient.open(stub, "bob");
    const { reset } = await bob.hello({ epoch: epoch.map((byte) => byte ^ 1), lastSeq });
    expect(reset?.body).toMatchObject({ reason: RESET_REASON.EPOCH_CHANGED, epoch, startSeq: 2 });
  }
});

it("R15 5,000 behind resumes, 5,001 behind gets RESET TOO_FAR", async () => {
  const { stub, epoch } = await written(1);
  await query(
    stub,
    `WITH RECURSIVE n(seq) AS (SELECT 2 UNION ALL SELECT seq + 1 FROM n WHERE seq < 5001)
     INSERT INTO log(seq, ts, kind, ref, frame) SELECT n.seq, log.ts, ${KIND.MSG}, 1, log.frame FROM n, log WHERE log.seq = 1`,
  );
  await evict(stub);
  const far = await RoomClient.open(stub, "far");
  const { welcome, reset } = await far.hello({ epoch, lastSeq: 0 });
  expect(welcome.body.headSeq).toBe(5001);
  expect(reset?.body.reason).toBe(RESET_REASON.TOO_FAR);
  const near = await RoomClient.open(stub, "near");
  expect((await near.hello({ epoch, lastSeq: 1 })).welcome.body.outcome).toBe(WELCOME_OUTCOME.RECOVERED);
});
