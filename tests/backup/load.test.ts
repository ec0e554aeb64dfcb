// A backup while everybody writes: each room is one moment of its log, each kernel stands between two cranks, and what was acknowledged
// before the backup began is in it.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Writer } from "../crash/writer.ts";
import { archived } from "../harness/archive.ts";
import { call, type Guest, guest, history, join, standing } from "../harness/people.ts";
import type { Server } from "../harness/server/server.ts";
import { Folder, must } from "./verbs.ts";
import { eventually, increment, launch, roomRows, rpc, say, serve } from "./world.ts";

const MS_MAX = 300_000;
const ROOM = "lobby";
const WRITERS = 4;
/** So many that the room does not fit into one answer. */
const MANY = 1_200;
const AT_ONCE = 50;
const CLIENTS = 8;

interface Entry {
  readonly seq: number;
  readonly kind: number;
  readonly target: number;
  readonly touched: number;
  readonly frame: string | null;
}

describe.each(["durable-object", "d1"])("kernels in %s", (store) => {
  let [source, target]: [Server, Server] = [undefined, undefined] as never;
  let people: Guest[] = [];
  const folder = new Folder();
  const file = folder.file("load.backup");

  beforeAll(async () => {
    [source, target] = await Promise.all([serve({ KERNEL_STORE: store }), serve({ KERNEL_STORE: store })]);
    people = await Promise.all(Array.from({ length: WRITERS }, () => guest(source.url)));
    for (const person of people) await join(source.url, ROOM, person);
    for (let at = 0; at < MANY; at += AT_ONCE)
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, n) => say(source.url, people[0]!, ROOM, `before ${at + n}`)),
      );
  }, MS_MAX);
  afterAll(async () => {
    await source?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test(`BK08 a backup under load from ${WRITERS} writers and ${CLIENTS} callers of a kernel (${store})`, {
    timeout: MS_MAX,
  }, async () => {
    const root = await launch(source, "busy");
    const counts: number[] = [];
    let counting = true;
    const callers = Array.from({ length: CLIENTS }, async () => {
      while (counting) counts.push(await increment(source, "busy", root));
    });
    const writers = people.map((person) => new Writer(source.url, ROOM, person, false));
    await eventually("the load is under way", async () =>
      writers.every(({ acknowledged }) => acknowledged.size > 10) && counts.length > 10 ? true : undefined,
    );
    const acknowledged = new Map(writers.flatMap((one) => [...one.acknowledged]));
    const counted = Math.max(...counts);
    console.log(await must(["backup", file], source));
    await pause(500);
    counting = false;
    await Promise.all([...callers, ...writers.map((one) => one.finish())]);
    console.log(await must(["restore", file, "--sessions"], target));

    const [theirs, ours] = [
      roomRows(source.state, ROOM, "log"),
      roomRows(target.state, ROOM, "log"),
    ] as unknown as Entry[][];
    const head = ours!.length;
    expect(ours!.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, at) => at + 1));
    expect(theirs!.length).toBeGreaterThan(head);
    for (const seq of acknowledged.values()) expect(seq).toBeLessThanOrEqual(head);
    // each entry as it was at that moment: what was touched later has its old state, and says so
    for (const [at, entry] of ours!.entries()) {
      const later = theirs![at]!;
      expect({ ...entry, touched: 0, frame: "", sum: 0, mention: 0 }).toEqual({
        ...later,
        touched: 0,
        frame: "",
        sum: 0,
        mention: 0,
      });
      expect(entry.touched).toBeLessThanOrEqual(head);
      const isSame = later.touched <= head && (entry.kind !== 5 || theirs![entry.target - 1]!.touched <= head);
      if (isSame) expect([entry.seq, entry.frame]).toEqual([later.seq, later.frame]);
    }
    for (const { seq } of roomRows(target.state, ROOM, "reaction")) expect(Number(seq)).toBeLessThanOrEqual(head);
    await showArchive(head);
    // guests have nothing but their sessions
    const { id } = await call<{ id: string }>(target.url, "/api/users/me", people[0]!);
    expect(id).toBe(people[0]!.userId);

    const count = await increment(target, "busy", root);
    expect(count).toBeGreaterThan(counted);
    expect(count).toBeLessThanOrEqual(Math.max(...counts) + 1);
    expect(await increment(target, "busy", root)).toBe(count + 1);
    expect(await rpc(target, "busy", "ping", [])).toBe("pong");
    for (const one of writers) await one.room.close();
  });

  /** The archive comes to what the log says, though it was read before, and no entry is there that the log has not. */
  async function showArchive(head: number): Promise<void> {
    const somebody = await guest(target.url);
    const told = await history(target.url, ROOM, somebody);
    expect(told.at(-1)!.seq).toBeLessThanOrEqual(head);
    await eventually("the archive says what the log says", async () => {
      const rows = archived(target.state, ROOM).map(standing);
      return JSON.stringify(rows) === JSON.stringify(told.map(standing)) ? true : undefined;
    });
  }
});
