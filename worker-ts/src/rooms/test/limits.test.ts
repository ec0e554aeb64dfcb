// Limits on what comes up (PROTOCOL.md section 11): token buckets over sleeps, tabs and HTTP, strikes, and slow mode. The room's
// clock stands still here unless a test moves it, so each figure is exact.
import { runInDurableObject } from "cloudflare:test";
import { ACK_STATUS, crc32, ERROR_CODE, encode, type FrameInit, KIND, SYSTEM_EVENT } from "@ferrule/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  actorOf,
  configOf,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
  rowsRead,
  tune,
} from "../../../../tests/worker/support/room-client";
import { Log } from "../log/log";
import { Meta } from "../log/tables";
import { roomSettings } from "../settings";

const { rates } = roomSettings({}, () => 0);
const START = Date.now();
/** Tokens fill and admissions end on this clock. */
const at = (stub: RoomStub, ms: number) => tune(stub, { now: () => START + ms });

/** A room with the limits of the protocol, its clock at `ms`. A new life starts with those of the tests again. */
async function limited(stub: RoomStub, ms = 0): Promise<void> {
  await tune(stub, { rates });
  await at(stub, ms);
}

async function limitedRoom(): Promise<RoomStub> {
  const stub = freshRoom("limits");
  await limited(stub);
  return stub;
}

const post = (stub: RoomStub, name: string, n: number, text = `m${n}`) =>
  stub.apply(actorOf(name), { type: "post", id: idOf(n), text, replyTo: 0 });

/** The next ERROR: its code, its advice and the frame it names. */
async function refused(client: RoomClient): Promise<{ code: number; retryAfterMs: number; id: Uint8Array | null }> {
  const { id, body } = await client.pick("ERROR");
  return { code: body.code, retryAfterMs: body.retryAfterMs, id };
}

it("R42 the eleventh message in a row is refused with the time to wait, and accepted when it has passed", async () => {
  const stub = await limitedRoom();
  const ann = await RoomClient.join(stub, "ann");
  for (let n = 1; n <= 10; n++) expect((await ann.write(n, "fast")).body.seq).toBe(n);
  ann.say(11, "too fast");
  expect(await refused(ann)).toEqual({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 200, id: idOf(11) });
  await at(stub, 199);
  ann.say(11, "too fast");
  expect(await refused(ann)).toMatchObject({ retryAfterMs: 1 });
  await at(stub, 200);
  expect((await ann.write(11, "too fast")).body).toMatchObject({ status: ACK_STATUS.STORED, seq: 11 });
  ann.say(12, "again");
  expect(await refused(ann)).toMatchObject({ retryAfterMs: 200 });
  await at(stub, 60_000);
  for (let n = 12; n <= 21; n++) await ann.write(n, "as many as may be saved up");
  ann.say(22, "and no more");
  expect(await refused(ann)).toMatchObject({ retryAfterMs: 200, id: idOf(22) });
  expect((await stub.stats()).headSeq).toBe(21);
});

it("R42 whoever comes and goes without end is told of as often as they may write; what they are counts each time", async () => {
  const stub = await limitedRoom();
  const { userId, name, guest } = actorOf("ann");
  const subject = { userId, name, guest };
  const change = (n: number, by = subject) =>
    stub.setRole({ subject, role: n % 2 === 0 ? null : "member", roleAt: n, by, joined: true });
  for (let n = 1; n <= 100; n++) await change(n);
  expect((await stub.stats()).headSeq).toBe(10);
  expect(await query(stub, "SELECT role, role_at FROM person")).toEqual([{ role: null, role_at: 100 }]);
  // what others do is told always
  await change(101, { userId: "bob", name: "Bob", guest: false });
  expect((await stub.stats()).headSeq).toBe(11);
});

it("R42 buckets come first: the resend of a stored message is refused as well, and DUPLICATE afterwards", async () => {
  const stub = await limitedRoom();
  const ann = await RoomClient.join(stub, "ann");
  for (let n = 1; n <= 10; n++) await ann.write(n, "fast");
  ann.say(10, "fast");
  expect(await refused(ann)).toMatchObject({ code: ERROR_CODE.RATE_LIMITED, id: idOf(10) });
  await at(stub, 200);
  expect((await ann.write(10, "fast")).body).toMatchObject({ status: ACK_STATUS.DUPLICATE, seq: 10 });
});

it("R24 a sleep does not fill a bucket, nor forget what a client was told", async () => {
  const stub = await limitedRoom();
  const ann = await RoomClient.join(stub, "ann");
  for (let n = 1; n <= 10; n++) await ann.write(n, "fast");
  await evict(stub);
  await limited(stub);
  ann.say(11, "after a sleep");
  expect(await refused(ann)).toMatchObject({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 200 });
  await evict(stub);
  await limited(stub, 100);
  await tune(stub, { rateStrikesMax: 1 });
  ann.say(11, "told to wait, over a sleep");
  expect(await ann.end()).toEqual({ error: ERROR_CODE.RATE_LIMITED, close: 4007 });
});

it("R42 the same user writes through one bucket more, over tabs and HTTP; others have their own", async () => {
  const stub = await limitedRoom();
  const tabs = [await RoomClient.join(stub, "ann"), await RoomClient.join(stub, "ann")];
  for (let n = 1; n <= 5; n++) {
    await tabs[0]!.write(n, "one tab");
    await tabs[1]!.write(100 + n, "another");
  }
  for (const tab of tabs) {
    tab.say(200, "too much together");
    expect(await refused(tab)).toMatchObject({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 200 });
  }
  const answer = await post(stub, "ann", 201);
  expect(answer).toEqual({ ok: false, code: "rate_limited", message: expect.any(String), retryAfterMs: 200 });
  expect(await post(stub, "bob", 1)).toMatchObject({ ok: true });
  await at(stub, 200);
  expect(await post(stub, "ann", 201)).toMatchObject({ ok: true });
  // the tab's own bucket has room, its user's has none: nothing of it is used up by asking
  tabs[0]!.say(202, "once more");
  expect(await refused(tabs[0]!)).toMatchObject({ retryAfterMs: 200 });
  await at(stub, 400);
  await tabs[0]!.write(202, "once more");
});

it("R42 each bucket is its own: reading goes on while writing waits, and the other way round", async () => {
  const stub = await limitedRoom();
  const ann = await RoomClient.join(stub, "ann");
  for (let n = 1; n <= 10; n++) await ann.write(n, "fast");
  const people = (n: number): FrameInit => ({ kind: "PEOPLE_REQ", id: idOf(n), body: { refs: [1] } });
  for (let n = 1; n <= 10; n++) {
    ann.send(people(n));
    await ann.pick("PEOPLE");
  }
  ann.send(people(11));
  expect(await refused(ann)).toEqual({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 250, id: idOf(11) });
  ann.send({ kind: "HISTORY_REQ", id: idOf(12), body: { direction: 0, from: 0, limit: 1 } });
  expect(await refused(ann)).toMatchObject({ retryAfterMs: 250, id: idOf(12) });
  ann.credit();
  expect(await ann.rest()).not.toContain("ERROR");
});

it("R42 CREDIT has a bucket, too; refused, it has no id to name", async () => {
  const stub = await limitedRoom();
  const ann = await RoomClient.join(stub, "ann");
  for (let n = 0; n < 40; n++) ann.credit();
  ann.credit();
  expect(await refused(ann)).toEqual({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 50, id: null });
});

it("R42 frames that are refused for what they are are limited as well", async () => {
  const stub = await limitedRoom();
  const ann = await RoomClient.join(stub, "ann");
  const unassigned = (n: number) => {
    const bytes = new Uint8Array([0x57, 1, 40, 0, 0, 0, 16, ...idOf(n), 0, 1, 0, 0, 0, 0, 0]);
    new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
    return bytes;
  };
  for (let n = 1; n <= 40; n++) {
    ann.send(unassigned(n));
    expect(await refused(ann)).toMatchObject({ code: ERROR_CODE.UNSUPPORTED, id: idOf(n) });
  }
  ann.send(unassigned(41));
  expect(await refused(ann)).toEqual({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 50, id: idOf(41) });
  await ann.write(1, "not disturbed");
});

it("R42 soft frames over their rate are dropped in silence, and are no strikes", async () => {
  const stub = await limitedRoom();
  await tune(stub, { rateStrikesMax: 1 });
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.live(stub, "bob");
  await bob.rest();
  await ann.rest();
  for (let n = 0; n < 100; n++) ann.send({ kind: "TYPING", body: { state: n % 2 === 0 ? 1 : 0 } });
  await ann.write(1, "goes on");
  expect((await ann.rest()).filter((kind) => kind === "ERROR")).toEqual([]);
  expect(ann.closed).toBeUndefined();
  expect((await bob.rest()).filter((kind) => kind === "TYPING").length).toBeLessThanOrEqual(10);
});

it("R42 bytes have a bucket of their own, which any frame may find empty", async () => {
  const stub = await limitedRoom();
  await tune(stub, { rates: { ...rates, write: { perSecond: 1000, burst: 1000 } } });
  const ann = await RoomClient.join(stub, "ann");
  // incompressible, so that the frame is as long as its text
  let seed = 1;
  const text = Array.from({ length: 16_000 }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (seed % 90));
  }).join("");
  const bytes = encode({ kind: "MSG", id: idOf(0), body: { replyTo: 0, text } }).byteLength;
  // HELLO opens the dialogue and is not counted
  const fit = Math.floor(rates.bytes.burst / bytes);
  for (let n = 1; n <= fit; n++) await ann.write(n, text);
  ann.say(fit + 1, text);
  const wait = Math.ceil((((fit + 1) * bytes - rates.bytes.burst) * 1000) / rates.bytes.perSecond);
  expect(await refused(ann)).toEqual({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: wait, id: idOf(fit + 1) });
  await at(stub, wait);
  expect((await ann.write(fit + 1, text)).body.seq).toBe(fit + 1);
});

it("R42 who does not wait is sent away: RATE_STRIKES_MAX frames within a minute, 4007", async () => {
  const stub = await limitedRoom();
  await tune(stub, { rateStrikesMax: 3 });
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  for (let n = 1; n <= 10; n++) await ann.write(n, "fast");
  ann.say(11, "told to wait");
  expect(await refused(ann)).toMatchObject({ retryAfterMs: 200 });
  for (let n = 12; n <= 13; n++) {
    ann.say(n, "a strike");
    expect(await refused(ann)).toMatchObject({ code: ERROR_CODE.RATE_LIMITED });
  }
  expect(ann.closed).toBeUndefined();
  ann.say(14, "one too many");
  expect(await ann.end()).toEqual({ error: ERROR_CODE.RATE_LIMITED, close: 4007 });
  expect((await bob.write(1, "not disturbed")).body.seq).toBe(11);
});

it("R42 a client that waits gets no strike, however often it is refused; strikes are forgotten after a minute", async () => {
  const stub = await limitedRoom();
  await tune(stub, { rateStrikesMax: 2 });
  const ann = await RoomClient.join(stub, "ann");
  for (let n = 1; n <= 10; n++) await ann.write(n, "fast");
  let ms = 0;
  for (let n = 11; n <= 20; n++) {
    ann.say(n, "refused");
    const { retryAfterMs } = await refused(ann);
    ms += retryAfterMs;
    await at(stub, ms);
    await ann.write(n, "refused");
  }
  for (let minute = 1; minute <= 3; minute++) {
    ann.say(21, "told");
    await refused(ann);
    ann.say(21, "one strike a minute");
    await refused(ann);
    ms += 60_000;
    await at(stub, ms);
    for (let n = 1; n <= 10; n++) await ann.write(minute * 100 + n, "fast");
  }
  expect(ann.closed).toBeUndefined();
});

it("R42 a strike is counted for the lane that was told to wait: another one may be refused meanwhile", async () => {
  const stub = await limitedRoom();
  await tune(stub, { rateStrikesMax: 1 });
  const ann = await RoomClient.join(stub, "ann");
  for (let n = 1; n <= 10; n++) await ann.write(n, "fast");
  ann.say(11, "told to wait");
  await refused(ann);
  for (let n = 1; n <= 10; n++) ann.send({ kind: "PEOPLE_REQ", id: idOf(n), body: { refs: [1] } });
  ann.send({ kind: "PEOPLE_REQ", id: idOf(50), body: { refs: [1] } });
  expect(await refused(ann)).toMatchObject({ id: idOf(50) });
  expect(ann.closed).toBeUndefined();
  ann.send({ kind: "PEOPLE_REQ", id: idOf(51), body: { refs: [1] } });
  expect(await ann.end()).toEqual({ error: ERROR_CODE.RATE_LIMITED, close: 4007 });
});

it("R42 a clock that was set back empties a bucket at most", async () => {
  const stub = await limitedRoom();
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "now");
  await at(stub, -3_600_000);
  ann.say(2, "an hour ago");
  expect(await refused(ann)).toMatchObject({ retryAfterMs: 200 });
});

const SLOW = configOf(2, { slowModeMs: 5_000 });

it("R43 slow mode: one message in slowModeMs, with the exact time to wait, over tabs, HTTP and a sleep", async () => {
  const stub = await limitedRoom();
  await stub.configure(SLOW);
  const tabs = [await RoomClient.join(stub, "ann"), await RoomClient.join(stub, "ann")];
  const bob = await RoomClient.join(stub, "bob");
  await tabs[0]!.write(1, "one");
  await at(stub, 1_200);
  for (const tab of tabs) {
    tab.say(2, "two");
    expect(await refused(tab)).toEqual({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 3_800, id: idOf(2) });
  }
  expect(await post(stub, "ann", 3)).toMatchObject({ ok: false, code: "rate_limited", retryAfterMs: 3_800 });
  await bob.write(1, "another person");
  await evict(stub);
  await limited(stub, 4_999);
  tabs[1]!.say(2, "two");
  expect(await refused(tabs[1]!)).toMatchObject({ retryAfterMs: 1 });
  await at(stub, 5_000);
  expect((await tabs[1]!.write(2, "two")).body).toMatchObject({ status: ACK_STATUS.STORED });
  expect(await post(stub, "ann", 3)).toMatchObject({ ok: false, retryAfterMs: 5_000 });
});

it("R43 slow mode holds for members alone; a resend is DUPLICATE; a wrong reply comes after it", async () => {
  const stub = await limitedRoom();
  await stub.configure(SLOW);
  for (const role of ["moderator", "owner"] as const) {
    const busy = await RoomClient.open(stub, role, { role });
    await busy.hello();
    for (let n = 1; n <= 3; n++) await busy.write(n, "of no member");
  }
  const ann = await RoomClient.join(stub, "ann");
  const { seq } = (await ann.write(1, "one")).body;
  expect((await ann.write(1, "one")).body).toMatchObject({ status: ACK_STATUS.DUPLICATE, seq });
  ann.say(1, "other words");
  expect(await refused(ann)).toMatchObject({ code: ERROR_CODE.CONFLICT });
  ann.say(2, "to nobody", 9_999);
  expect(await refused(ann)).toMatchObject({ code: ERROR_CODE.RATE_LIMITED, retryAfterMs: 5_000 });
  await stub.configure(configOf(3, { slowModeMs: 5_000, closed: true }));
  ann.say(3, "closed comes first");
  expect(await refused(ann)).toMatchObject({ code: ERROR_CODE.FORBIDDEN, retryAfterMs: 0 });
});

it("R43 turned on, it counts what was written before; it is told by SYSTEM and by WELCOME, and outlives a sleep", async () => {
  const stub = await limitedRoom();
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "before");
  await at(stub, 1_000);
  await stub.configure(SLOW, { ...actorOf("olga"), role: "owner" });
  const told = await ann.pick("SYSTEM");
  expect([told.body.event, told.body.text]).toEqual([SYSTEM_EVENT.SLOW_MODE, "5000"]);
  expect(told.sender).toBeGreaterThan(0);
  expect(ann.strangers).toEqual([]);
  ann.say(2, "after");
  expect(await refused(ann)).toMatchObject({ retryAfterMs: 4_000 });
  await evict(stub);
  const late = await RoomClient.open(stub, "late");
  expect((await late.hello()).welcome.body.slowModeMs).toBe(5_000);
  await stub.configure(configOf(3));
  expect((await late.pick("SYSTEM")).body.text).toBe("0");
  await ann.write(2, "after");
});

it("R43 a message refused by slow mode holds messages alone: strikes follow the same lanes as the client", async () => {
  const stub = await limitedRoom();
  await tune(stub, { rateStrikesMax: 1 });
  await stub.configure(SLOW);
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  ann.say(2, "two");
  await refused(ann);
  // the bucket of writes, which a DELETE shares, was refused nothing yet
  for (let n = 10; n < 18; n++) ann.send({ kind: "DELETE", id: idOf(n), body: { target: 1 } });
  ann.send({ kind: "DELETE", id: idOf(18), body: { target: 1 } });
  await ann.rest();
  expect(ann.closed).toBeUndefined();
  ann.say(2, "two");
  expect(await ann.end()).toEqual({ error: ERROR_CODE.RATE_LIMITED, close: 4007 });
});

it("R43 made slower, it counts what lay behind the shorter time; made faster, it forgets it", async () => {
  const stub = await limitedRoom();
  await stub.configure(SLOW);
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await at(stub, 6_000);
  const bob = await RoomClient.join(stub, "bob");
  await bob.write(2, "two");
  await stub.configure(configOf(3, { slowModeMs: 10_000 }));
  ann.say(3, "too early now");
  expect(await refused(ann)).toMatchObject({ retryAfterMs: 4_000 });
  await stub.configure(configOf(4, { slowModeMs: 6_000 }));
  expect((await ann.write(3, "in time again")).body.status).toBe(ACK_STATUS.STORED);
  bob.say(4, "not yet");
  expect(await refused(bob)).toMatchObject({ retryAfterMs: 6_000 });
});

it("R43 law: it allows exactly what a look at the whole log would, through sleeps and changes", async () => {
  const step = fc.record({ who: fc.nat({ max: 3 }), ms: fc.nat({ max: 4_000 }), other: fc.nat({ max: 9 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const stub = await limitedRoom();
      const newest = new Map<number, number>();
      let [now, version, slowModeMs] = [0, 2, 5_000];
      await stub.configure(configOf(version, { slowModeMs }));
      for (const [n, { who, ms, other }] of steps.entries()) {
        now += ms;
        if (other === 0) await evict(stub);
        if (other === 1) slowModeMs = [0, 2_000, 9_000][who % 3]!;
        await limited(stub, now);
        if (other === 1) await stub.configure(configOf(++version, { slowModeMs }));
        const wait = slowModeMs === 0 ? 0 : (newest.get(who) ?? Number.NEGATIVE_INFINITY) + slowModeMs - now;
        const outcome = await post(stub, `p${who}`, n);
        expect(outcome).toMatchObject(wait > 0 ? { ok: false, retryAfterMs: wait } : { ok: true });
        if (outcome.ok) newest.set(who, now);
      }
    }),
    { numRuns: 20 },
  );
});

it("R43 law: what the log remembers of who wrote when is what it says", async () => {
  const step = fc.record({ who: fc.integer({ min: 1, max: 4 }), ms: fc.nat({ max: 9 }), back: fc.nat({ max: 20 }) });
  await runInDurableObject(freshRoom("said"), (_room, { storage }) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        storage.sql.exec("DELETE FROM log");
        const log = new Log(storage, new Meta(storage.sql), () => undefined);
        let [now, asked] = [START, 0];
        const said: { who: number; ts: number }[] = [];
        for (const { who, ms, back } of steps) {
          now += ms;
          const { seq, ts } = log.next(now);
          log.add({ seq, ts, kind: KIND.MSG, ref: who, id: idOf(seq), sum: 0, frame: new Uint8Array(1) });
          said.push({ who, ts });
          asked = Math.max(asked, now - back);
          for (const ref of [1, 2, 3, 4])
            expect(log.said.after(ref, asked)).toBe(said.findLast((each) => each.who === ref && each.ts > asked)?.ts);
        }
      }),
    );
  });
});

it("R43 a message costs the same, however many others have written in slowModeMs", async () => {
  const rows: number[] = [];
  for (const others of [10, 100, 5_000]) {
    const stub = await limitedRoom();
    await stub.configure(configOf(2, { slowModeMs: 3_600_000 }));
    // nothing was asked yet; the first question reads this
    await query(
      stub,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${others})
       INSERT INTO log(seq, ts, kind, ref) SELECT 100 + i, ${START}, ${KIND.MSG}, 1000 + i FROM n`,
    );
    expect(await post(stub, "bob", 1)).toMatchObject({ ok: true });
    rows.push(
      await rowsRead(stub, async () => {
        expect(await post(stub, "ann", 1)).toMatchObject({ ok: true });
        expect(await post(stub, "ann", 2)).toMatchObject({ ok: false, retryAfterMs: 3_600_000 });
      }),
    );
  }
  expect(Math.max(...rows)).toBeLessThanOrEqual(rows[0]! + 2);
});

it("R43 looks back no further than slowModeMs", async () => {
  const stub = await limitedRoom();
  await stub.configure(SLOW);
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await query(stub, `UPDATE log SET ts = ${START - 5_000}`);
  await evict(stub);
  await limited(stub);
  expect((await ann.write(2, "two")).body.status).toBe(ACK_STATUS.STORED);
});
