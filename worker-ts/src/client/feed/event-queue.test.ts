// The order of events: one after another, and nothing past a listener that is busy.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RoomEvent } from "../events";
import { RoomError } from "../room-error";
import { EventQueue } from "./event-queue";

const event = (n: number): RoomEvent => ({ type: "people", people: [{ ref: n } as never] });
const closed: RoomEvent = { type: "state", state: "closed", error: new RoomError("closed", "") };
const turn = () => new Promise((resolve) => setImmediate(resolve));

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
let others: NodeJS.UnhandledRejectionListener[];

beforeEach(() => {
  unhandled.length = 0;
  others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
});
afterEach(() => {
  process.removeAllListeners("unhandledRejection");
  for (const listener of others) process.on("unhandledRejection", listener);
});

test("sync listeners are called at once; `after` follows its event", () => {
  const queue = new EventQueue();
  const said: string[] = [];
  const stop = queue.on("people", () => void said.push("heard"));
  queue.push(event(1), () => said.push("after"));
  stop();
  queue.push(event(2), () => said.push("after 2"));
  expect(said).toEqual(["heard", "after", "after 2"]);
});

test("an async listener holds back the next event and everything after it", async () => {
  const queue = new EventQueue();
  const said: string[] = [];
  let free = () => {};
  queue.on("people", () => new Promise<void>((resolve) => (free = resolve)));
  queue.on("people", () => void said.push("other"));
  queue.push(event(1), () => said.push("after 1"));
  queue.push(event(2), () => said.push("after 2"));
  await turn();
  expect(said).toEqual(["other"]);
  free();
  await turn();
  expect(said).toEqual(["other", "after 1", "other"]);
  free();
  await turn();
  expect(said.at(-1)).toBe("after 2");
});

test("an event that a listener causes comes after the one it listens to", () => {
  const queue = new EventQueue();
  const said: number[] = [];
  queue.on("people", ({ people }) => {
    const { ref } = people[0]!;
    if (ref === 1) queue.push(event(2));
    said.push(ref);
  });
  queue.push(event(1));
  expect(said).toEqual([1, 2]);
});

test("a listener that throws or rejects surfaces, and stops nobody", async () => {
  const queue = new EventQueue();
  const said: string[] = [];
  queue.on("people", () => {
    throw new Error("sync");
  });
  queue.on("people", async () => {
    throw new Error("async");
  });
  queue.on("people", () => void said.push("heard"));
  queue.push(event(1), () => said.push("after"));
  await turn();
  expect(said).toEqual(["heard", "after"]);
  expect(unhandled.map(String)).toEqual(["Error: sync", "Error: async"]);
});

test("an iterator holds back until the next one is asked for, and lets go when it is left", async () => {
  const queue = new EventQueue();
  const said: string[] = [];
  const iterator = queue.iterate();
  queue.push(event(1), () => said.push("after 1"));
  queue.push(event(2), () => said.push("after 2"));
  expect((await iterator.next()).value).toMatchObject(event(1));
  await turn();
  expect(said).toEqual([]);
  expect((await iterator.next()).value).toMatchObject(event(2));
  expect(said).toEqual(["after 1"]);
  await iterator.return?.();
  await turn();
  expect(said).toEqual(["after 1", "after 2"]);
});

test("the end drops what waits, is the last event, and ends iterators, busy or waiting", async () => {
  const queue = new EventQueue();
  const [busy, idle] = [queue.iterate(), queue.iterate()];
  queue.push(event(1));
  queue.push(event(2));
  await busy.next();
  queue.end(closed);
  expect((await busy.next()).value).toBe(closed);
  expect((await busy.next()).done).toBe(true);
  expect([(await idle.next()).value, (await idle.next()).value, (await idle.next()).done]).toEqual([
    event(1),
    closed,
    true,
  ]);
  queue.push(event(3));
  expect((await queue.iterate().next()).done).toBe(true);
});
