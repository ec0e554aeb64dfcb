// The tap sees every binary message as it goes by, and cannot do any harm.
import { decode, type Frame } from "@ferrule/core";
import { expect, test } from "vitest";
import type { TappedFrame } from "../line/tap";
import { type Client, World } from "../testing/world";

const errors = ({ events }: Client) => events.flatMap((event) => (event.type === "error" ? [event.error] : []));

test("every frame is shown once, in order, with its time", async () => {
  const world = new World();
  const seen: TappedFrame[] = [];
  const ada = await world.open("ada", { tap: (frame) => seen.push(frame) });
  ada.room.send("hello");
  await world.clock.pass(500);
  const kinds = seen.map(({ side, bytes }) => `${side} ${(decode(side, bytes) as Frame).kind}`);
  const up = ["up HELLO", "up MSG"];
  expect(kinds.filter((kind) => kind.startsWith("up"))).toEqual(up);
  expect(kinds.slice(0, 3)).toEqual(["up HELLO", "down WELCOME", "down PEOPLE"]);
  expect(kinds.filter((kind) => kind === "down MSG" || kind === "down ACK").sort()).toEqual(["down ACK", "down MSG"]);
  const times = seen.map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times[0]).toBeGreaterThan(world.clock.now() - 2_000);
});

test("a tap that throws, rejects, writes into the bytes or closes the room changes nothing but that", async () => {
  const harms: ((frame: TappedFrame) => unknown)[] = [
    () => {
      throw new Error("sync");
    },
    async () => {
      throw new Error("async");
    },
    ({ bytes }) => bytes.fill(0),
  ];
  for (const harm of harms) {
    const world = new World();
    const ada = await world.open("ada", { tap: harm });
    ada.room.send("hello");
    await world.clock.pass(1_000);
    expect([ada.texts(), ada.room.state, ada.room.unsent]).toEqual([["hello"], "open", 0]);
  }
  const world = new World();
  const ada = world.connect("ada", { tap: ({ side }) => side === "down" && void ada.room.close() });
  await world.clock.pass(60_000);
  expect([ada.room.state, world.server.open, world.clock.pending]).toEqual(["closed", [], 0]);
});

test("its failures are reported, once", async () => {
  for (const tap of [
    () => {
      throw new Error("broken");
    },
    () => Promise.reject(new Error("broken")),
  ]) {
    const world = new World();
    const ada = await world.open("ada", { tap });
    world.server.post("bob", "hello");
    await world.clock.pass(500);
    expect(errors(ada)).toMatchObject([{ name: "RoomError", code: "tap_failed" }]);
    expect(ada.texts()).toEqual(["hello"]);
  }
});
