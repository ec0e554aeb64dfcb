// What a room counts, over sleeps: nothing that was saved is lost, nothing is told that was not saved.
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import {
  evict,
  freshRoom,
  pause,
  query,
  RoomClient,
  type RoomStub,
  ring,
  tune,
} from "../../../../../tests/worker/support/room-client";
import { openTables } from "../../log/tables";
import { type Counts, Totals, type TotalsSnapshot } from "../../log/totals";
import type { RoomObject } from "../../room-object";

/** What is written down. */
async function saved(stub: RoomStub): Promise<TotalsSnapshot> {
  const [row] = await query<{ value: string }>(stub, "SELECT value FROM meta WHERE key = 'totals'");
  return row === undefined ? { version: 0, counts: {} } : (JSON.parse(row.value) as TotalsSnapshot);
}

/** Times at which saving is due. */
const due = (stub: RoomStub) => query<{ at: number }>(stub, "SELECT at FROM due WHERE kind = 'totals'");

it("is saved totalsMs after the first count, and not again before something moves", async () => {
  const stub = freshRoom("totals");
  await tune(stub, { totalsMs: 3_600_000 });
  const begun = Date.now();
  const ann = await RoomClient.join(stub, "ann");
  const [first, ...more] = await due(stub);
  expect(more).toEqual([]);
  expect(first!.at).toBeGreaterThanOrEqual(begun + 3_600_000);
  await ann.write(1, "hello");
  expect(await due(stub)).toEqual([first]);
  expect((await saved(stub)).counts).toEqual({});
  await ring(stub);
  expect((await saved(stub)).counts).toMatchObject({ messages: 1, opened: 1, entries: 1 });
});

it("goes on where it stood after an eviction; only what was not saved is lost", async () => {
  const stub = freshRoom("totals");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "saved");
  await ring(stub);
  const before = await saved(stub);
  await evict(stub);
  await tune(stub, { totalsMs: 3_600_000 });
  await ann.write(2, "saved after a sleep");
  await ring(stub);
  const after = await saved(stub);
  expect(after.version).toBeGreaterThan(before.version);
  expect(after.counts).toMatchObject({ messages: 2, opened: 1, entries: 2 });
  await ann.write(3, "not saved");
  await evict(stub);
  await ann.write(4, "saved");
  await ring(stub);
  // The log knows of all four, for its head is read and not counted.
  expect((await saved(stub)).counts).toMatchObject({ messages: 3, opened: 1, entries: 4 });
});

it("what is due over an eviction is done at the wake", async () => {
  const stub = freshRoom("totals");
  await tune(stub, { totalsMs: 3_600_000 });
  const ann = await RoomClient.join(stub, "ann");
  await evict(stub);
  expect(await due(stub)).toHaveLength(1);
  await ann.write(1, "counted in this life");
  await query(stub, "UPDATE due SET at = 0 WHERE kind = 'totals'");
  await runDurableObjectAlarm(stub);
  expect((await saved(stub)).counts).toMatchObject({ messages: 1 });
});

it("lets a room sleep that has told everything: nothing is due again, and no wake tells it anew", async () => {
  const stub = freshRoom("totals");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "hello");
  await ann.close();
  const kinds = async () => (await query<{ kind: string }>(stub, "SELECT kind FROM due")).map(({ kind }) => kind);
  for (let turn = 0; turn < 100 && (await kinds()).some((kind) => kind !== "trim"); turn++, await pause(50)) {
    await ring(stub);
    await evict(stub);
  }
  expect((await kinds()).filter((kind) => kind !== "trim")).toEqual([]);
  expect((await saved(stub)).counts).toMatchObject({ messages: 1, archived: 1 });
  // As when the archive's report came in time: at the wake for it there is nothing to send again.
  await query(stub, "INSERT INTO due VALUES('resend', '', 1)");
  await evict(stub);
  await runDurableObjectAlarm(stub);
  expect((await kinds()).filter((kind) => kind !== "trim")).toEqual([]);
});

it("tells nothing that was not saved: a crash cannot take back what others have heard", async () => {
  const stub = freshRoom("totals");
  await runInDurableObject(stub, (_room: RoomObject, state) => {
    const meta = openTables(state.storage, () => new Uint8Array(8));
    const read = (): Counts => ({ entries: 0, archived: 0 });
    const provided: number[] = [];
    const parts = {
      meta,
      read,
      settings: { now: () => 10, totalsMs: 5 },
      due: { provide: (_: string, at: number) => void provided.push(at) },
    };
    const totals = new Totals(parts);
    totals.count("messages", 2);
    totals.refused(9);
    totals.refused(11);
    totals.refused(999);
    expect([totals.snapshot(), provided]).toEqual([{ version: 0, counts: {} }, [15]]);
    expect(totals.save()).toEqual({ messages: 2, refused_conflict: 1, lagging: 1, refused_internal: 1 });
    const told = totals.snapshot();
    expect([told.version, totals.untold]).toEqual([1, true]);
    totals.told(told);
    totals.count("messages");
    expect([totals.snapshot(), totals.untold, provided]).toEqual([told, false, [15, 15]]);

    const woken = new Totals(parts);
    expect(woken.untold).toBe(false);
    expect([woken.snapshot(), woken.save()]).toEqual([told, {}]);
    woken.count("messages");
    expect([woken.save(), woken.snapshot().version]).toEqual([{ messages: 1 }, 2]);
    // A snapshot is what it was when it was taken.
    expect(told.counts).toEqual({ messages: 2, refused_conflict: 1, lagging: 1, refused_internal: 1 });
  });
});
