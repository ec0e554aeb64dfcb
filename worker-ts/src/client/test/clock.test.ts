// Clocks that jump, waits that are too long for a timer, sockets and callers that fail in their own way.
import { expect, test } from "vitest";
import { readMessages } from "../http";
import { RoomError } from "../room-error";
import { World } from "../testing/world";

const HOUR_MS = 3_600_000;

test("a clock that is set back prolongs no wait: not that for a line, nor that of a held write", async () => {
  const world = new World();
  let offset = 0;
  const ada = await world.open("ada", { platform: { now: () => world.clock.now() + offset } });
  world.server.intercept = (frame, peer) => {
    if (frame.kind !== "MSG") return false;
    world.server.intercept = () => false;
    world.server.refuse(peer, "RATE_LIMITED", frame.id, 60_000);
    return true;
  };
  const sent = ada.room.send("held");
  await world.clock.pass(1_000);
  offset = -HOUR_MS;
  await world.clock.pass(90_000);
  await expect(Promise.race([sent.done, "still held"])).resolves.toMatchObject({ seq: 1 });
  expect([ada.room.heldUntil, ada.texts()]).toEqual([undefined, ["held"]]);

  world.server.door = { status: 503, code: "internal" };
  world.server.open.at(-1)!.socket.cut();
  await world.clock.pass(20_000);
  expect(ada.room.state).not.toBe("open");
  offset = -2 * HOUR_MS;
  world.server.door = undefined;
  await world.clock.pass(60_000);
  expect(ada.room.state).toBe("open");
});

test("a clock that is corrected by a little costs no line", async () => {
  const world = new World();
  let offset = 0;
  const ada = await world.open("ada", { platform: { now: () => world.clock.now() + offset } });
  for (let at = 0; at < 5; at++) {
    world.server.post("bob", "before");
    await world.clock.pass(500);
    offset -= 3_000;
    world.server.post("bob", "after");
    await world.clock.pass(30_000);
  }
  expect([ada.room.state, world.server.peers.length]).toEqual(["open", 1]);
});

test("a clock that jumps ahead costs a ticket at most", async () => {
  const world = new World();
  let offset = 0;
  const ada = await world.open("ada", { platform: { now: () => world.clock.now() + offset } });
  offset = 8 * HOUR_MS;
  await world.clock.pass(120_000);
  expect([ada.room.state, world.server.peers.length]).toEqual(["open", 1]);
  expect(world.server.requests.filter((request) => request.endsWith("/ticket")).length).toBeLessThanOrEqual(2);
});

test("a wait that is longer than a timer can be is waited for in parts, not skipped", async () => {
  const world = new World();
  const waits: number[] = [];
  const setTimeout = (f: () => void, ms: number) => {
    waits.push(ms);
    return world.clock.setTimeout(f, ms);
  };
  const base = world.server.platform("ada");
  const refusal = { error: { code: "rate_limited", message: "later", retryAfterMs: 2 ** 40 } };
  const fetch: typeof base.fetch = async () => Response.json(refusal, { status: 429 });
  const { room } = world.connect("ada", { platform: { setTimeout, fetch } });
  await world.clock.pass(60_000);
  expect(room.state).toBe("waiting");
  expect(Math.max(...waits)).toBe(2 ** 31 - 1);
});

test("a socket's error event has a listener: some of Node throw without one", async () => {
  const world = new World();
  const ada = await world.open("ada");
  world.server.open[0]!.socket.cut();
  await world.clock.pass(5_000);
  expect([ada.room.state, world.server.peers.length]).toEqual(["open", 2]);
});

test("a token that cannot be had is a RoomError, of history too", async () => {
  const token = () => Promise.reject(new Error("the keychain is locked"));
  const ports = { fetch: () => Promise.reject(new Error("unused")), url: new URL("https://sim"), room: "sim", token };
  const asked = readMessages(ports, { direction: 0, from: 1, limit: 1 }, undefined);
  await expect(asked).rejects.toBeInstanceOf(RoomError);
  await expect(asked).rejects.toMatchObject({ code: "network", fatal: false });
});
